"""Experts at home: an account's own profile, what it may change there, and the way before readers."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from lxml import html

from articles.models import Article, Byline
from charhar.desk.own import own_profile
from charhar.publishing import workflow
from charhar.publishing.copies import open_copy, publish_copy
from charhar.publishing.history import serialise, snapshots_of
from charhar.publishing.models import Action, State
from charhar.publishing.permissions import allowed, permitted_q
from experts.admin_own import PERSONAL
from experts.models import Expert
from tests.admin_forms import errors_of, opened, send, values_of
from tests.factories import (
    ArticleFactory,
    ExpertFactory,
    GroupFactory,
    PublicationFactory,
    TopicFactory,
    UserFactory,
)
from tests.publishing.everything import fill

pytestmark = pytest.mark.django_db


@pytest.fixture
def fellow():
    return UserFactory(username="fellow", first_name="Deng", last_name="Pan", roles=["Fellows"])


@pytest.fixture
def editor():
    return UserFactory(username="editor", first_name="Eve", last_name="Editor", roles=["Editors"])


def at(page, text, *args):
    return reverse(f"admin:{text._meta.app_label}_{text._meta.model_name}_{page}", args=[text.pk, *args])


def live(**fields):
    text = ExpertFactory(**fields)
    workflow.record(text, user=None, action="save")
    return text


def words(response):
    return " ".join(html.fromstring(response.content.decode()).text_content().split())


# -- Who may what -----------------------------------------------------------------------------------

# The pages of a live profile and of its open working copy. 302 for a form: it leads to the index, as for a
# text that is not there; a POST that is done leads on with 302 too.
PAGES = [
    "live form", "live saved", "correct", "history", "version", "trash", "delete",
    "copy form", "copy saved", "copy submitted", "changes", "discard", "renew", "restore version",
    "copy published",
]  # fmt: skip
EXPECTED = {
    ("Fellows", "own"): [200, 403, 302, 200, 200, 403, 403, 200, 302, 302, 200, 200, 302, 403, 403],
    ("Fellows", "other"): [200, 403, 403, 200, 200, 403, 403, 302, 404, 404, 404, 404, 404, 403, 404],
    ("Authors", "own"): [200, 403, 403, 200, 200, 403, 403, 200, 403, 403, 200, 403, 403, 403, 403],
    ("Authors", "other"): [200, 403, 403, 200, 200, 403, 403, 302, 403, 403, 404, 404, 404, 403, 403],
    ("Editors", "other"): [200, 302, 302, 200, 200, 409, 403, 200, 302, 302, 200, 200, 302, 302, 302],
    ("Administrators", "other"): [200, 302, 302, 200, 200, 409, 403, 200, 302, 302, 200, 200, 302, 302, 302],
    # 404: what one may not know of is not there
    ("Secretariat", "own"): [403] * 10 + [404] * 3 + [403] * 2,
    ("Secretariat", "other"): [403] * 10 + [404] * 3 + [403] * 2,
    ("", "own"): [403] * 10 + [404] * 3 + [403] * 2,
}


def asked(client, page, person):
    """The status of one page of a live profile, or of its open copy, both made anew."""
    text = live(account=person)
    first, copy = snapshots_of(text).first(), open_copy(text)
    counts = {
        f"{name}-{key}": 0 for name in Expert.CONTENT_INLINES for key in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    filled = {
        **counts, "opened_version": copy.version, "family_name": "Pan", "display_name_en": "PAN",
        "slug": copy.slug, "position": 100, "told": "minor",
    }  # fmt: skip
    posted = {
        "live saved": ("change", text, {**counts, "opened_version": 1, "_save": "1"}),
        "correct": ("correct", text, {}),
        "trash": ("trash", text, {}),
        "copy saved": ("change", copy, {**filled, "_save": "1"}),
        "copy submitted": ("change", copy, {**filled, "_submit": "1"}),
        "renew": ("renew", copy, {}),
        "copy published": ("change", copy, {**filled, "_publish_correction": "1"}),
    }
    shown = {
        "live form": at("change", text),
        "history": at("history", text),
        "version": at("version", text, first.pk),
        "delete": at("delete", text),
        "copy form": at("change", copy),
        "changes": at("changes", copy),
        "discard": at("discard", copy),
    }
    if page == "restore version":
        status = client.post(at("restore_version", text, first.pk)).status_code
    elif page in shown:
        status = client.get(shown[page]).status_code
    else:
        name, row, data = posted[page]
        status = client.post(at(name, row), data).status_code
    Expert.versions.filter(pk=text.pk).update(account=None)
    return status


@pytest.mark.matrix
@pytest.mark.parametrize(("role", "whose"), EXPECTED)
def test_each_page_of_a_profile_answers_each_role(client, role, whose):
    person = UserFactory(roles=[role] if role else [])
    client.force_login(person)
    found = {page: asked(client, page, person if whose == "own" else None) for page in PAGES}
    assert found == dict(zip(PAGES, EXPECTED[role, whose], strict=True))


def test_what_changes_is_only_shown_of_a_working_copy(client, editor):
    client.force_login(editor)
    assert client.get(at("changes", live())).status_code == 404
    assert client.get(reverse("admin:experts_expert_changes", args=[999])).status_code == 404


# -- Ownership --------------------------------------------------------------------------------------


def test_a_profile_is_its_accounts_own_and_so_is_its_working_copy(fellow):
    text, other = live(account=fellow), live()
    copy, others = open_copy(text), open_copy(other)
    assert (copy.account, copy.created_by) == (None, None)
    assert allowed(fellow, Action.CHANGE, Expert.versions.get(pk=copy.pk))
    assert not allowed(fellow, Action.CHANGE, others)
    assert set(Expert.versions.filter(permitted_q(fellow, Action.VIEW, Expert))) == {text, copy}
    assert set(Expert.versions.filter(permitted_q(fellow, Action.CHANGE, Expert))) == {copy}


def test_who_is_no_longer_the_account_loses_the_working_copy_too(fellow):
    text = live(account=fellow)
    copy = open_copy(text, fellow)
    Expert.objects.filter(pk=text.pk).update(account=None)
    assert not allowed(fellow, Action.VIEW, Expert.versions.get(pk=copy.pk))


def test_a_correction_neither_carries_nor_touches_the_account(fellow):
    text = live(account=fellow)
    copy = open_copy(text)
    assert "account_id" not in serialise(text)["fields"]
    publish_copy(copy)
    text.refresh_from_db()
    assert text.account == fellow


def test_an_account_is_one_experts(fellow):
    live(account=fellow)
    with pytest.raises(IntegrityError), transaction.atomic():
        live(account=fellow)


def test_who_has_left_keeps_no_profile_and_the_profile_stays(fellow):
    text = live(account=fellow)
    fellow.delete()
    text.refresh_from_db()
    assert (text.account, text.is_published) == (None, True)


def test_an_article_with_ones_name_is_read_and_only_changed_when_assigned(client, fellow):
    me = live(account=fellow)
    mine, others = (ArticleFactory(draft=True, authors=[e], created_by=UserFactory()) for e in (me, live()))
    client.force_login(fellow)
    assert client.get(at("change", mine)).status_code == 200
    assert client.get(at("change", others)).status_code == 302
    assert not allowed(fellow, Action.CHANGE, mine)
    Article.objects.filter(pk=mine.pk).update(assigned_to=fellow)
    assert allowed(fellow, Action.CHANGE, Article.objects.get(pk=mine.pk))
    issue = PublicationFactory(draft=True)
    assert not allowed(fellow, Action.VIEW, issue)
    issue.contributors.create(expert=me)
    assert allowed(fellow, Action.VIEW, issue)


# -- The account is given by editors ----------------------------------------------------------------


def test_editors_give_a_profile_its_account_and_nobody_sees_it_in_public(client, editor, fellow):
    text = live(slug="pan-deng")
    client.force_login(editor)
    assert send(client, at("change", text), account=fellow.pk).status_code == 302
    text.refresh_from_db()
    assert text.account == fellow
    other = live()
    response = send(client, at("change", other), account=fellow.pk)
    assert errors_of(response) == {
        "account": ["This account is another expert's already; one in the trash counts too."]
    }
    client.logout()
    assert b"fellow" not in client.get("/experts/pan-deng/").content.replace(b"Adjunct Fellow", b"")


def test_a_working_copys_form_has_no_account(client, editor, fellow):
    client.force_login(editor)
    copy = open_copy(live(account=fellow))
    assert "account" not in opened(client, at("change", copy))
    send(client, at("change", copy), account=editor.pk)
    copy.refresh_from_db()
    assert (copy.account, copy.corrects.account) == (None, fellow)


# -- What a fellow may change -----------------------------------------------------------------------


def test_every_field_of_a_profile_is_the_persons_or_the_institutes():
    institutes = {"slug", "title_en", "title_zh", "position", "office", "press_photo"}
    assert {f.name for f in Expert._meta.concrete_fields} - Expert.LIFE_FIELDS == PERSONAL | institutes
    assert {f.name for f in Expert._meta.many_to_many} == {"groups", "topics", "regions", "programmes"}


def test_the_form_offers_a_fellow_what_the_profile_says_of_them_and_no_more(client, fellow):
    text = fill(live(account=fellow), 0)
    text.takes_messages = True  # a box that is not ticked sends nothing
    text.save()
    copy = open_copy(text)
    client.force_login(fellow)
    names = {name for name in opened(client, at("change", copy)) if "-" not in name}
    columns = {field.name for field in Expert._meta.get_fields()}
    assert names & columns == PERSONAL
    keys = ("id", "expert")  # of a row that is only shown
    rows = [
        name.split("-0-")
        for name in opened(client, at("change", copy))
        if "-0-" in name and "initial-" not in name
    ]
    assert {kind for kind, field in rows if field not in keys} == {"spoken_languages", "social_links"}


@pytest.mark.parametrize("of", ["copy", "draft"])
def test_what_the_institute_says_is_not_taken_from_a_fellow(client, fellow, editor, of):
    text = fill(ExpertFactory(account=fellow, draft=of == "draft"), 0)
    workflow.record(text, user=None, action="save")
    row = open_copy(text) if of == "copy" else text
    before = serialise(row)
    client.force_login(editor)
    everything = opened(client, at("change", row))
    changed = {
        "slug": "another", "title_en": "Chairman", "title_zh": "主席", "position": 0, "office": "",
        "groups": [GroupFactory().pk], "topics": [TopicFactory().pk], "regions": [], "programmes": [],
        "expire_at": "2090-01-01T08:00", "account": editor.pk, "assigned_to": editor.pk,
        "topic_leads-0-position": 33, "topic_leads-0-DELETE": "on", "region_leads-0-position": 34,
        "state": "published", "created_by": editor.pk,
    }  # fmt: skip
    client.force_login(fellow)
    written = {"biography_en": "<p>In my own words.</p>", "email": "deng@example.org"}
    response = client.post(at("change", row), {**everything, **changed, **written, "_save": "1"})
    assert response.status_code == 302
    row = Expert.versions.get(pk=row.pk)
    after = serialise(row)
    assert after["fields"] == {**before["fields"], **written}
    assert after["relations"] == before["relations"]
    assert [after["inlines"][n] for n in ("topic_leads", "region_leads")] == [
        before["inlines"][n] for n in ("topic_leads", "region_leads")
    ]
    assert (row.state, row.expire_at, row.assigned_to, row.created_by) == (State.DRAFT, None, None, None)
    assert row.account == (None if of == "copy" else fellow)


def test_languages_and_links_are_the_fellows_own(client, fellow):
    copy = open_copy(live(account=fellow))
    client.force_login(fellow)
    send(
        client, at("change", copy),
        **{
            "spoken_languages-TOTAL_FORMS": 1, "spoken_languages-0-code": "fr",
            "social_links-TOTAL_FORMS": 1, "social_links-0-label": "Weibo",
            "social_links-0-url": "https://weibo.example/pan",
        },
    )  # fmt: skip
    assert [row.code for row in copy.spoken_languages.all()] == ["fr"]
    assert [row.url for row in copy.social_links.all()] == ["https://weibo.example/pan"]


def test_a_fellow_restores_no_earlier_version_because_it_holds_the_institutes_fields(client, fellow):
    text = live(account=fellow, position=1)
    first = snapshots_of(text).first()
    copy = open_copy(text)
    client.force_login(fellow)
    assert b"Restore this version" not in client.get(at("version", copy, first.pk)).content
    assert client.post(at("restore_version", copy, first.pk)).status_code == 403
    assert client.get(at("restore_version", copy, first.pk)).status_code == 405


# -- From the fellow to readers ---------------------------------------------------------------------


def test_a_fellows_words_wait_for_an_editor_come_back_with_a_note_and_go_public(client, fellow, editor):
    text = live(account=fellow, slug="pan-deng", biography_en="<p>The old words.</p>", portrait=None)
    client.force_login(fellow)
    page = client.get(at("change", text))
    assert "This is your profile as readers see it." in words(page)
    copy_url = client.post(at("correct", text)).headers["Location"]
    assert "What can not be typed here the institute decides" in words(client.get(copy_url))
    send(client, copy_url, "_submit", biography_en="<p>The new words.</p>")
    copy = Expert.versions.get(corrects=text)
    assert copy.state == State.REVIEW
    assert "Your changes wait for an editor." in words(client.get(copy_url))
    assert b"The old words." in client.get("/experts/pan-deng/").content

    client.force_login(editor)
    listed = client.get("/admin/experts/expert/?status=correction-review")
    assert [e.pk for e in listed.context["cl"].result_list] == [text.pk]
    assert "Correction in review" in words(listed)
    changes = html.fromstring(client.get(copy_url).content.decode()).xpath(
        "//a[text()='What this correction changes']/@href"
    )
    assert changes == [at("changes", copy)]
    shown = html.fromstring(client.get(changes[0]).content.decode()).xpath("//section[@class='difference']")
    assert [(s.xpath("string(h3)"), s.xpath(".//del/text()"), s.xpath(".//ins/text()")) for s in shown] == [
        ("Biography (English)", ["old"], ["new"])
    ]
    send(client, copy_url, "_send_back", note="Say where you were born.")

    client.force_login(fellow)
    assert "Sent back by Eve Editor" in words(client.get(copy_url))
    assert "Say where you were born." in words(client.get(copy_url))
    send(client, copy_url, "_submit", biography_en="<p>Born in Sampleville.</p>")

    client.force_login(editor)
    send(client, copy_url, "_publish_correction", told="minor")
    client.logout()
    assert b"Born in Sampleville." in client.get("/experts/pan-deng/").content


def test_a_fellow_has_no_button_that_publishes(client, fellow):
    copy = open_copy(live(account=fellow))
    client.force_login(fellow)
    page = html.fromstring(client.get(at("change", copy)).content.decode())
    named = [b.get("name") for b in page.xpath("//div[contains(@class,'desk')]//button[@name]")]
    assert named == ["_save", "_continue", "_submit"]


# -- At home ----------------------------------------------------------------------------------------


def test_ones_own_profile_is_found_with_its_open_copy(fellow, django_assert_num_queries):
    assert own_profile(UserFactory()) is None
    text = live(account=fellow)
    fellow.refresh_from_db()
    with django_assert_num_queries(2):
        assert own_profile(fellow) == (text, at("change", text), None)
    copy = open_copy(text)
    assert own_profile(fellow) == (text, at("change", copy), copy)
    Expert.objects.filter(pk=text.pk).update(trashed_at="2026-01-01T00:00:00Z")
    assert own_profile(type(fellow).objects.get(pk=fellow.pk)) is None


def test_mine_is_the_own_profile_too(client, fellow):
    text = live(account=fellow)
    live()
    client.force_login(fellow)
    listed = client.get("/admin/experts/expert/?own=mine").context["cl"].result_list
    assert [e.pk for e in listed] == [text.pk]


def test_a_fellows_new_article_begins_with_their_byline(client, fellow):
    me = live(account=fellow, display_name_en="PAN Deng", title_en="Fellow")
    client.force_login(fellow)
    assert opened(client, "/admin/articles/article/add/")["bylines-0-expert"] == [str(me.pk)]
    send(client, "/admin/articles/article/add/", title="On ports", slug="on-ports")
    byline = Byline.objects.get(article__slug="on-ports")
    assert (byline.expert, byline.name, byline.role) == (me, "PAN Deng", "Fellow")
    send(
        client, "/admin/articles/article/add/", title="By a guest", slug="by-a-guest",
        **{"bylines-0-expert": "", "bylines-0-name": "A Guest"},
    )  # fmt: skip
    assert Byline.objects.get(article__slug="by-a-guest").name == "A Guest"


def test_everybody_else_begins_without_one(client, editor):
    client.force_login(editor)
    assert values_of(client.get("/admin/articles/article/add/"))["bylines-0-expert"] == [""]
