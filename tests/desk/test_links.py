"""Review links: made and revoked by staff, opened by people without an account, and nothing besides."""

import datetime
import re

import pytest
import time_machine
from django.conf import settings
from django.core import mail, signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from lxml import html

from charhar.contacts.models import OutgoingMail
from charhar.contacts.outbox import deliver_due
from charhar.desk import link_views, links
from charhar.desk.models import Comment, Opinion, ReviewLink
from charhar.publishing import copies, workflow
from charhar.publishing.models import ContentVersion, Snapshot
from tests.factories import (
    ArticleFactory,
    DocumentFactory,
    ExpertFactory,
    ImageFactory,
    PageFactory,
    PublicationFactory,
    SeriesFactory,
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


@pytest.fixture
def chief():
    """May do everything, without a role: tests with real transactions leave no roles behind."""
    return UserFactory(is_superuser=True, first_name="Mei", last_name="Lin", email="mei@house.example")


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


@pytest.mark.matrix
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
        if answer.streaming:
            assert b"".join(answer.streaming_content).startswith(b"%PDF")
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


# -- Who may make them --------------------------------------------------------------------------------

PEOPLE = {
    "nobody signed in": None,
    "staff without a role": [],
    "secretariat": ["Secretariat"],
    "author": ["Authors"],
    "fellow": ["Fellows"],
    "editor": ["Editors"],
    "administrator": ["Administrators"],
}
ENDPOINTS = ("list", "make", "renew", "revoke", "renew by GET", "revoke by GET")
MAY = (200, 302, 302, 302, 405, 405)
SIGN_IN = (302, 302, 302, 302, 302, 302)
UNKNOWN = (404, 404, 404, 404, 405, 405)
FORBIDDEN = (403, 403, 403, 403, 405, 405)
STATES = ("draft", "review", "scheduled", "copy", "published")
# Of what readers see there is no new link, but the old ones can be looked at and revoked.
PUBLIC = (200, 422, 302, 302, 405, 405)


def expected_of(person, whose, state):
    if person == "nobody signed in":
        return SIGN_IN
    if person in {"editor", "administrator"} or (whose == "own" and person in {"author", "fellow"}):
        return PUBLIC if state == "published" else MAY
    return FORBIDDEN if state == "published" else UNKNOWN


STAFF_EXPECTED = {
    (person, whose, state): expected_of(person, whose, state)
    for person in PEOPLE
    for whose in ("own", "other")
    for state in STATES
}


@pytest.mark.matrix
@pytest.mark.parametrize(("person", "whose", "state"), STAFF_EXPECTED)
def test_the_matrix_of_staff(client, editor, person, whose, state):
    roles = PEOPLE[person]
    user = UserFactory(roles=roles) if roles is not None else None
    owner = user if whose == "own" else UserFactory()
    if state == "copy":
        text = copies.open_copy(recorded(unseen("article", created_by=owner)))
    else:
        text = recorded(
            unseen("article", created_by=owner, **{"draft" if state == "published" else state: True})
        )
    link = linked(text, editor)
    saved_again(text, title="Later")
    if state == "published":
        workflow.publish(text)
    if user is not None:
        client.force_login(user)
    base = f"/admin/articles/article/{text.pk}/links/"
    form = {"reviewer": "Bo", "valid": "7"}
    answers = (
        client.get(base),
        client.post(base, form),
        client.post(f"{base}{link.pk}/renew/"),
        client.post(f"{base}{link.pk}/revoke/"),
        client.get(f"{base}{link.pk}/renew/"),
        client.get(f"{base}{link.pk}/revoke/"),
    )
    assert tuple(answer.status_code for answer in answers) == STAFF_EXPECTED[person, whose, state]
    may = STAFF_EXPECTED[person, whose, state] == MAY
    assert ReviewLink.objects.count() == (3 if may else 1)
    link.refresh_from_db()
    assert (link.revoked_at is not None) == (STAFF_EXPECTED[person, whose, state][:1] == (200,))


def test_a_link_is_reached_only_beneath_its_own_text(client, editor):
    link, other = linked(draft(), editor), draft()
    client.force_login(editor)
    for word in ("renew", "revoke"):
        assert client.post(f"/admin/articles/article/{other.pk}/links/{link.pk}/{word}/").status_code == 404
    link.refresh_from_db()
    assert link.revoked_at is None


# -- Making, renewing, revoking -----------------------------------------------------------------------


def panel(client, text):
    page = html.fromstring(client.get(admin_url(text)).content.decode())
    return page.get_element_by_id("review-links", None)


def admin_url(text, end="change/"):
    return f"/admin/{text._meta.app_label}/{text._meta.model_name}/{text.pk}/{end}"


@pytest.mark.parametrize("kind", UNSEEN)
def test_an_editor_makes_a_link_below_the_form_and_copies_its_address(client, editor, kind):
    text = draft(kind)
    client.force_login(editor)
    form = panel(client, text).xpath(".//form")[0]
    values = dict(form.form_values()) | {
        "reviewer": "Ann Reader",
        "valid": "30",
        "message": "Mind the figures.",
    }
    response = client.post(form.get("action"), values, follow=True)
    link = ReviewLink.objects.get()
    assert (link.reviewer, link.text, link.created_by, link.snapshot.version) == (
        "Ann Reader",
        text,
        editor,
        1,
    )
    assert (link.may_comment, link.may_approve, link.message) == (True, True, "Mind the figures.")
    assert timezone.localdate(link.expires_at) == timezone.localdate() + 30 * DAYS
    shown = html.fromstring(response.content.decode()).get_element_by_id("review-links")
    assert shown.xpath(".//input[@readonly]/@value") == [links.address_of(link, text)]
    assert "The link for Ann Reader is made." in words(response)


def test_the_last_day_is_whole_in_beijing(client, editor):
    text = draft()
    client.force_login(editor)
    with time_machine.travel(
        datetime.datetime(2026, 3, 1, 18, tzinfo=datetime.UTC), tick=False
    ):  # the 2nd there
        client.force_login(editor)
        client.post(
            admin_url(text, "links/"),
            {"reviewer": "Ann", "valid": "date", "until": "2026-03-02", "may_comment": "on"},
        )
        link = ReviewLink.objects.get()
    for moment, status in (("2026-03-02T15:59:59+00:00", 200), ("2026-03-02T16:00:00+00:00", 410)):
        with time_machine.travel(datetime.datetime.fromisoformat(moment), tick=False):
            assert client.get(path_of(link)).status_code == status
    assert not link.may_approve


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("reviewer", "", "Please fill this in."),
        ("reviewer", "Ann\nBcc: x", "Write this on one line, without control characters."),
        ("email", "nobody", "Enter a valid email address."),
        ("valid", "3000", "Select a valid choice. 3000 is not one of the available choices."),
        ("until", "2020-01-01", "That day has passed."),
        ("until", "", "Give the last day."),
        ("until", "2999-01-01", "A link is valid for a year at most."),
        ("message", "x" * 2001, "Please be shorter: at most 2000 characters; these are 2001."),
    ],
)
def test_errors_stand_beside_the_field_and_what_was_typed_stays(client, editor, field, value, error):
    client.force_login(editor)
    typed = {"reviewer": "Ann Reader", "valid": "date" if field == "until" else "7", "message": "Mind it."}
    response = client.post(admin_url(draft(), "links/"), typed | {field: value})
    assert response.status_code == 422
    form = response.context["panel"]["form"]
    assert {name: list(errors) for name, errors in form.errors.items()} == {field: [error]}
    shown = html.fromstring(response.content.decode()).xpath("//form[.//*[@name='reviewer']]")[0]
    values = {name: value.removeprefix("\n") for name, value in shown.form_values()}
    assert {name: values[name] for name in typed if name != field} == {
        n: v for n, v in typed.items() if n != field
    }
    assert ReviewLink.objects.count() == 0


