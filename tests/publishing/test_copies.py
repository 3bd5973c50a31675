"""Working copies: readers go on seeing the live text; a correction is written whole, once, on time, or not."""

import datetime

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.db import connection, models
from django.utils import timezone

from articles.models import Article
from charhar.publishing import copies, workflow
from charhar.publishing.copies import Outdated, apply_due, discard_copy, open_copy, publish_copy
from charhar.publishing.history import canonical, serialise, snapshots_of
from charhar.publishing.models import Address, ContentVersion, Publishable, State
from charhar.publishing.version import current_version
from charhar.search.models import SearchEntry
from publications.models import Entry
from tests.factories import (
    ArticleFactory,
    ExpertFactory,
    NewsSectionFactory,
    PageFactory,
    PublicationFactory,
    TopicFactory,
    UserFactory,
)

from .everything import KINDS, contents, fill, own_relations

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)


def again(text):
    return type(text).versions.get(pk=text.pk)


def live(factory=ArticleFactory, **fields):
    text = factory(**fields)
    workflow.record(text, user=None, action="save")
    return text


def retitled(text, title, **more):
    """An open copy of the text with another title."""
    copy = open_copy(text)
    for name, value in {"title": title, **more}.items():
        setattr(copy, name, value)
    copy.save()
    workflow.record(copy, user=None, action="save")
    return copy


# -- Everything is carried --------------------------------------------------------------------------


def test_every_kind_of_text_is_tried():
    from django.apps import apps

    assert set(KINDS) == {m for m in apps.get_models() if issubclass(m, Publishable)}


@pytest.mark.parametrize("model", KINDS)
def test_a_copy_holds_every_field_row_and_relation_of_the_live_text(model):
    text = fill(KINDS[model](), 0)
    unfilled = [
        field.name
        for field in model._meta.concrete_fields
        if field.name not in model.LIFE_FIELDS and getattr(text, field.name) == field.get_default()
    ]
    assert unfilled == []
    copy = open_copy(text)
    assert (copy.corrects_id, copy.based_on, copy.state) == (text.pk, text.version, State.DRAFT)
    assert contents(copy) == contents(text)
    assert all(rows for rows in contents(copy)[1].values())


@pytest.mark.parametrize("model", KINDS)
def test_a_correction_writes_every_field_row_and_relation_of_the_copy(model):
    text = fill(KINDS[model](), 0)
    workflow.record(text, user=None, action="save")
    before = contents(text)
    copy = fill(open_copy(text), 1)
    wanted = contents(copy)
    assert contents(text) == before
    differing = [name for name in before[0] if before[0][name] == wanted[0][name]]
    assert set(differing) <= {"canonical"}
    publish_copy(copy)
    assert contents(text) == wanted
    assert again(copy).trashed_at is not None


def test_what_others_point_at_keeps_its_key_through_corrections_and_nothing_else_is_pointed_at():
    for model in KINDS:
        for relation in own_relations(model):
            rows = relation.related_model
            pointed_at = [r for r in rows._meta.related_objects if not r.related_model._meta.auto_created]
            keeps_keys = any(f.name == "origin" for f in rows._meta.fields)
            assert bool(pointed_at) == keeps_keys, rows
            if keeps_keys:  # in place, one after the other: a unique constraint could stand in the way
                unique = [c for c in rows._meta.constraints if isinstance(c, models.UniqueConstraint)]
                assert unique == [], rows


def test_an_article_goes_on_standing_for_its_entry_when_the_issue_is_corrected():
    issue = live(PublicationFactory)
    first, gone, last = (issue.entries.create(title=t, position=p) for p, t in enumerate("ABC"))
    article = ArticleFactory(entry=last)
    copy = open_copy(issue)
    copy.entries.get(title="B").delete()
    copy.entries.filter(title="C").update(title="C, corrected", position=0)
    copy.entries.create(title="D", position=9)
    publish_copy(copy)
    assert {e.pk: e.title for e in issue.entries.all()} == {
        first.pk: "A",
        last.pk: "C, corrected",
        Entry.objects.get(title="D", publication=issue).pk: "D",
    }
    article.refresh_from_db()
    assert article.entry == last
    assert not Entry.objects.filter(pk=gone.pk).exists()


