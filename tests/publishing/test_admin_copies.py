"""Correcting a live text in the admin: its form shows it, its copy's form changes it."""

import datetime

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from lxml import html

from articles.models import Article
from charhar.publishing import copies, workflow
from charhar.publishing.copies import open_copy, publish_copy
from charhar.publishing.history import snapshots_of
from charhar.publishing.models import State
from tests.admin_forms import errors_of, opened, send, values_of
from tests.factories import ArticleFactory, ExpertFactory, PublicationFactory, TopicFactory, UserFactory

from .everything import KINDS, contents, fill

pytestmark = [pytest.mark.django_db, pytest.mark.plain]
LIST = "/admin/articles/article/"


@pytest.fixture(autouse=True)
def editor(client):
    person = UserFactory(username="editor", roles=["Editors"])
    client.force_login(person)
    return person


@pytest.fixture
def author():
    return UserFactory(username="author", roles=["Authors"])


def at(page, text, *args):
    name = f"admin:{text._meta.app_label}_{text._meta.model_name}_{page}"
    return reverse(name, args=[text.pk, *args])


def live(**fields):
    """A text that readers see, with all that it must have for that."""
    text = ArticleFactory(**{"authors": [ExpertFactory()], **fields})
    workflow.record(text, user=None, action="save")
    return text


def desk(response):
    """The buttons that save and move the text itself; the desk's other panels have their own tests."""
    page = html.fromstring(response.content.decode())
    names = [
        button.get("name") or button.get("formaction").split("/")[-2]
        for button in page.xpath(
            "//div[contains(@class,'desk')]//button[not(ancestor::*[@data-preview-buttons])]"
        )
    ]
    return [name for name in names if name != "edition"]


def words(response):
    return " ".join(html.fromstring(response.content.decode()).text_content().split())


# -- The live text ----------------------------------------------------------------------------------


@pytest.mark.parametrize("model", KINDS)
def test_the_form_of_a_live_text_shows_its_content_and_changes_none(client, model):
    text = fill(KINDS[model](), 0)
    workflow.record(text, user=None, action="save")
    before = contents(text)
    page = html.fromstring(client.get(at("change", text)).content.decode())
    fields = page.xpath(
        "//div[@id='content-main']//*[self::input[not(@type='hidden')] or self::textarea or self::select]/@name"
    )
    assert set(fields) <= {"expire_at", "account", "translation_of", "reason"}
    assert send(client, at("change", text), expire_at="2090-01-01T08:00").status_code == 302
    text = type(text).objects.get(pk=text.pk)
    assert text.expire_at == datetime.datetime(2090, 1, 1, tzinfo=datetime.UTC)
    assert contents(text) == before


def test_content_posted_to_a_live_text_is_not_written_but_shown_to_copy(client):
    text = live(title="As it was", draft=True)
    typed = opened(client, at("change", text))
    workflow.publish(text)
    response = send(client, at("change", text), values=typed, title="An hour's work")
    assert response.status_code == 403
    assert ("title", "An hour's work") in response.context["typed"]
    text.refresh_from_db()
    assert (text.title, text.is_published) == ("As it was", True)


def test_the_live_text_leads_to_its_one_copy(client):
    text = live()
    page = client.get(at("change", text))
    assert desk(page) == ["_save", "_continue", "_withdraw", "_lock", "correct"]
    assert b"Correct this text" in page.content
    assert client.get(at("correct", text)).status_code == 405
    response = client.post(at("correct", text))
    copy = Article.versions.get(corrects=text)
    assert response.headers["Location"] == at("change", copy)
    assert client.post(at("correct", text)).headers["Location"] == at("change", copy)
    assert b"Go on with the correction" in client.get(at("change", text)).content


def test_a_text_that_readers_do_not_see_needs_no_copy(client):
    for traits in ({"draft": True}, {"scheduled": True}, {"withdrawn": True}, {"expired": True}):
        text = ArticleFactory(**traits, authors=[ExpertFactory()])
        assert client.post(at("correct", text)).headers["Location"] == at("change", text)
        send(client, at("change", text), title="Changed directly")
        text.refresh_from_db()
        assert text.title == "Changed directly"
    assert not Article.versions.filter(corrects__isnull=False).exists()


# -- The copy ---------------------------------------------------------------------------------------


def test_the_copys_form_says_what_it_is_and_offers_what_can_be_done(client):
    copy = open_copy(live(title="On ports"))
    page = client.get(at("change", copy))
    assert "Working copy of “On ports”. Readers still see the live text." in words(page)
    assert "Readers go on seeing the live text." in words(page)
    assert desk(page) == [
        "_save", "_continue", "_submit", "_publish_correction", "_schedule_correction",
    ]  # fmt: skip
    assert b"Discard working copy" in page.content
    values = values_of(page)
    assert not {"language", "translation_of", "expire_at", "assigned_to"} & set(values)