def test_a_double_click_makes_one_link_and_sends_one_letter(
    client, editor, django_capture_on_commit_callbacks
):
    text = draft()
    client.force_login(editor)
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            client.post(
                admin_url(text, "links/"), {"reviewer": "Ann", "email": "ann@example.org", "valid": "7"}
            )
    assert ReviewLink.objects.count() == 1
    assert [message.to for message in mail.outbox] == [["ann@example.org"]]


def test_the_letter_has_the_address_who_asks_and_until_when(mail_server, chief, transactional_db):
    text = draft()
    with time_machine.travel(datetime.datetime(2026, 3, 1, 2, tzinfo=datetime.UTC), tick=False):
        link = linked(text, chief, email="ann@example.org", message="Mind the figures.")
    [(recipients, message)] = mail_server.messages
    assert recipients == ["ann@example.org"]
    assert message["Subject"] == "Please review: Unseen title"
    body = message.get_body(("plain",)).get_content()
    for part in (
        "Mei Lin of The Charhar Institute asks you",
        links.address_of(link, text),
        "Mind the figures.",
        "March 15, 2026, 10:00 (Beijing time, UTC+8)",
        "The Charhar Institute",
    ):
        assert part in body


def test_a_chinese_text_is_reviewed_in_chinese(client, editor, django_capture_on_commit_callbacks):
    text = draft(language="zh-hans", title="未发布的标题")
    with django_capture_on_commit_callbacks(execute=True):
        link = linked(text, editor, email="wang@example.org")
    assert mail.outbox[0].subject == "请您审阅：未发布的标题"
    assert "/zh/review/" in mail.outbox[0].body
    english = path_of(link)
    response = client.get(english)
    assert (response.status_code, response["Location"]) == (307, f"/zh{english}")
    response = client.get(f"/zh{english}")
    assert response["Content-Language"] == "zh-hans"
    assert "您的审阅" in words(response)
    links.revoke_link(link, text, editor)
    assert "此审阅链接已被撤销" in words(client.get(f"/zh{english}"))


