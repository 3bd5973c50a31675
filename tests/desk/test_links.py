"""Review links: made and revoked by staff, opened by people without an account, and nothing besides."""

import datetime

import pytest
from django.core import signing
from django.urls import reverse
from django.utils import timezone
from lxml import html

from charhar.desk import links
from charhar.desk.models import Comment, Opinion, ReviewLink
from charhar.publishing import copies, workflow
from charhar.publishing.models import Snapshot
from tests.factories import (
    ArticleFactory,
    DocumentFactory,
    ExpertFactory,
    PageFactory,
    PublicationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

DAYS = datetime.timedelta(days=1)
UNSEEN = {
    "article": (ArticleFactory, {"title": "Unseen title", "body": "<p>Unseen words.</p>"}),
    "publication": (PublicationFactory, {"title": "Unseen title", "abstract": "<p>Unseen words.</p>"}),
    "expert": (ExpertFactory, {"display_name_en": "UNSEEN Title", "biography_en": "<p>Unseen words.</p>"}),
    "page": (PageFactory, {"title": "Unseen title", "body": "<p>Unseen words.</p>"}),
}
# A rich text of each kind, that a test may write into.
RICH = {"article": "references", "publication": "contents", "expert": "biography_en", "page": "body"}


def unseen(kind, **fields):
    """A text of that kind whose words readers must not see."""
    factory, words = UNSEEN[kind]
    return factory(**words | fields)


@pytest.fixture
def editor():
    return UserFactory(
        username="editor", first_name="Mei", last_name="Lin", email="mei@house.example", roles=["Editors"]
    )


def recorded(text, user=None):
    workflow.record(text, user=user, action="save")
    return text


def draft(kind="article", **fields):
    return recorded(unseen(kind, draft=True, **fields))


def linked(text, user, **terms):
    terms = {"reviewer": "Ann Reader", "expires_at": timezone.now() + 14 * DAYS} | terms
    return links.make_link(text, user, **terms)


def path_of(link, suffix=""):
    return reverse("review", args=[links.token_of(link)]) + suffix


def words(response):
    return " ".join(html.fromstring(response.content.decode()).text_content().split())


def comment(client, link, **fields):
    return client.post(
        path_of(link), {"act_comment": "1", "name": "Ann", "body": "A comma is missing."} | fields
    )


def decide(client, link, verdict="approved", **fields):
    return client.post(path_of(link), {f"act_{verdict}": "1", "name": "Ann"} | fields)


@pytest.mark.parametrize("kind", UNSEEN)
def test_the_reviewer_reads_the_pinned_version_without_an_account(client, editor, kind):
    text = draft(kind)
    assert client.get(text.get_absolute_url()).status_code == 404
    response = client.get(path_of(linked(text, editor, message="Mind the figures.")))
    assert response.status_code == 200
    shown = words(response)
    assert "Unseen words." in shown
    assert "Mei Lin asks Ann Reader to read this text" in shown
    assert "Mind the figures." in shown
    assert response.cookies == {}


# -- What a token opens, by the state of link and text -------------------------------------------------

ASKED = ("page", "comment", "approve", "document", "other text's document")
OPENS = (200, 302, 302, 200, 404)
READS = (200, 302, 409, 200, 404)
TOLD = (410, 410, 410, 410, 410)
NOTHING = (404, 404, 404, 404, 404)
EXPECTED = {
    "draft": OPENS,
    "in review": OPENS,
    "scheduled": OPENS,
    "working copy": OPENS,
    "withdrawn": OPENS,
    "submitted since": OPENS,
    "moved to another address": OPENS,
    "newer version": READS,
    "published since": READS,
    "correction published": READS,
    "expired": TOLD,
    "revoked": TOLD,
    "in the trash": TOLD,
    "working copy discarded": TOLD,
    "live text of the copy in the trash": TOLD,
    "text deleted": NOTHING,
    "snapshot deleted": NOTHING,
    "forged signature": NOTHING,
    "another's nonce": NOTHING,
    "signed for another purpose": NOTHING,
}


def saved_again(text, **fields):
    text.refresh_from_db()
    for name, value in fields.items():
        setattr(text, name, value)
    text.save()
    recorded(text)


def situation(name, kind, editor, **fields):
    """A text in that situation, with a link that was made before, and its token."""
    if "copy" in name or "correction" in name:
        live = recorded(unseen(kind, **fields))
        text = copies.open_copy(live)
    else:
        states = {"in review": "review", "scheduled": "scheduled", "withdrawn": "withdrawn"}
        text = recorded(unseen(kind, **fields, **{states.get(name, "draft"): True}))
    link = linked(text, editor)
    token = links.token_of(link)
    if name == "submitted since":
        workflow.submit(text)
    elif name == "moved to another address":
        saved_again(text, slug="elsewhere")
    elif name == "newer version":
        saved_again(text, **{RICH[kind]: "<p>Later.</p>"})
    elif name == "published since":
        workflow.publish(text)
    elif name == "correction published":
        copies.publish_copy(text)
    elif name == "expired":
        ReviewLink.objects.filter(pk=link.pk).update(expires_at=timezone.now())
    elif name == "revoked":
        links.revoke_link(link, text, editor)
    elif name == "in the trash":
        workflow.trash(text)
    elif name == "working copy discarded":
        copies.discard_copy(text)
    elif name == "live text of the copy in the trash":
        type(text).versions.filter(pk=text.corrects_id).update(trashed_at=timezone.now())
    elif name == "text deleted":
        text.delete()
    elif name == "snapshot deleted":
        Snapshot.objects.filter(pk=link.snapshot_id).delete()
    elif name == "forged signature":
        token = token[:-4] + ("aaaa" if token[-4:] != "aaaa" else "bbbb")
    elif name == "another's nonce":
        other = links.token_of(linked(draft(), editor))
        token = other.partition("-")[0] + "-" + token.partition("-")[2]
    elif name == "signed for another purpose":
        token = signing.Signer(salt="subscription", sep=".").sign(token.rpartition(".")[0])
    return text, token


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("kind", UNSEEN)
def test_the_token_matrix(client, editor, kind, name):
    own, other = DocumentFactory(title="Own"), DocumentFactory(title="Other")
    linked(draft(body=f'<p><a href="{other.file.url}">Other</a></p>'), editor)
    text, token = situation(name, kind, editor, **{RICH[kind]: f'<p><a href="{own.file.url}">Own</a></p>'})
    path = f"/review/{token}/"
    answers = (
        client.get(path),
        client.post(path, {"act_comment": "1", "name": "Ann", "body": "Well."}),
        client.post(path, {"act_approved": "1", "name": "Ann"}),
        client.get(f"{path}media/{own.file_name.rpartition('/')[2]}"),
        client.get(f"{path}media/{other.file_name.rpartition('/')[2]}"),
    )
    assert tuple(answer.status_code for answer in answers) == EXPECTED[name]
    for answer in answers:
        answer.close()
        assert answer["X-Robots-Tag"] == "noindex, nofollow"
        assert answer["Cache-Control"] == "private, no-store"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer.cookies == {}
        # What is public stands in the menu of every page.
        if (
            answer.status_code in {404, 410}
            and not answer.streaming
            and not (text.corrects or text).was_public
        ):
            assert "unseen" not in answer.content.decode().lower()
    assert Comment.objects.count() == (EXPECTED[name][1] == 302)
    assert Opinion.objects.count() == (EXPECTED[name][2] == 302)