@pytest.mark.parametrize("model", KINDS)
def test_opening_and_saving_a_copy_changes_neither_it_nor_the_live_text(client, model):
    text = fill(KINDS[model](), 0)
    workflow.record(text, user=None, action="save")
    copy = open_copy(text)
    before, first = contents(text), snapshots_of(copy).first().data
    response = send(client, at("change", copy))
    assert response.status_code == 302, errors_of(response)
    assert (contents(text), contents(copy)) == (before, before)
    assert snapshots_of(copy).first().data == first
    assert [s.action for s in snapshots_of(copy)] == ["save", "open"]


def test_a_copy_is_saved_and_published_with_a_note(client, editor):
    text = live(title="Frist")
    copy = open_copy(text)
    send(client, at("change", copy), title="First")
    text.refresh_from_db()
    assert text.title == "Frist"
    response = send(
        client, at("change", copy), "_publish_correction", title="First, and last",
        told="noted", public_note="A letter was misplaced.",
    )  # fmt: skip
    assert response.headers["Location"] == at("change", text)
    text.refresh_from_db()
    assert (text.title, [c["note"] for c in text.corrections]) == (
        "First, and last",
        ["A letter was misplaced."],
    )
    assert snapshots_of(text).first().user == editor
    assert desk(client.get(at("change", copy))) == []


def test_a_minor_correction_keeps_no_note_even_if_one_was_typed(client):
    text = live()
    send(client, at("change", open_copy(text)), "_publish_correction", told="minor", public_note="Typed")
    text.refresh_from_db()
    assert (text.corrections, text.version) == ([], 2)


@pytest.mark.parametrize(
    ("given", "field", "error"),
    [
        ({}, "told", "Say whether readers are shown a note."),
        ({"told": "noted", "public_note": " "}, "public_note", "Write the note that readers will see."),
    ],
)
def test_a_correction_without_its_word_to_readers_is_refused(client, given, field, error):
    text = live(title="Live")
    response = send(client, at("change", open_copy(text)), "_publish_correction", title="Typed", **given)
    assert errors_of(response) == {field: [error]}
    assert values_of(response)["title"] == ["Typed"]
    text.refresh_from_db()
    assert text.title == "Live"


def test_a_correction_is_scheduled_in_beijing_time_and_taken_off_again(client, editor):
    with time_machine.travel("2026-03-01T00:00Z"):
        client.force_login(editor)
        text = live()
        copy = open_copy(text)
        send(
            client, at("change", copy), "_schedule_correction", told="noted", public_note="Wrong.",
            publish_from="2026-03-02T08:30",
        )  # fmt: skip
        copy.refresh_from_db()
        assert (copy.publish_at, copy.correction_note) == (
            datetime.datetime(2026, 3, 2, 0, 30, tzinfo=datetime.UTC),
            "Wrong.",
        )
        page = client.get(at("change", copy))
        assert "Readers see this correction from March 2, 2026, 08:30 (Beijing time, UTC+8)" in words(page)
        values = values_of(page)
        assert (values["publish_from"], values["told"]) == (["2026-03-02T08:30"], ["noted"])
        assert values["public_note"] == ["Wrong."]
        send(client, at("change", copy), "_unschedule_correction")
        copy.refresh_from_db()
        assert (copy.state, copy.publish_at) == (State.DRAFT, None)


def test_a_moment_that_has_passed_is_refused_beside_its_field(client):
    response = send(
        client, at("change", open_copy(live())), "_schedule_correction", told="minor",
        publish_from="2001-01-01T08:00",
    )  # fmt: skip
    assert list(errors_of(response)) == ["publish_from"]


def test_what_the_live_text_could_not_be_is_refused_beside_its_field(client):
    ArticleFactory(slug="taken", title="First here")
    text = live()
    response = send(
        client,
        at("change", open_copy(text)),
        "_publish_correction",
        slug="taken",
        told="minor",
        title="Typed",
    )
    assert list(errors_of(response)) == ["slug"]
    assert values_of(response)["title"] == ["Typed"]


def test_a_failed_correction_says_why(client):
    text = live()
    copy = open_copy(text)
    copy.slug = "taken"
    copy.save()
    publish_copy(copy, at=timezone.now() + datetime.timedelta(hours=1))
    ArticleFactory(slug="taken", title="First here")
    copies.apply_due(timezone.now() + datetime.timedelta(hours=2))
    said = words(client.get(at("change", copy)))
    assert "It could not be published when it was due: “/articles/taken/” already belongs to" in said


