"""Every list's rows and counts are what asking all texts would give, however written, at any hour."""

import datetime
import random
from collections import Counter
from contextlib import suppress

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.db.migrations import Migration, operations
from django.db.models import Index, IntegerField
from django.utils import timezone
from taggit.models import Tag

from articles.models import Article, ArticleTopic, Byline, NewsSection
from charhar.publishing import apps as publishing
from charhar.publishing import copies, shelf, standing
from charhar.publishing.list_models import ListCount, ListRow, ListTouch
from charhar.publishing.shelf import Shelf
from charhar.publishing.version import current_version
from charhar.taxonomy.models import Region, Topic
from experts.models import Expert
from publications.models import Contributor, Publication, Series
from tests.factories import (
    ArticleFactory,
    ExpertFactory,
    NewsSectionFactory,
    PublicationFactory,
    RegionFactory,
    SeriesFactory,
    TopicFactory,
)

NOON = datetime.datetime(2026, 3, 3, 4, 0, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
ROWS = {"article": Article.objects.published, "publication": Publication.objects.published}


def by_hand(language):
    """Each list with its texts in order, by asking every text."""
    articles = Article.objects.for_readers_in(language)
    books = Publication.objects.for_readers_in(language)
    lists = {
        ("research", 0, ""): [*articles.research(), *books],
        ("news", 0, ""): [*articles.filter(sections__isnull=False).distinct()],
        ("catalogue", 0, ""): [*books],
    }
    for model, under in ((Topic, "topic"), (Region, "region"), (NewsSection, "section")):
        for subject in model.objects.all():
            lists[under, subject.pk, ""] = [*articles.about(subject, language)]
    for tag in Tag.objects.all():
        lists["tag", tag.pk, ""] = [*articles.filter(tags=tag)]
    for series in Series.objects.all():
        lists["series", series.pk, ""] = [*books.filter(series=series)]
    for topic in Topic.objects.all():
        lists["topic-books", topic.pk, ""] = [*books.filter(topics=topic)]
    for expert in Expert.objects.all():
        written = articles.filter(bylines__expert=expert).distinct()
        edited = books.filter(contributors__expert=expert).distinct()
        lists["expert", expert.pk, ""] = [*written, *edited]
        lists["expert", expert.pk, "news"] = [*written.filter(kind="news")]
        lists["expert", expert.pk, "media"] = [*written.filter(outlet__isnull=False)]
    return {key: sorted(texts, key=shelf.newness, reverse=True) for key, texts in lists.items()}


def differences():
    """What pages, counts and years say otherwise than by hand."""
    current_version()
    wrong = []
    for language in ("en", "zh-hans"):
        for (under, subject, kind), texts in by_hand(language).items():
            kept = Shelf(under, subject, language, ROWS, kind=kind)
            years = Counter(text.date.year if text.date else None for text in texts)
            pages = [text for start in range(0, len(texts) + 3, 3) for text in kept[start : start + 3]]
            if (kept.per_year(), pages) != (years, texts):
                wrong.append((language, under, subject, kind, years, kept.per_year(), texts, pages))
            for year in filter(None, years):
                if kept.in_year(year)[0:99] != [
                    text for text in texts if text.date and text.date.year == year
                ]:
                    wrong.append((language, under, subject, kind, year))
    return wrong


class House:
    """Writes at random, in every way that the site and its staff have."""

    def __init__(self, seed):
        self.chance, self.number = random.Random(seed), 0
        self.topics, self.regions = TopicFactory.create_batch(2), RegionFactory.create_batch(2)
        self.sections, self.series = NewsSectionFactory.create_batch(2), SeriesFactory.create_batch(2)
        self.experts = ExpertFactory.create_batch(2)

    def some(self, rows):
        return self.chance.sample(rows, self.chance.randint(0, len(rows)))

    def life(self):
        now, chance = timezone.now(), self.chance
        state = chance.choice(["published"] * 4 + ["draft", "withdrawn"])
        begins = now + chance.choice([-2, -1, -1, 1]) * DAY if state != "draft" else None
        ends = begins and chance.choice([None, None, begins + DAY, begins + 2 * DAY])
        withdrawn = now if state == "withdrawn" else None
        trashed = chance.choice([None] * 5 + [now])
        moments = {"publish_at": begins, "expire_at": ends, "withdrawn_at": withdrawn, "trashed_at": trashed}
        return {"state": state, **moments}

    def content(self):
        chance = self.chance
        year = chance.choice([1999, 2021, 2022, 2023])
        return {
            "date": chance.choice([None, *(datetime.date(year, month, 1) for month in (1, 2, 2, 12))]),
            "language": chance.choice(["en", "zh-hans"]),
        }

    def any(self, model=Article):
        return self.chance.choice([*model.versions.order_by("pk"), None])

    def add(self):
        self.number += 1
        kind = self.chance.choice(["news", "commentary", "research"])
        article = ArticleFactory(
            slug=f"text-{self.number}", kind=kind, **self.life(), **self.content(),
            authors=self.some(self.experts), topics=self.some(self.topics), regions=self.some(self.regions),
            sections=self.some(self.sections),
        )  # fmt: skip
        article.tags.add(*self.some(["peace", "ports"]))

    def add_book(self):
        self.number += 1
        series = self.chance.choice(self.series)
        book = PublicationFactory(slug=f"book-{self.number}", series=series, **self.life(), **self.content())
        book.topics.set(self.some(self.topics))
        for expert in self.some(self.experts * 2):  # one may be author and editor
            Contributor.objects.create(publication=book, expert=expert)

    def translate(self):
        original = self.any()
        if original and not original.translation_of_id and not original.corrects_id:
            other = "en" if original.language == "zh-hans" else "zh-hans"
            ArticleFactory(
                slug=original.slug, translation_of=original, date=original.date, language=other,
                topics=self.topics, **self.life(),
            )  # fmt: skip

    def untie(self):
        Article.versions.filter(pk__in=[a.pk for a in self.some([*Article.versions.all()])]).update(
            translation_of=None
        )

    def rewrite(self):
        if text := self.any(self.chance.choice([Article, Publication])):
            for name, value in (self.life() | self.content()).items():
                setattr(text, name, value)
            text.save()

    def update(self):
        Article.versions.filter(pk__in=[a.pk for a in self.some([*Article.versions.all()])][:3]).update(
            **self.life(), kind=self.chance.choice(["news", "research"])
        )

    def refile(self):
        if text := self.any():
            text.topics.set(self.some(self.topics), through_defaults=text.filing_defaults())
            text.sections.set(self.some(self.sections), through_defaults=text.filing_defaults())
            text.tags.set(self.some(["peace", "ports"]))

    def sign(self):
        if text := self.any():
            expert = self.chance.choice(self.experts)
            Byline.objects.bulk_create(Byline(article=text, expert=expert, name="N") for _ in range(2))
            Byline.objects.filter(article=text)[:1].get().delete()
            Byline.objects.filter(expert=self.experts[0]).update(expert=self.experts[1])

    def correct(self):
        live = self.any()
        if live and live.is_published and not live.working_copies.exists():
            copy = copies.open_copy(live, None)
            copy.topics.set(self.some(self.topics), through_defaults=copy.filing_defaults())
            Article.versions.filter(pk=copy.pk).update(kind="interview", date=datetime.date(2020, 5, 5))
            if self.chance.random() < 0.7:
                copies.publish_copy(Article.versions.get(pk=copy.pk))

    def delete(self):
        for model in (Article, Publication):
            if self.chance.random() < 0.3 and (text := self.any(model)):
                model.versions.filter(pk=text.pk).delete()

    def undo(self):
        with transaction.atomic():
            self.add()
            current_version()
            transaction.set_rollback(True)

    def sql(self):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE articles_article SET kind = 'news' WHERE id % 3 = 0")
            cursor.execute("DELETE FROM articles_articletopic WHERE id % 5 = 0")

    WAYS = (
        add, add, add, add_book, translate, translate, untie, rewrite, rewrite, update, refile, sign, correct,
        delete, undo, sql,
    )  # fmt: skip


def walk(seed, steps, clock):
    house = House(seed)
    for _step in range(steps):
        way = house.chance.choice(house.WAYS)
        with suppress(IntegrityError), transaction.atomic():  # a constraint that the chance knows nothing of
            way(house)
        if house.chance.random() < 0.3:
            clock.shift(house.chance.choice([0.5, 1, 1, 3]) * DAY)
        if house.chance.random() < 0.4:
            assert differences() == [], (seed, way.__name__)
    assert differences() == [], seed
    return house


def kept_now():
    """All rows and counts."""
    counts = ListCount.objects.exclude(number=0)
    return (
        sorted(ListRow.objects.values_list(*standing.Place._fields)),
        sorted(counts.values_list("under", "subject", "edition", "period", "number")),
    )


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 8))])
def test_lists_are_what_asking_every_text_would_give(seed, monkeypatch):
    monkeypatch.setattr(shelf, "NEAR", 1)  # every page is a far one
    with time_machine.travel(NOON, tick=False) as clock:
        walk(seed, 30, clock)
        assert seed > 1 or ListRow.objects.count() == 10
        assert ListTouch.objects.count() == 0
        kept = kept_now()
        standing.recount(timezone.now())
        assert kept == kept_now()