def test_a_profile_is_reviewed_in_both_languages(client, editor):
    link = linked(draft("expert", biography_zh="<p>未见之语。</p>"), editor)
    page = html.fromstring(client.get(path_of(link)).content.decode())
    assert page.xpath("//a[contains(@class,'other')]/@href") == [f"/zh{path_of(link)}"]
    assert "未见之语。" in words(client.get(f"/zh{path_of(link)}"))


def test_a_newer_version_is_said_to_staff_who_renew_the_link(client, editor):
    text = draft()
    old = linked(text, editor, message="Mind the figures.", may_comment=False)
    client.force_login(editor)
    assert "Outdated" not in panel(client, text).text_content()
    workflow.submit(text)
    assert "Outdated" not in panel(client, text).text_content()  # a move changes no word
    saved_again(text, title="A later title")
    shown = panel(client, text)
    assert "Outdated" in shown.text_content()
    action = shown.xpath(".//form[contains(@action, 'renew')]/@action")[0]
    for _ in range(2):
        client.post(action)
    new = ReviewLink.objects.exclude(pk=old.pk).get()
    assert (new.snapshot.version, new.reviewer, new.message, new.may_comment) == (
        3,
        "Ann Reader",
        "Mind the figures.",
        False,
    )
    assert abs((new.expires_at - timezone.now()) - 14 * DAYS) < datetime.timedelta(minutes=1)
    assert panel(client, text).xpath(".//form[contains(@action, 'renew')]") == []


def test_revoking_keeps_who_did_it_first(editor):
    text = draft()
    link = linked(text, editor)
    links.revoke_link(link, text, editor)
    link.refresh_from_db()
    first = link.revoked_at
    links.revoke_link(link, text, UserFactory(roles=["Editors"]))
    link.refresh_from_db()
    assert (link.revoked_at, link.revoked_by) == (first, editor)