def test_nothing_left_empty_is_filled_in_from_a_profile_of_today():
    expert = ExpertFactory(title_en="")
    text = live(authors=[expert])
    type(expert).objects.update(title_en="Promoted since")
    publish_copy(retitled(text, "Corrected"))
    assert text.bylines.get().role == ""


# -- One copy, two people ---------------------------------------------------------------------------


def test_there_is_one_open_copy_and_a_new_one_after_it_is_closed():
    text = live()
    first = open_copy(text)
    assert open_copy(text) == first
    discard_copy(first)
    second = open_copy(text)
    assert second != first
    publish_copy(second)
    assert open_copy(text) not in (first, second)


def test_a_discarded_copy_changes_nothing_and_stays_in_the_history():
    text = live(title="As it was")
    copy = retitled(text, "Not wanted")
    discard_copy(copy)
    assert again(text).title == "As it was"
    assert snapshots_of(copy).first().data["fields"]["title"] == "Not wanted"
    for closed in (publish_copy, copies.unschedule):
        with pytest.raises(ValidationError):
            closed(copy)
    discard_copy(copy)
    assert snapshots_of(copy).count() == 3


def test_a_copy_has_no_copy_and_neither_has_what_lies_in_the_trash():
    for text in (open_copy(live()), ArticleFactory(draft=True, trashed=True)):
        with pytest.raises(ValidationError):
            open_copy(text)


def test_a_copy_based_on_an_older_text_is_refused_and_both_stay_whole():
    text = live(title="First")
    copy = retitled(text, "From the copy")
    workflow.withdraw(text, reason="A sample reason.")
    text.title = "Rewritten meanwhile"
    text.save()
    workflow.record(text, user=None, action="save")
    workflow.publish(text)
    with pytest.raises(Outdated, match="moved on"):
        publish_copy(copy)
    assert (again(text).title, again(copy).title) == ("Rewritten meanwhile", "From the copy")
    assert again(copy).trashed_at is None


def test_dates_and_state_of_the_live_text_do_not_make_its_copy_outdated():
    text = live(title="First")
    copy = retitled(text, "Corrected")
    text.expire_at = timezone.now() + HOUR
    text.save()
    workflow.record(text, user=None, action="save")
    workflow.withdraw(text, reason="A sample reason.")
    workflow.publish(text)
    publish_copy(again(copy))
    assert (again(text).title, again(text).expire_at) == ("Corrected", text.expire_at)


def test_a_withdrawn_text_is_not_brought_back_by_a_correction():
    text = live()
    copy = retitled(text, "Corrected")
    workflow.withdraw(text, reason="A sample reason.")
    with pytest.raises(ValidationError, match="not published now"):
        publish_copy(copy)
    assert again(text).title == text.title


def test_a_copy_is_neither_published_withdrawn_nor_trashed_by_itself():
    copy = open_copy(live())
    for move in (
        lambda: workflow.publish(copy),
        lambda: workflow.withdraw(copy, reason="A sample reason."),
        lambda: workflow.trash(copy),
        lambda: workflow.untrash(copy),
    ):
        with pytest.raises(ValidationError):
            move()
    assert (again(copy).state, again(copy).trashed_at) == (State.DRAFT, None)


def test_what_would_not_be_valid_is_refused_with_nothing_written():
    taken = ArticleFactory(slug="taken")
    text = live(slug="own", title="First")
    copy = retitled(text, "Corrected", slug="taken")
    with pytest.raises(ValidationError) as caught:
        publish_copy(copy)
    assert list(caught.value.message_dict) == ["slug"]
    assert (again(text).title, again(text).slug, again(taken).slug) == ("First", "own", "taken")


def test_a_correction_moves_the_address_and_leaves_a_redirect(client):
    text = live(slug="old-words")
    publish_copy(retitled(text, "New words", slug="new-words"))
    response = client.get("/articles/old-words/")
    assert (response.status_code, response.headers["Location"]) == (301, "/articles/new-words/")
    assert client.get("/articles/new-words/").status_code == 200
    assert Address.objects.filter(object_id=text.pk).count() == 2


