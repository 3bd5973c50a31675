"""State changes: which are possible, who may make them, what they leave behind."""

import datetime
from contextlib import suppress

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import CASCADE

from articles.models import Article
from charhar.publishing import workflow
from charhar.publishing.history import serialise, snapshots_of
from charhar.publishing.models import Snapshot, State
from charhar.search.models import SearchEntry
from tests.factories import (
    ArticleFactory,
    ExpertFactory,
    PageFactory,
    PublicationFactory,
    TopicFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
NOON = datetime.datetime(2026, 3, 3, 4, 0, tzinfo=datetime.UTC)  # 12:00 in Beijing
MOVES = {
    "submit": lambda text: workflow.submit(text),
    "send_back": lambda text: workflow.send_back(text),
    "publish": lambda text: workflow.publish(text),
    "withdraw": lambda text: workflow.withdraw(text, reason="An error of fact."),
    "reopen": lambda text: workflow.reopen(text),
}
# state → what each possible move leads to; every other move is refused
POSSIBLE = {
    "draft": {"submit": "review", "publish": "published"},
    "review": {"send_back": "draft", "publish": "published"},
    "scheduled": {"publish": "published", "withdraw": "draft"},
    "published": {"publish": "published", "withdraw": "withdrawn"},
    "withdrawn": {"publish": "published", "reopen": "draft"},
}


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("state", POSSIBLE)
@pytest.mark.parametrize("factory", [ArticleFactory, PublicationFactory, ExpertFactory, PageFactory])
def test_the_table_of_transitions_is_all_that_is_possible(factory, state, move):
    text = factory(**({} if state == "published" else {state: True}))
    before = text.state
    if move in POSSIBLE[state]:
        MOVES[move](text)
        assert type(text).objects.get(pk=text.pk).state == POSSIBLE[state][move]
        assert [s.action for s in snapshots_of(text)] == [move]
    else:
        with pytest.raises(ValidationError):
            MOVES[move](text)
        assert type(text).objects.get(pk=text.pk).state == before
        assert not Snapshot.objects.exists()


@pytest.mark.parametrize("move", MOVES)
def test_without_a_grant_nothing_moves(move):
    outsider = UserFactory()
    for state in POSSIBLE:
        text = ArticleFactory(**({} if state == "published" else {state: True}))
        calls = {
            "submit": lambda t: workflow.submit(t, outsider),
            "send_back": lambda t: workflow.send_back(t, outsider),
            "publish": lambda t: workflow.publish(t, outsider),
            "withdraw": lambda t: workflow.withdraw(t, outsider, "Because."),
            "reopen": lambda t: workflow.reopen(t, outsider),
        }
        with pytest.raises(PermissionDenied):
            calls[move](text)
    assert not Snapshot.objects.exists()


def test_nothing_moves_in_the_trash():
    for move in MOVES.values():
        with pytest.raises(ValidationError):
            move(ArticleFactory(draft=True, trashed=True))


def test_publishing_shows_the_text_from_now_and_dates_it():
    with time_machine.travel(NOON, tick=False):
        text = ArticleFactory(draft=True, date=None)
        workflow.publish(text)
        text.refresh_from_db()
        assert (text.publish_at, text.date, text.is_published) == (NOON, datetime.date(2026, 3, 3), True)


def test_the_date_shown_is_the_day_in_beijing_and_follows_a_new_schedule():
    late = datetime.datetime(2027, 3, 2, 17, 0, tzinfo=datetime.UTC)  # 01:00 on the 3rd in Beijing
    with time_machine.travel(NOON, tick=False):
        text = ArticleFactory(draft=True, date=None)
        workflow.publish(text, at=late)
        assert (text.date, text.is_published, text.is_scheduled) == (datetime.date(2027, 3, 3), False, True)
        workflow.publish(text, at=late + datetime.timedelta(days=2))
        assert Article.objects.get(pk=text.pk).date == datetime.date(2027, 3, 5)


def test_a_date_given_by_hand_stays():
    text = ArticleFactory(draft=True, date=datetime.date(2014, 3, 12))
    workflow.publish(text)
    assert Article.objects.get(pk=text.pk).date == datetime.date(2014, 3, 12)


def test_publishing_again_keeps_the_first_moment():
    text = ArticleFactory()
    first = text.publish_at
    workflow.withdraw(text, reason="An error of fact.")
    workflow.publish(text)
    text.refresh_from_db()
    assert (text.publish_at, text.withdrawn_at, text.withdrawal_reason) == (first, None, "")


def test_a_public_text_can_not_be_given_a_later_date():
    text = ArticleFactory()
    with pytest.raises(ValidationError):
        workflow.publish(text, at=text.publish_at + datetime.timedelta(days=30))


def test_a_text_can_not_expire_before_it_appears():
    text = ArticleFactory(draft=True, expire_at=NOON)
    with pytest.raises(ValidationError) as caught:
        workflow.publish(text, at=NOON)
    assert list(caught.value.message_dict) == ["expire_at"]


def test_withdrawing_a_public_text_needs_a_reason():
    text = ArticleFactory()
    with pytest.raises(ValidationError):
        workflow.withdraw(text, reason="  ")
    assert Article.objects.get(pk=text.pk).state == State.PUBLISHED


def test_a_public_text_can_not_go_to_the_trash():
    text = ArticleFactory()
    with pytest.raises(ValidationError):
        workflow.trash(text)
    assert Article.objects.filter(pk=text.pk).exists()


def test_the_trash_gives_back_what_it_took():
    text = ArticleFactory(draft=True)
    workflow.trash(text)
    assert not Article.objects.filter(pk=text.pk).exists()
    workflow.untrash(Article.versions.get(pk=text.pk))
    assert Article.objects.get(pk=text.pk).state == State.DRAFT


def test_what_comes_back_from_the_trash_never_appears_by_itself():
    text = ArticleFactory(scheduled=True)
    workflow.trash(text)
    with time_machine.travel(text.publish_at or NOON + datetime.timedelta(days=36500)):
        workflow.untrash(text)
        assert Article.objects.get(pk=text.pk).state == State.DRAFT
        assert not Article.objects.get(pk=text.pk).is_published


def test_a_snapshot_holds_everything_that_is_content():
    topic, expert = TopicFactory(), ExpertFactory(display_name_en="PAN Sample", title_en="Adjunct Fellow")
    text = ArticleFactory(draft=True, title="On port towns", topics=[topic], authors=[expert])
    text.tags.add("ports", "diplomacy")
    workflow.record(text, user=None, action="save")
    snapshot = Snapshot.objects.get()
    assert (snapshot.version, snapshot.action, snapshot.schema) == (1, "save", 1)
    assert snapshot.data["fields"]["title"] == "On port towns"
    assert snapshot.data["relations"]["topics"] == [topic.pk]
    assert snapshot.data["tags"] == ["diplomacy", "ports"]
    assert [(b["name"], b["role"], b["expert_id"]) for b in snapshot.data["inlines"]["bylines"]] == [
        ("PAN Sample", "Adjunct Fellow", expert.pk)
    ]
    assert not {"state", "publish_at", "version"} & set(snapshot.data["fields"])


def test_no_relation_that_belongs_to_a_text_is_missing_from_its_history():
    filings = {"topic_rows", "region_rows", "section_rows"}  # kept as relations
    beside = {"imported_from", "home_slots", "newsletter_items"}  # about the text, not of it
    for factory in (ArticleFactory, PublicationFactory, ExpertFactory, PageFactory):
        text = factory()
        owned = {
            relation.get_accessor_name()
            for relation in text._meta.related_objects
            if relation.on_delete is CASCADE and relation.related_model is not type(text)
        }
        through = {
            r.get_accessor_name() for r in text._meta.related_objects if r.related_model._meta.auto_created
        }
        assert owned - filings - beside - through - set(text.CONTENT_INLINES) == set(), factory
        data = serialise(text)
        columns = {f.attname for f in text._meta.concrete_fields if f.name not in text.LIFE_FIELDS}
        assert set(data["fields"]) == columns
        assert set(data["relations"]) == {f.name for f in text._meta.many_to_many if f.name != "tags"}


def test_deleting_an_expert_leaves_name_and_role_on_the_byline():
    expert = ExpertFactory(display_name_en="PAN Sample", title_en="Adjunct Fellow")
    text = ArticleFactory(authors=[expert])
    expert.title_en = "Senior Fellow"
    expert.save()
    expert.delete()
    byline = text.bylines.get()
    assert (byline.name, byline.role, byline.expert) == ("PAN Sample", "Adjunct Fellow", None)


class TestSomebodyElseWasFaster:
    """Two people have the same text open; the second one's copy of it is out of date."""

    def test_what_is_public_by_now_is_not_put_off(self):
        text = ArticleFactory(draft=True)
        stale = Article.objects.get(pk=text.pk)
        workflow.publish(text)
        with pytest.raises(ValidationError):
            workflow.publish(stale, at=NOON + datetime.timedelta(days=36500))
        assert Article.objects.get(pk=text.pk).is_published

    def test_what_is_public_by_now_is_not_withdrawn_without_a_reason(self):
        text = ArticleFactory(draft=True)
        stale = Article.objects.get(pk=text.pk)
        workflow.publish(text)
        with pytest.raises(ValidationError):
            workflow.withdraw(stale)
        assert Article.objects.get(pk=text.pk).is_published

    def test_what_is_public_by_now_does_not_go_to_the_trash(self):
        text = ArticleFactory(draft=True)
        stale = Article.objects.get(pk=text.pk)
        workflow.publish(text)
        with pytest.raises(ValidationError):
            workflow.trash(stale)
        assert Article.objects.get(pk=text.pk).is_published

    def test_an_author_does_not_trash_what_was_withdrawn_by_now(self):
        author = UserFactory(roles=["Authors"])
        text = ArticleFactory(draft=True, created_by=author)
        stale = Article.objects.get(pk=text.pk)
        workflow.publish(text)
        workflow.withdraw(text, reason="An error of fact.")
        with pytest.raises(PermissionDenied):
            workflow.trash(stale, author)
        assert Article.objects.filter(pk=text.pk).exists()

    @pytest.mark.parametrize("move", [workflow.submit, workflow.publish, workflow.trash])
    def test_the_snapshot_holds_the_text_as_it_stands_and_not_as_it_was_read(self, move):
        text = ArticleFactory(draft=True, title="First title")
        stale = Article.objects.prefetch_related("topics", "bylines").get(pk=text.pk)
        text.title = "Second title"
        text.save()
        move(stale)
        assert snapshots_of(text).first().data["fields"]["title"] == "Second title"
        assert SearchEntry.objects.get(object_id=text.pk).title == "Second title"

    def test_the_trash_twice_is_as_once(self):
        text = ArticleFactory(draft=True)
        stale = Article.objects.get(pk=text.pk)
        workflow.trash(text)
        workflow.trash(stale)
        assert [s.action for s in snapshots_of(text)] == ["trash"]
        workflow.untrash(text)
        workflow.untrash(stale)
        assert [s.action for s in snapshots_of(text)] == ["untrash", "trash"]


def test_of_two_who_publish_and_schedule_at_the_same_moment_nobody_takes_a_public_text_back(at_once):
    text = ArticleFactory(draft=True)
    later = iter([None, datetime.datetime(2126, 3, 3, 4, 0, tzinfo=datetime.UTC)] * 3)

    def publish():
        with suppress(ValidationError):
            workflow.publish(Article.objects.get(pk=text.pk), at=next(later))

    at_once(6, publish)
    assert Article.objects.get(pk=text.pk).is_published
    versions = [s.version for s in snapshots_of(text)]
    assert versions == sorted(set(versions), reverse=True)