def test_discarding_asks_first(client):
    text = live()
    copy = open_copy(text)
    assert b"stays in the history" in client.get(at("discard", copy)).content
    copy.refresh_from_db()
    assert copy.trashed_at is None
    assert client.post(at("discard", copy)).headers["Location"] == at("change", text)
    copy.refresh_from_db()
    assert copy.trashed_at is not None
    assert client.post(at("discard", copy)).status_code == 404


def test_an_outdated_copy_can_be_begun_anew_with_the_old_one_in_view(client):
    text = live(title="First")
    copy = open_copy(text)
    Article.versions.filter(pk=copy.pk).update(title="From the copy")
    text.title = "Meanwhile"
    text.save()
    workflow.record(text, user=None, action="save")
    page = client.get(at("change", copy))
    assert "The live text has moved on since this working copy was begun" in words(page)
    response = send(client, at("change", copy), "_publish_correction", told="minor")
    assert "moved on" in errors_of(response)["__all__"][0]
    response = client.post(at("renew", copy), follow=True)
    fresh = Article.versions.get(corrects=text, trashed_at=None)
    assert fresh.title == "Meanwhile"
    assert at("change", copy) in response.content.decode()
    assert "From the copy" in words(client.get(at("change", copy)))


def test_two_people_do_not_overwrite_each_other_in_a_copy(client):
    copy = open_copy(live(title="As it was"))
    typed = opened(client, at("change", copy))
    copy.title = "Theirs"
    copy.save()
    workflow.record(copy, user=UserFactory(first_name="Anna", last_name="Sample"), action="save")
    response = send(client, at("change", copy), values=typed, title="Mine")
    assert errors_of(response)["title"] == [
        "Anna Sample changed this too: choose at the top of the page whose is to stand."
    ]


# -- Who may ----------------------------------------------------------------------------------------


def test_an_author_corrects_their_own_text_up_to_publishing(client, author):
    client.force_login(author)
    text = live(created_by=author, title="Frist")
    assert desk(client.get(at("change", text))) == ["correct"]
    client.post(at("correct", text))
    copy = Article.versions.get(corrects=text)
    assert desk(client.get(at("change", copy))) == ["_save", "_continue", "_submit"]
    response = send(client, at("change", copy), "_publish_correction", title="First", told="minor")
    assert response.status_code == 403
    send(client, at("change", copy), "_submit", title="First")
    copy.refresh_from_db()
    text.refresh_from_db()
    assert (copy.title, copy.state, text.title) == ("First", State.REVIEW, "Frist")


@pytest.mark.parametrize("role", ["Authors", "Secretariat", ""])
def test_others_reach_nothing_of_a_correction(client, role):
    text = live(created_by=UserFactory())
    copy = open_copy(text)
    first = snapshots_of(text).first()
    client.force_login(UserFactory(roles=[role] if role else []))
    refused = {302, 403, 404}
    index = reverse("admin:index")
    posts = [
        at("correct", text),
        at("renew", copy),
        at("discard", copy),
        at("restore_version", text, first.pk),
    ]
    gets = [at("change", copy), at("discard", copy), at("history", copy), at("version", copy, first.pk)]
    for response in [client.post(url) for url in posts] + [client.get(url) for url in gets]:
        assert response.status_code in refused
        assert response.headers.get("Location", index) == index
    copy.refresh_from_db()
    assert (copy.version, copy.trashed_at) == (1, None)
    assert Article.versions.count() == 2


# -- Lists ------------------------------------------------------------------------------------------


def test_the_list_says_which_texts_are_being_corrected_and_never_lists_a_copy(client):
    plain, opened_, scheduled, failed = (live(title=t) for t in ("Plain", "Open", "Due", "Failed"))
    open_copy(opened_)
    publish_copy(open_copy(scheduled), at=datetime.datetime(2090, 3, 2, 0, 30, tzinfo=datetime.UTC))
    bad = open_copy(failed)
    publish_copy(bad, at=datetime.datetime(2090, 3, 2, tzinfo=datetime.UTC))
    Article.versions.filter(pk=bad.pk).update(failure="A sample reason.")

    def rows(**query):
        page = html.fromstring(client.get(LIST, query).content.decode())
        return {
            row.xpath("string(th)").strip(): row.xpath("string(td[contains(@class,'field-status')])")
            for row in page.xpath("//table[@id='result_list']/tbody/tr")
        }

    assert rows() == {
        "Plain": "Published",
        "Open": "PublishedCorrection in progress",
        "Due": "PublishedCorrection scheduled for Mar 2, 2090, 08:30",
        "Failed": "PublishedCorrection failed",
    }
    assert set(rows(status="correcting")) == {"Open"}
    assert set(rows(status="correction-scheduled")) == {"Due"}
    assert set(rows(status="correction-failed")) == {"Failed"}
    discarded = open_copy(plain)
    copies.discard_copy(discarded)
    assert rows(status="trash") == {}