def test_nothing_is_made_without_the_right_or_without_something_to_review(editor):
    text = draft()
    with pytest.raises(PermissionDenied):
        linked(text, UserFactory(roles=["Authors"]))
    with pytest.raises(PermissionDenied):
        links.revoke_link(linked(text, editor), text, UserFactory(roles=["Authors"]))
    for refused in (
        recorded(unseen("article")),
        unseen("article", draft=True),
        recorded(unseen("page", trashed=True)),
    ):
        with pytest.raises(ValidationError):
            linked(refused, editor)
    assert ReviewLink.objects.count() == 1


def test_links_and_what_was_said_over_them_go_with_a_text_deleted_for_ever(editor):
    text, other = draft(), draft()
    kept = linked(other, editor)
    links.comment(linked(text, editor), name="Ann", body="Well.")
    text.delete()
    assert list(ReviewLink.objects.all()) == [kept]
    assert not Comment.objects.exists()


# -- What reviewers do --------------------------------------------------------------------------------


def test_a_comment_is_kept_with_name_time_version_and_passage(client, editor):
    text = draft()
    link = linked(text, editor)
    response = comment(
        client, link, name="Ann B. Reader", quote="Unseen words.", body=" A comma.\r\n\r\nAnd more. "
    )
    assert response["Location"] == path_of(link, "?done=comment#review-done")
    made = Comment.objects.get()
    assert (made.text, made.link, made.version) == (text, link, 1)
    assert (made.author, made.author_name, made.quote) == (None, "Ann B. Reader", "Unseen words.")
    assert made.body == "A comma.\n\nAnd more."
    page = client.get(response["Location"])
    assert "Thank you: your comment is with the editors." in words(page)
    assert "Ann B. Reader · " in words(page)
    assert page.context["comment_form"]["name"].value() == "Ann B. Reader"


def test_the_reviewer_sees_own_comments_with_the_answers_and_nobody_elses(client, editor):
    text = draft()
    link, other = linked(text, editor), linked(text, editor, reviewer="Bo")
    mine = links.comment(link, name="Ann", body="My own word.")
    links.comment(other, name="Bo", body="Secret of Bo.")
    Comment.objects.create(
        text=text, version=1, body="Secret of the house.", author=editor, author_name="Mei"
    )
    Comment.objects.create(
        text=text, version=1, body="The answer.", author=editor, author_name="Mei", parent=mine
    )
    shown = words(client.get(path_of(link)))
    assert "My own word." in shown
    assert "The answer." in shown
    assert "Secret" not in shown


def test_the_same_post_twice_counts_once(client, editor):
    link = linked(draft(), editor)
    for _ in range(2):
        assert comment(client, link).status_code == 302
        assert decide(client, link).status_code == 302
    assert (Comment.objects.count(), Opinion.objects.count()) == (1, 1)


def test_a_decision_can_be_changed_and_every_one_stays_on_record(client, editor):
    link = linked(draft(), editor)
    decide(client, link)
    decide(client, link, "changes", note="Shorter.")
    assert [(o.verdict, o.note, o.version, o.user_name) for o in Opinion.objects.all()] == [
        ("changes", "Shorter.", 1, "Ann"),
        ("approved", "", 1, "Ann"),
    ]
    assert links.opinion_of(link).verdict == "changes"
    assert "Changes wanted" in words(client.get(path_of(link)))


def test_a_newer_version_is_said_and_takes_comments_but_no_approval(client, editor):
    text = draft()
    link = linked(text, editor)
    saved_again(text, body="<p>Other words.</p>")
    shown = words(client.get(path_of(link)))
    assert "There is a newer version." in shown
    assert "Unseen words." in shown
    assert "Other words." not in shown
    assert "Approve version" not in shown
    response = decide(client, link, note="My note.")
    assert response.status_code == 409
    assert "My note." in words(response)
    assert comment(client, link).status_code == 302
    assert Comment.objects.get().version == 1
    saved_again(text, body="<p>Unseen words.</p>")  # as it was
    assert decide(client, link).status_code == 302