@pytest.mark.django_db
def test_a_step_back_of_the_clock_takes_out_what_it_has_let_in():
    with time_machine.travel(NOON, tick=False) as clock:
        ArticleFactory(publish_at=NOON + DAY)
        current_version()
        clock.shift(2 * DAY)
        assert (differences(), ListRow.objects.count()) == ([], 1)
        clock.shift(-2 * DAY)
        TopicFactory()
        assert (differences(), ListRow.objects.count()) == ([], 0)


@pytest.mark.django_db(transaction=True)
def test_twenty_who_file_and_publish_at_once_are_counted_once_each(at_once):
    topic, article = TopicFactory(), ArticleFactory()
    others = TopicFactory.create_batch(20)
    waiting = list(range(20))

    def file():
        number = waiting.pop()
        ArticleFactory(slug=f"one-{number}", topics=[topic])
        ArticleTopic.objects.create(article=article, subject=others[number])

    at_once(20, file)
    assert differences() == []
    assert Shelf("topic", topic.pk, "en", ROWS).per_year() == {2022: 20}


@pytest.mark.django_db
def test_where_a_far_page_begins_follows_from_the_counts(django_assert_num_queries):
    topic = TopicFactory()
    for month in range(1, 11):
        day = datetime.date(2021, month, 9)
        texts = Article.objects.bulk_create(
            Article(title=f"{month} {n}", slug=f"{month}-{n}", state="published", publish_at=NOON, date=day)
            for n in range(40)
        )
        ArticleTopic.objects.bulk_create(
            ArticleTopic(article=text, subject=topic, language="en", date=day) for text in texts
        )
    current_version()
    kept = Shelf("topic", topic.pk, "en", {"article": Article.objects.published})
    newest = list(Article.objects.about(topic, "en").values_list("pk", flat=True))
    kept.per_year()
    with django_assert_num_queries(2):
        assert [text.pk for text in kept[370:390]] == newest[370:390]