def test_a_copy_is_offered_nowhere(client):
    open_copy(live(title="On ports"))
    response = client.get(
        reverse("admin:autocomplete"),
        {"app_label": "articles", "model_name": "article", "field_name": "translation_of", "term": "ports"},
    )
    assert len(response.json()["results"]) == 1
    issue = PublicationFactory()
    issue.entries.create(title="An entry")
    open_copy(issue)
    response = client.get(
        reverse("admin:autocomplete"),
        {"app_label": "articles", "model_name": "article", "field_name": "entry", "term": "entry"},
    )
    assert len(response.json()["results"]) == 1


def test_a_bulk_action_reaches_no_copy(client):
    copy = open_copy(live())
    client.post(LIST, {"action": "trash_selected", "_selected_action": [copy.pk]})
    copy.refresh_from_db()
    assert copy.trashed_at is None
    assert client.post(at("trash", copy)).status_code == 404
    assert client.post(at("restore", copy)).status_code == 404


# -- History ----------------------------------------------------------------------------------------


def history(client, text):
    page = html.fromstring(client.get(at("history", text)).content.decode())
    return [
        [cell.text_content().strip() for cell in row.xpath("th|td")]
        for row in page.xpath("//div[@id='change-history']//tbody/tr")
    ]


def test_the_history_holds_the_copies_saves_and_is_the_same_from_either(client, editor):
    text = live()
    copy = open_copy(text, editor)
    publish_copy(copy, editor, note="A sample note.")
    rows = history(client, text)
    assert [(row[0], row[2], row[3], row[4]) for row in rows] == [
        ("2", "editor", "correction published", "A sample note."),
        (f"copy {copy.pk}, 1", "editor", "working copy begun", ""),
        ("1", "The system", "saved", ""),
    ]
    assert history(client, copy) == rows


def test_a_version_shows_what_it_changed_and_what_has_changed_since(client):
    text = live(title="Ports in 2012", topics=[TopicFactory(name_en="Trade")])
    copy = open_copy(text)
    send(client, at("change", copy), title="Ports in 2013")
    saved = snapshots_of(copy).first()

    def changes(url):
        page = html.fromstring(client.get(url).content.decode())
        return [
            (s.xpath("string(h3)"), s.xpath(".//del/text()"), s.xpath(".//ins/text()"))
            for s in page.xpath("//section[@class='difference']")
        ]

    assert changes(at("version", text, saved.pk)) == [("Title", ["2012"], ["2013"])]
    assert changes(at("version", copy, saved.pk) + "?with=now") == []
    assert changes(at("version", text, saved.pk) + "?with=now") == [("Title", ["2013"], ["2012"])]
    begun = snapshots_of(copy).last()
    assert changes(at("version", text, begun.pk)) == []
    first = snapshots_of(text).last()
    assert ("Topics", [], ["Trade"]) in changes(at("version", text, first.pk))


def test_a_snapshot_of_another_text_is_not_shown(client):
    other = snapshots_of(live()).first()
    assert client.get(at("version", live(), other.pk)).status_code == 404
    assert client.post(at("restore_version", live(), other.pk)).status_code == 404


def test_a_version_of_a_live_text_is_restored_as_a_working_copy(client):
    text = live(title="First", authors=ExpertFactory.create_batch(2))
    first = snapshots_of(text).first()
    copy = open_copy(text)
    copy.title = "Second"
    copy.save()
    publish_copy(copy)
    url = at("restore_version", text, first.pk)
    assert client.get(url).status_code == 405
    response = client.post(url)
    fresh = Article.versions.get(corrects=text, trashed_at=None)
    assert response.headers["Location"] == at("change", fresh)
    text.refresh_from_db()
    assert (text.title, fresh.title, fresh.bylines.count()) == ("Second", "First", 2)
    last = snapshots_of(fresh).first()
    assert (last.action, last.note, last.user.username) == ("restore", "1", "editor")


def test_a_version_of_a_draft_is_restored_into_it(client):
    text = live(title="First", draft=True)
    first = snapshots_of(text).first()
    text.title = "Second"
    text.save()
    workflow.record(text, user=None, action="save")
    response = client.post(at("restore_version", text, first.pk))
    assert response.headers["Location"] == at("change", text)
    text.refresh_from_db()
    assert (text.title, text.version) == ("First", 3)