def test_a_published_text_is_said_to_be_and_where(client, editor):
    text = draft(slug="now-public")
    link = linked(text, editor)
    workflow.publish(text)
    page = client.get(path_of(link))
    assert "This text has been published." in words(page)
    assert 'href="/articles/now-public/"' in page.content.decode()


@pytest.mark.parametrize(
    ("terms", "answers"), [({"may_comment": False}, (409, 302)), ({"may_approve": False}, (302, 409))]
)
def test_a_link_allows_what_it_was_made_for(client, editor, terms, answers):
    link = linked(draft(), editor, **terms)
    page = words(client.get(path_of(link)))
    assert ("Send the comment" in page, "Approve version 1" in page) == tuple(a == 302 for a in answers)
    assert (comment(client, link).status_code, decide(client, link).status_code) == answers


@pytest.mark.parametrize(
    ("act", "fields", "field", "error"),
    [
        ("comment", {"body": " "}, "body", "Please fill this in."),
        ("comment", {"name": ""}, "name", "Please fill this in."),
        ("comment", {"name": "x" * 151}, "name", "Please be shorter: at most 150 characters; these are 151."),
        (
            "comment",
            {"body": "x" * 5001},
            "body",
            "Please be shorter: at most 5000 characters; these are 5001.",
        ),
        (
            "comment",
            {"quote": "x" * 2001},
            "quote",
            "Please be shorter: at most 2000 characters; these are 2001.",
        ),
        ("comment", {"body": "a\x00b"}, "body", "Null characters are not allowed."),
        ("changes", {"note": ""}, "note", "Please say what should be changed."),
        ("approved", {"name": "A\x07"}, "name", "Write this on one line, without control characters."),
    ],
)
def test_bad_input_is_told_beside_the_field_and_kept(client, editor, act, fields, field, error):
    link = linked(draft(), editor)
    data = {"name": "Ann", "quote": "A passage.", "body": "My comment.", "note": "My note."} | fields
    response = client.post(path_of(link), data | {f"act_{act}": "1"})
    assert response.status_code == 422
    form = response.context["comment_form" if act == "comment" else "decision_form"]
    assert form.errors == {field: [error]}
    for name in form.fields:
        if name not in fields:
            assert form[name].value() == data[name]
    assert (Comment.objects.count(), Opinion.objects.count()) == (0, 0)


def test_a_post_without_a_known_button_is_no_comment(client, editor):
    assert client.post(path_of(linked(draft(), editor)), {"body": "x"}).status_code == 400
    assert Comment.objects.count() == 0


def test_what_is_too_big_is_not_read(client, editor):
    assert comment(client, linked(draft(), editor), body="x" * 300_000).status_code == 413


def test_one_link_takes_sixty_different_posts_an_hour(client, editor, monkeypatch):
    monkeypatch.setattr(link_views, "LIMIT", link_views.LIMIT._replace(most=2))
    link, other = linked(draft(), editor), linked(draft(), editor)
    for number, status in enumerate((302, 302, 429)):
        response = comment(client, link, body=f"Number {number}")
        assert response.status_code == status
    assert "Number 2" in response.content.decode()
    assert comment(client, other).status_code == 302
    assert comment(client, link, body="Number 0").status_code == 302  # known already


def test_what_was_typed_too_late_stands_on_the_page_that_says_so(client, editor):
    text = draft()
    link = linked(text, editor)
    links.revoke_link(link, text, editor)
    response = comment(client, link, body="Written with care.", quote="A passage.")
    assert response.status_code == 410
    assert "Written with care." in words(response)
    assert "Mei Lin asked you for the review" in words(response)
    assert "mei@house.example" in words(response)


