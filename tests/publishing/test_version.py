"""The content version rises with every write that a public page could show, and with the clock."""

import datetime
import threading
import time
from contextlib import suppress

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.db import Error, connection, transaction
from django.utils import timezone

from articles.models import Article, ArticleTopic
from charhar.library.models import Image
from charhar.pages.models import SiteSettings
from charhar.publishing import workflow
from charhar.publishing.models import ContentVersion, State
from charhar.publishing.version import content_tables, current_version
from charhar.taxonomy.models import Topic
from experts.models import Expert
from tests.factories import ArticleFactory, ExpertFactory, ImageFactory, TopicFactory

NOON = datetime.datetime(2026, 3, 3, 4, 0, tzinfo=datetime.UTC)


def number():
    return ContentVersion.objects.values_list("number", flat=True).get()


@pytest.mark.django_db(transaction=True)
class TestCommittedWrites:
    def test_each_way_to_write_raises_it(self):
        topic, article = TopicFactory(), ArticleFactory()
        writes = {
            "save": lambda: topic.save(),
            "update": lambda: Topic.objects.update(hidden=True),
            "bulk_update": lambda: Topic.objects.bulk_update([topic], ["position"]),
            "bulk_create": lambda: Topic.objects.bulk_create([Topic(name_en="Bulk", slug="bulk")]),
            "many-to-many": lambda: ArticleTopic.objects.create(article=article, subject=topic),
            "tags": lambda: article.tags.add("port towns"),
            "an expert": lambda: ExpertFactory(),
            "an image": lambda: ImageFactory(),
            "the settings": lambda: SiteSettings(pk=1).save(),
            "delete": lambda: Topic.objects.filter(slug="bulk").delete(),
            "update of an image": lambda: Image.objects.update(credit="Illustration: Sample"),
        }
        unraised = []
        for name, write in writes.items():
            before = number()
            write()
            if number() <= before:
                unraised.append(name)
        assert unraised == []

    def test_a_transaction_raises_it_once(self):
        before = number()
        with transaction.atomic():
            TopicFactory()
            TopicFactory()
            Topic.objects.update(hidden=True)
        assert number() == before + 1

    def test_a_rolled_back_transaction_does_not_raise_it(self):
        before = number()
        with transaction.atomic():
            TopicFactory()
            transaction.set_rollback(True)
        assert number() == before
        with transaction.atomic():
            get_user_model().objects.create(username="somebody")
        assert number() == before

    def test_it_is_the_last_statement_of_the_transaction(self):
        connection.force_debug_cursor = True
        try:
            connection.queries_log.clear()
            with transaction.atomic():
                TopicFactory()
            statements = [entry["sql"] for entry in connection.queries_log]
        finally:
            connection.force_debug_cursor = False
        assert statements[-1] == "COMMIT"
        assert statements[-2].startswith("UPDATE publishing_contentversion")

    def test_rows_that_no_page_shows_do_not_raise_it(self):
        before = number()
        get_user_model().objects.create(username="somebody")
        assert number() == before

    def test_primary_keys_come_back_from_single_and_bulk_inserts(self):
        assert Topic.objects.create(name_en="One", slug="one").pk
        assert all(
            t.pk for t in Topic.objects.bulk_create([Topic(name_en=n, slug=n) for n in ("two", "three")])
        )


@pytest.mark.django_db
class TestClock:
    def test_the_next_change_is_the_earliest_coming_moment(self):
        with time_machine.travel(NOON, tick=False):
            ArticleFactory(publish_at=NOON + datetime.timedelta(hours=3))
            ExpertFactory(
                publish_at=NOON - datetime.timedelta(hours=1), expire_at=NOON + datetime.timedelta(hours=2)
            )
            ArticleFactory(draft=True, expire_at=NOON + datetime.timedelta(minutes=1))
            ArticleFactory(publish_at=NOON + datetime.timedelta(hours=1), trashed=True)
            assert current_version().next_change == NOON + datetime.timedelta(hours=2)

    def test_it_rises_when_the_clock_passes_the_next_change(self):
        with time_machine.travel(NOON, tick=False):
            ArticleFactory(publish_at=NOON + datetime.timedelta(hours=1))
            before = current_version()
            assert current_version() == before
        with time_machine.travel(NOON + datetime.timedelta(hours=1), tick=False):
            after = current_version()
            assert (after.number, after.next_change) == (before.number + 1, None)
            assert current_version() == after

    def test_it_costs_one_query(self, django_assert_num_queries):
        current_version()
        with django_assert_num_queries(1):
            current_version()

    def test_within_a_transaction_own_writes_count(self):
        before = current_version().number
        TopicFactory()
        assert current_version().number == before + 1


def test_the_tables_watched_are_those_of_content():
    tables = content_tables()
    assert {Article._meta.db_table, Expert.groups.through._meta.db_table, "taggit_taggeditem"} <= tables
    assert not {"auth_user", "django_session", "publishing_snapshot", "contacts_person"} & tables