def test_a_correction_is_one_version_with_snapshot_and_search_row():
    editor = UserFactory(roles=["Editors"])
    text = live(title="First", authors=[ExpertFactory()])
    publish_copy(retitled(text, "Second"), editor, note="The title was wrong.")
    last = snapshots_of(text).first()
    assert (again(text).version, last.version, last.action, last.user, last.note) == (
        2, 2, "correct", editor, "The title was wrong.",
    )  # fmt: skip
    assert canonical(last.data) == canonical(serialise(again(text)))
    assert SearchEntry.objects.get().title == "Second"


# -- Who may ----------------------------------------------------------------------------------------


def test_an_author_prepares_a_correction_of_their_own_text_and_an_editor_publishes_it():
    author, editor = UserFactory(roles=["Authors"]), UserFactory(roles=["Editors"])
    text = live(created_by=author, title="First", authors=[ExpertFactory()])
    copy = open_copy(text, author)
    assert copy.may(author, "change")
    for forbidden in (
        lambda: publish_copy(copy, author),
        lambda: publish_copy(copy, author, at=timezone.now() + HOUR),
    ):
        with pytest.raises(PermissionDenied):
            forbidden()
    workflow.submit(copy, author)
    publish_copy(copy, editor)
    assert again(text).version == 2


def test_nobody_corrects_what_they_could_not_change_as_a_draft():
    author, outsider = UserFactory(roles=["Authors"]), UserFactory()
    text = live(created_by=UserFactory())
    for person in (author, outsider, UserFactory(roles=["Secretariat"])):
        with pytest.raises(PermissionDenied):
            open_copy(text, person)
        copy = open_copy(text)
        assert not copy.may(person, "view")
        with pytest.raises(PermissionDenied):
            discard_copy(copy, person)


def test_a_scheduled_correction_is_out_of_its_authors_hands():
    author = UserFactory(roles=["Authors"])
    copy = open_copy(live(created_by=author), author)
    publish_copy(copy, at=timezone.now() + HOUR)
    assert not again(copy).may(author, "change")
    with pytest.raises(PermissionDenied):
        discard_copy(copy, author)
    with pytest.raises(PermissionDenied):
        copies.unschedule(copy, author)


# -- On time ----------------------------------------------------------------------------------------

TEN = datetime.datetime(2026, 3, 3, 2, 0, tzinfo=datetime.UTC)  # 10:00 in Beijing
PLACES = [
    "/articles/on-ports/",
    "/research/",
    "/news/section/",
    "/topics/topic/",
    "/feeds/rss/",
    "/feeds/topic/topic/atom/",
    "/search/?q=ports",
    "/",
    "/experts/",  # by its menu alone
]


@pytest.mark.parametrize("path", PLACES)
def test_by_the_clock_alone_absent_first_second_absent(client, path):
    with time_machine.travel(TEN - HOUR, tick=False):
        text = live(
            slug="on-ports", title="First words on ports", publish_at=TEN, expire_at=TEN + 2 * HOUR,
            topics=[TopicFactory(slug="topic")], sections=[NewsSectionFactory(slug="section")],
        )  # fmt: skip
        publish_copy(retitled(text, "Second words on ports"), at=TEN + HOUR)
    found = []
    for moment in (-datetime.timedelta(minutes=1), datetime.timedelta(0), HOUR, 2 * HOUR):
        with time_machine.travel(TEN + moment, tick=False):
            response = client.get(path)
            page = response.content.decode() if response.status_code == 200 else ""
            found.append(("First words" in page, "Second words" in page))
    assert found == [(False, False), (True, False), (False, True), (False, False)]


def test_by_the_clock_alone_in_the_sitemap(client):
    with time_machine.travel(TEN - HOUR, tick=False):
        text = live(slug="first", publish_at=TEN, expire_at=TEN + 2 * HOUR)
        publish_copy(retitled(text, "Second", slug="second"), at=TEN + HOUR)
    found = []
    for moment in (-datetime.timedelta(minutes=1), datetime.timedelta(0), HOUR, 2 * HOUR):
        with time_machine.travel(TEN + moment, tick=False):
            page = client.get("/sitemap-articles.xml").content.decode()
            found.append([slug for slug in ("first", "second") if f"/articles/{slug}/" in page])
    assert found == [[], ["first"], ["second"], []]