def test_being_opened_is_noted_but_not_by_those_who_may_make_links(client, editor):
    text = draft()
    link = linked(text, editor)
    client.head(path_of(link))
    client.force_login(editor)
    page = words(client.get(path_of(link)))
    assert "You are signed in as staff." in page
    assert "Send the comment" not in page
    assert comment(client, link).status_code == 403
    link.refresh_from_db()
    assert link.first_seen_at is None
    client.logout()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for minutes in (0, 0.5, 10):
            clock.shift(minutes * 60)
            client.get(path_of(link))
    link.refresh_from_db()
    assert 600 < (link.last_seen_at - link.first_seen_at).total_seconds() < 640
    client.force_login(UserFactory(roles=["Fellows"]))  # an account, but none that the text is open to
    assert comment(client, link).status_code == 302


# -- Letters to the house -----------------------------------------------------------------------------


def test_comments_are_told_at_once_and_then_gathered_for_a_quarter_of_an_hour(
    client, chief, mail_server, transactional_db
):
    text = draft()
    link = linked(text, chief)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for minutes, body in enumerate(("First.", "Second.", "Third.")):
            comment(client, link, body=body, quote="Words." if minutes else "")
            clock.shift(60)
        assert [message["Subject"] for _to, message in mail_server.messages] == [
            "Comments by Ann: Unseen title"
        ]
        clock.shift(datetime.timedelta(minutes=12))
        assert deliver_due() == {}
        clock.shift(datetime.timedelta(minutes=2))
        assert deliver_due() == {"sent": 1}
        clock.shift(datetime.timedelta(minutes=16))
        comment(client, link, body="Fourth.")
    bodies = [message.get_body(("plain",)).get_content() for _to, message in mail_server.messages]
    assert [re.findall(r"First|Second|Third|Fourth", body) for body in bodies] == [
        ["First"],
        ["Second", "Third"],
        ["Fourth"],
    ]
    assert "> Words." in bodies[1]
    assert f"{admin_url(text)}#review-links" in bodies[0]
    assert {tuple(to) for to, _message in mail_server.messages} == {("mei@house.example",)}


def test_a_decision_is_told_to_who_asked_and_who_is_assigned_once_each(
    client, editor, django_capture_on_commit_callbacks
):
    assigned = UserFactory(email="sun@house.example")
    text = draft(assigned_to=assigned)
    link, own = linked(text, editor), linked(draft(assigned_to=editor), editor)
    with django_capture_on_commit_callbacks(execute=True):
        decide(client, link, "changes", note="Shorter.")
        decide(client, link, "changes", note="Shorter.")
        decide(client, own)
    assert [(m.to, m.subject) for m in mail.outbox] == [
        (["mei@house.example"], "Changes wanted by Ann: Unseen title"),
        (["sun@house.example"], "Changes wanted by Ann: Unseen title"),
        (["mei@house.example"], "Approved by Ann: Unseen title"),
    ]
    assert "Shorter." in mail.outbox[0].body


def test_nobody_is_told_who_has_left_or_has_no_address(client, editor):
    type(editor).objects.update(is_active=False)
    comment(client, linked(draft(assigned_to=UserFactory(email="")), UserFactory(is_superuser=True)))
    assert OutgoingMail.objects.count() == 0


# -- Nothing besides ----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_review_leaves_menu_cache_sitemap_and_content_version_as_they_were(client, chief):
    text = draft("page", root="about", in_menu=True)
    before = ContentVersion.objects.values().get()
    link = linked(text, chief)
    client.get(path_of(link))
    comment(client, link)
    decide(client, link)
    assert ContentVersion.objects.values().get() == before
    for path in ("/", "/sitemap-pages.xml", "/robots.txt", "/about/", "/search/?q=unseen"):
        page = client.get(path).content.decode().lower()
        assert "unseen title" not in page
        assert "/review/" not in page
    page = client.get(path_of(link)).content.decode()
    assert '<meta name="robots" content="noindex">' in page
    assert "canonical" not in page


def test_a_link_outlives_a_new_secret_key_as_long_as_the_old_one_is_named(client, editor, settings):
    link = linked(draft(), editor)
    path = path_of(link)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "b" * 50
    assert client.get(path).status_code == 404
    settings.SECRET_KEY_FALLBACKS = [old]
    assert client.get(path).status_code == 200