@pytest.mark.django_db
def test_a_page_of_a_list_and_a_feed_are_read_from_an_index_alone():
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL reads tables as small as these instead")
    rows = shelf.rows_under("topic", 1, "en")
    orders = {"listrow_newest_first": shelf.ORDER, "listrow_last_published": ("-publish_at", "-text")}
    for index, order in orders.items():
        plan = rows.order_by(*order).values("what", "text")[40:60].explain()
        assert f"COVERING INDEX {index} " in plan
        assert "TEMP B-TREE" not in plan


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("app", "operation", "counted"),
    [
        ("articles", operations.AddIndex("article", Index(fields=["kind"], name="some")), False),
        ("articles", operations.AddField("Article", "subtitle", IntegerField()), False),
        ("articles", operations.AlterField("article", "outlet", IntegerField()), True),
        ("articles", operations.RemoveField("articletopic", "date"), True),
        ("taxonomy", operations.AddField("topic", "date", IntegerField()), False),
        ("outreach", operations.RunPython(print), True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, operations.base.Operation) else str(value),
)
def test_a_migration_counts_anew_only_what_it_may_have_moved(monkeypatch, app, operation, counted):
    happened = []
    monkeypatch.setattr(standing, "recount", happened.append)
    migration = Migration("some", app)
    migration.operations = [operation]
    publishing.pause_watch(plan=[(migration, False)])
    assert not standing.is_watched()
    publishing.resume_watch()
    assert (len(happened), standing.is_watched()) == (counted, True)


@pytest.mark.django_db
def test_other_rules_count_everything_anew(monkeypatch):
    happened = []
    monkeypatch.setattr(standing, "recount", happened.append)
    monkeypatch.setattr(standing, "_rules", lambda: "other")
    publishing.pause_watch()
    publishing.resume_watch()
    assert (len(happened), standing.is_watched()) == (1, True)
    assert len(standing._there()) == 3 * len(list(standing.watched_tables()))