@pytest.mark.django_db
def test_published_texts_are_the_same_to_the_database_and_to_the_instance():
    day = datetime.timedelta(days=1)
    with time_machine.travel(NOON, tick=False):
        for state in State:
            for publish_at in (None, NOON - day, NOON, NOON + day):
                for expire_at in (None, NOON - day / 2, NOON, NOON + 2 * day):
                    for trashed_at in (None, NOON):
                        if state == State.PUBLISHED and publish_at is None:
                            continue
                        if publish_at and expire_at and expire_at <= publish_at:
                            continue
                        ArticleFactory(
                            state=state,
                            publish_at=publish_at,
                            expire_at=expire_at,
                            trashed_at=trashed_at,
                            withdrawn_at=NOON if state == State.WITHDRAWN else None,
                        )
        live = ArticleFactory(publish_at=NOON)
        ArticleFactory(publish_at=NOON, corrects=live, based_on=1)
        everything = list(Article.versions.all())
        assert len(everything) > 80
        published = set(Article.versions.published().values_list("pk", flat=True))
        assert published == {text.pk for text in everything if text.is_published}
        assert published == set(Article.objects.published().values_list("pk", flat=True))
        assert timezone.now() == NOON
        # at 12:00: published at 11:59 the day before or at 12:00 sharp, not expired; and the live one
        assert len(published) == 5


def test_a_schedule_is_not_forgotten_when_two_writers_commit_together(at_once):
    article = ArticleFactory(draft=True)
    TopicFactory()
    soon = timezone.now() + datetime.timedelta(hours=1)
    roles, raised = iter(["schedule", "rename"]), threading.Event()

    def write():
        if next(roles) == "schedule":
            with transaction.atomic():
                workflow.publish(article, at=soon)
                connection.raise_content_version()
                raised.set()
                time.sleep(0.5)  # the other now waits for this one's row of the version
        else:
            raised.wait(10)
            Topic.objects.update(hidden=True)

    at_once(2, write)
    assert current_version().next_change == soon


@pytest.mark.django_db(transaction=True)
def test_a_version_raised_within_a_savepoint_that_is_rolled_back_is_raised_again():
    before = number()
    with transaction.atomic():
        TopicFactory()
        with suppress(ZeroDivisionError), transaction.atomic():
            assert current_version().number == before + 1
            raise ZeroDivisionError
    assert number() == before + 1


@pytest.mark.django_db(transaction=True)
def test_a_write_after_a_connection_was_lost_in_a_transaction_raises_it(at_once):
    with suppress(Error), transaction.atomic():
        TopicFactory()
        connection.close()
    before = number()
    Topic.objects.update(hidden=True)
    assert number() == before + 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE taxonomy_topic SET hidden = hidden",
        'UPDATE "taxonomy_topic" SET hidden = hidden',
        "-- a note\nUPDATE taxonomy_topic SET hidden = hidden",
        "/* a note */ DELETE FROM taxonomy_topic WHERE id < 0",
        "WITH gone AS (SELECT id FROM taxonomy_topic) UPDATE taxonomy_topic SET position = 1"
        " WHERE id IN (SELECT id FROM gone)",
        "INSERT INTO taggit_tag (name, slug) VALUES ('a', 'a') ON CONFLICT DO NOTHING",
        pytest.param(
            "REPLACE INTO taggit_tag (name, slug) VALUES ('a', 'a')",
            marks=pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own"),
        ),
        pytest.param(
            "INSERT OR REPLACE INTO taggit_tag (name, slug) VALUES ('a', 'a')",
            marks=pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own"),
        ),
        pytest.param(
            'UPDATE ONLY "public"."taxonomy_topic" SET hidden = hidden',
            marks=pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's own"),
        ),
        pytest.param(
            "TRUNCATE taxonomy_topic CASCADE",
            marks=pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's own"),
        ),
    ],
)
def test_statements_written_by_hand_raise_it(statement):
    before = number()
    with connection.cursor() as cursor:
        cursor.execute(statement)
    assert number() == before + 1


@pytest.mark.django_db(transaction=True)
def test_rows_that_a_statement_written_by_hand_returns_can_be_looped_over():
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO taggit_tag (name, slug) VALUES ('a', 'a'), ('b', 'b') RETURNING slug")
        assert [slug for (slug,) in cursor] == ["a", "b"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="psycopg's own")
def test_a_composed_statement_raises_it():
    from psycopg import sql

    before = number()
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("UPDATE {} SET hidden = hidden").format(sql.Identifier(Topic._meta.db_table)))
    assert number() == before + 1


def test_many_who_pass_the_next_change_at_once_raise_it_once(at_once):
    ContentVersion.objects.update(next_change=timezone.now() - datetime.timedelta(seconds=1))
    before = number()
    assert {version.number for version in at_once(8, current_version)} == {before + 1}
    assert number() == before + 1