def test_documents_of_every_kind_are_reached_through_the_link(client, editor):
    file, cv = DocumentFactory(title="The issue"), DocumentFactory(title="The life")
    for kind, fields, document in (("publication", {"file": file}, file), ("expert", {"cv": cv}, cv)):
        link = linked(draft(kind, **fields), editor)
        there = path_of(link, f"media/{document.file_name.rpartition('/')[2]}")
        page = client.get(path_of(link)).content.decode()
        assert f'href="{there}"' in page
        assert ".pdf" not in page.replace(there, "")
        answer = client.get(there)
        assert b"".join(answer.streaming_content) == b"%PDF-1.4\n%%EOF\n"
        assert client.get(document.file.url).status_code == 404


def test_a_document_whose_file_was_replaced_since_is_the_new_one(client, editor):
    document = DocumentFactory()
    old = document.file.url
    link = linked(draft(body=f'<p><a href="{settings.SITE_URL}{old}#page=3">It</a></p>'), editor)
    document.file = ContentFile(b"%PDF-1.4\nnewer\n%%EOF\n", "newer.pdf")
    document.save()
    there = path_of(link, f"media/{document.file_name.rpartition('/')[2]}")
    assert f'href="{there}#page=3"' in client.get(path_of(link)).content.decode()
    for path in (there, path_of(link, f"media/{old.rpartition('/')[2]}")):
        answer = client.get(path)
        assert b"newer" in b"".join(answer.streaming_content)


def test_a_version_whose_series_was_deleted_is_shown_in_the_present_one(client, editor):
    text = draft("publication")
    link = linked(text, editor)
    gone = text.series
    saved_again(text, series=SeriesFactory(name_en="The present series"))
    gone.delete()
    page = words(client.get(path_of(link)))
    assert "Unseen words." in page
    assert "The present series" in page


@pytest.mark.parametrize("count", [1, 3])
def test_the_panel_costs_a_fixed_number_of_queries(client, editor, django_assert_max_num_queries, count):
    text = draft()
    for number in range(count):
        link = linked(text, editor, reviewer=f"Reader {number}")
        links.comment(link, name="Ann", body="Well.")
        links.decide(link, name="Ann", verdict="approved")
    saved_again(text, title="Later")
    client.force_login(editor)
    client.get(admin_url(text))
    with django_assert_max_num_queries(25):
        client.get(admin_url(text))


def test_a_form_with_everything_in_it_keeps_the_budget(client, editor, django_assert_max_num_queries):
    """Pictures, links to every kind of text, a translation, a review link that is outdated, a comment.

    A link to what is no text, a topic for instance, costs one query more.
    """
    there = [ExpertFactory(), PublicationFactory(), PageFactory(), ArticleFactory()]
    links_there = "".join(f'<a href="{row.get_absolute_url()}">One</a> ' for row in there)
    picture = ImageFactory()
    text = draft(
        body=f'<h2>One</h2><p>{links_there}</p><figure data-image="{picture.pk}"></figure>',
        lead_image=picture,
    )
    ArticleFactory(draft=True, language="zh-hans", translation_of=text, slug=text.slug)
    link = linked(text, editor)
    links.comment(link, name="Ann", body="Well.")
    links.decide(link, name="Ann", verdict="approved")
    saved_again(text, title="Later")
    client.force_login(editor)
    client.get(admin_url(text))
    with django_assert_max_num_queries(25):
        response = client.get(admin_url(text))
    assert "review-links-list" in response.content.decode()


# -- At the same time ---------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_ten_equal_posts_at_once_are_one_comment_and_one_decision(chief, at_once):
    link = linked(draft(), chief)

    def post():
        client = Client()
        return comment(client, link).status_code, decide(client, link).status_code

    assert at_once(10, post) == [(302, 302)] * 10
    assert (Comment.objects.count(), Opinion.objects.count()) == (1, 1)