def test_the_next_change_is_the_hour_of_a_scheduled_correction():
    with time_machine.travel(TEN, tick=False):
        text = live(publish_at=TEN - HOUR)
        copy = open_copy(text)
        publish_copy(copy, at=TEN + HOUR)
        assert current_version().next_change == TEN + HOUR
        copies.unschedule(copy)
        assert current_version().next_change is None
        assert again(copy).state == State.DRAFT


def test_after_an_outage_corrections_are_published_in_due_order_and_dated_as_they_were_due():
    with time_machine.travel(TEN, tick=False):
        one, two = live(publish_at=TEN - HOUR), live(publish_at=TEN - HOUR)
        publish_copy(retitled(two, "Two"), at=TEN + 2 * HOUR)
        publish_copy(retitled(one, "One"), at=TEN + HOUR, note="One was wrong.")
    with time_machine.travel(TEN + 48 * HOUR, tick=False):
        current_version()
        assert (again(one).title, again(two).title) == ("One", "Two")
        assert again(one).modified_at == TEN + HOUR
        assert snapshots_of(one).first().pk < snapshots_of(two).first().pk
        assert current_version().next_change is None


def test_who_scheduled_a_correction_stands_beside_it_in_the_history():
    editor = UserFactory(roles=["Editors"])
    text = live(authors=[ExpertFactory()])
    publish_copy(retitled(text, "Second"), editor, at=timezone.now() + HOUR)
    apply_due(timezone.now() + 2 * HOUR)
    assert snapshots_of(text).first().user == editor


def test_one_that_fails_says_why_is_not_tried_again_and_stops_no_other(client):
    with time_machine.travel(TEN, tick=False):
        poisoned, sound = live(publish_at=TEN - HOUR, title="Before"), live(publish_at=TEN - HOUR)
        bad = retitled(poisoned, "After", slug="taken")
        publish_copy(bad, at=TEN + HOUR)
        publish_copy(retitled(sound, "Sound"), at=TEN + 2 * HOUR)
        ArticleFactory(slug="taken")
    with time_machine.travel(TEN + 3 * HOUR, tick=False):
        assert client.get(sound.get_absolute_url()).content.decode().count("Sound") > 0
        assert (again(poisoned).title, again(sound).title) == ("Before", "Sound")
        assert "/articles/taken/" in again(bad).failure
        assert current_version().next_change is None
        assert apply_due() == (0, 0)


def test_an_error_of_any_kind_is_kept_beside_its_correction(monkeypatch):
    text = live(title="Before")
    copy = retitled(text, "After")
    publish_copy(copy, at=timezone.now() + HOUR)
    monkeypatch.setattr(copies, "write", lambda *args: 1 / 0)
    assert apply_due(timezone.now() + 2 * HOUR) == (0, 1)
    assert again(copy).failure == "ZeroDivisionError('division by zero')"
    monkeypatch.undo()
    assert apply_due(timezone.now() + 2 * HOUR) == (0, 0)
    publish_copy(copy)
    assert again(text).title == "After"


def test_a_correction_of_a_text_that_moved_on_fails_when_due():
    text = live(title="First")
    copy = retitled(text, "From the copy")
    publish_copy(copy, at=timezone.now() + HOUR)
    text.title = "Meanwhile"
    text.save()
    workflow.record(text, user=None, action="save")
    assert apply_due(timezone.now() + 2 * HOUR) == (0, 1)
    assert "moved on" in again(copy).failure
    assert again(text).title == "Meanwhile"


def test_a_correction_is_not_scheduled_past_the_texts_end():
    text = live(expire_at=timezone.now() + HOUR)
    with pytest.raises(ValidationError) as caught:
        publish_copy(open_copy(text), at=timezone.now() + 2 * HOUR)
    assert list(caught.value.message_dict) == ["publish_from"]


def test_tick_publishes_what_is_due_without_a_visitor(capsys):
    with time_machine.travel(TEN, tick=False):
        text = live(publish_at=TEN - HOUR)
        publish_copy(retitled(text, "Second"), at=TEN + HOUR)
        call_command("tick")
        assert again(text).title != "Second"
    with time_machine.travel(TEN + HOUR, tick=False):
        call_command("tick")
    assert again(text).title == "Second"
    assert "Corrections: 1 published, 0 failed." in capsys.readouterr().out


def test_looking_for_what_is_due_takes_a_query_a_kind(django_assert_num_queries):
    for _ in range(3):
        open_copy(live())
    with django_assert_num_queries(len(KINDS)):
        apply_due()


# -- What readers are told --------------------------------------------------------------------------


def test_a_minor_correction_shows_nothing(client):
    text = live(title="First")
    publish_copy(retitled(text, "Second"), note="  ")
    text = again(text)
    assert (text.modified_at, text.corrections, text.modified_for_readers) == (None, [], text.publish_at)
    page = client.get(text.get_absolute_url()).content.decode()
    assert "Second" in page
    assert 'class="corrections"' not in page
    assert "CorrectionComment" not in page


def test_a_note_stands_dated_on_the_page_in_the_data_and_in_the_feed(client):
    text = live()
    with time_machine.travel(timezone.now() + HOUR, tick=False):
        publish_copy(retitled(text, "Second"), note="The year was <wrong>.")
        first = timezone.now()
    with time_machine.travel(first + 24 * HOUR, tick=False):
        publish_copy(retitled(text, "Third"), note="So was the month.")
        last = timezone.now()
        page = client.get(text.get_absolute_url()).content.decode()
        assert page.index("So was the month.") < page.index("The year was &lt;wrong&gt;.")
        assert f'<time datetime="{timezone.localdate(first).isoformat()}">' in page
        assert f'"dateModified":"{last.isoformat()}"' in page
        assert page.count('"@type":"CorrectionComment"') == 2
        feed = client.get("/feeds/atom/").content.decode()
        assert f"<updated>{last.isoformat()}</updated><author>" in feed


@pytest.mark.parametrize("factory", [PublicationFactory, PageFactory, ExpertFactory])
def test_every_kind_of_page_shows_its_notes(client, factory):
    text = live(factory)
    publish_copy(open_copy(text), note="A sample note.")
    assert "A sample note." in client.get(text.get_absolute_url()).content.decode()


# -- At once, and cut off ---------------------------------------------------------------------------


def test_copies_opened_at_once_are_one_copy(at_once):
    text = live()
    assert len(set(at_once(6, lambda: open_copy(text).pk))) == 1
    assert Article.versions.filter(corrects=text).count() == 1


def test_of_two_who_publish_at_once_one_is_told_clearly(at_once):
    text = live(title="First")
    copy = retitled(text, "Second")

    def publish():
        try:
            publish_copy(copy)
        except ValidationError as error:
            return error.messages
        return "published"

    results = at_once(4, publish)
    assert results.count("published") == 1
    assert [r for r in results if r != "published"] == [
        ["This working copy is closed: it was published or discarded meanwhile."]
    ] * 3
    assert snapshots_of(text).filter(action="correct").count() == 1


def test_visitors_who_find_a_correction_due_at_once_publish_it_once(at_once):
    text = live()
    publish_copy(retitled(text, "Second"), at=timezone.now() + HOUR)
    results = at_once(4, lambda: apply_due(timezone.now() + 2 * HOUR))
    assert sum(r.published for r in results) == 1
    assert sum(r.failed for r in results) == 0
    assert (again(text).title, again(text).version) == ("Second", 2)


class CutOff(BaseException):
    """As a killed worker: no handler of ours catches it."""


def test_cut_off_at_any_statement_the_text_is_the_old_or_the_new_one_whole(at_once):
    text = live(PublicationFactory)
    fill(text, 0)
    workflow.record(text, user=None, action="save")
    copy = fill(open_copy(text), 1)
    old, new, number = contents(text), contents(copy), ContentVersion.objects.get().number
    statement = 0
    while True:
        left = [statement]

        def cut(execute, sql, params, many, context, left=left):
            if left[0] == 0:
                raise CutOff
            left[0] -= 1
            return execute(sql, params, many, context)

        try:
            with connection.execute_wrapper(cut):
                publish_copy(copy)
        except CutOff:
            connection.close()  # as the database sees it, whose client is gone
            assert contents(text) == old
            assert again(copy).trashed_at is None
            assert ContentVersion.objects.get().number == number
            statement += 1
        else:
            break
    assert statement > 20
    assert contents(text) == new
