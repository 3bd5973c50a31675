"""Very many articles, to see how the site stands an archive of decades: samples, and plainly so.

Everything follows from an article's number; there is no chance in it, so that a load that was cut off goes on
where it ended. Rows are written past Django's models, as SQLite's ``executemany`` and PostgreSQL's ``COPY``
take them.
"""

import datetime
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from django.utils import timezone
from taggit.models import Tag

from articles.models import Article, ArticleRegion, ArticleSection, ArticleTopic, Byline, NewsSection, Outlet
from charhar.publishing.history import serialise
from charhar.publishing.languages import CHINESE, ENGLISH
from charhar.publishing.models import Address, Snapshot
from charhar.taxonomy.models import Region, Topic
from experts.models import Expert
from publications.models import Contributor, Publication, Series

from .stock import inline, read_texts, read_themes

MARK = "scale-"  # begins the address of everything that is made here
BATCH = 5_000
STOCK = 200
WORDS, CHARACTERS = 900, 1_500
YEARS = 30
ARTICLES_A_PUBLICATION = 100
TOPICS, REGIONS, SECTIONS, SERIES, OUTLETS, TAGS, EXPERTS = 8, 6, 4, 6, 20, 300, 200
TITLE, BODY = "@title@", "@body@"  # where these belong in a snapshot
KINDS = ["commentary"] * 8 + ["news"] * 5 + ["research"] * 4 + ["interview"] * 3


def mixed(number: int, what: int) -> int:
    """A number that looks like chance, for one choice about one article; the same each time."""
    mix = (number * 0x9E3779B97F4A7C15 + what * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    mix = ((mix ^ (mix >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    return (mix ^ (mix >> 27)) & 0x7FFFFFFF


def uneven(number: int, what: int, count: int) -> int:
    """One of ``count``, the first far more often than the last, as tags and authors are."""
    share = mixed(number, what) / 0x80000000
    return int(count * share * share)


def is_chinese(number: int) -> bool:
    """Every fourth; of these every second is the edition of the article before it."""
    return number % 4 == 3


@cache
def as_json(text: str) -> str:
    """A text as JSON; remembered, since the stock's bodies come again and again."""
    return json.dumps(text)


class Rows:
    """Rows of one model on their way to the database; what is not said is as an unsaved instance has it."""

    def __init__(self, instance: models.Model) -> None:
        self.model = type(instance)
        self.fields = self.model._meta.concrete_fields
        self.columns = [str(field.column) for field in self.fields]
        self.places = {field.attname: place for place, field in enumerate(self.fields)}
        self.usual = [self._stored(field, instance) for field in self.fields]
        self.rows: list[list[Any]] = []
        newest = self.model._base_manager.order_by("-pk").values_list("pk", flat=True).first()
        self.key = newest or 0

    @staticmethod
    def _stored(field: models.Field, instance: models.Model) -> Any:
        value = field.pre_save(instance, add=True)
        if isinstance(field, models.JSONField):
            return json.dumps(value, cls=DjangoJSONEncoder)
        return field.get_db_prep_save(value, connection)

    def add(self, **values: Any) -> int:
        """Keep one row, its values as the database stores them; its key."""
        self.key += 1
        row = self.usual.copy()
        row[0] = self.key
        for name, value in values.items():
            row[self.places[name]] = value
        self.rows.append(row)
        return self.key

    def write(self) -> None:
        """Hand over what was kept."""
        if not self.rows:
            return
        table = connection.ops.quote_name(self.model._meta.db_table)
        columns = ", ".join(map(connection.ops.quote_name, self.columns))
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:  # type: ignore[attr-defined]
                    for row in self.rows:
                        copy.write_row(row)
            else:
                marks = ", ".join(["%s"] * len(self.columns))
                cursor.executemany(
                    f"INSERT INTO {table} ({columns}) VALUES ({marks})",  # noqa: S608  names of our own models
                    self.rows,
                )
        self.rows.clear()


@cache
def bodies(language: str) -> list[tuple[str, str]]:
    """The stock: titles and bodies from the sample content's paragraphs, each in an order of its own."""
    if language == ENGLISH:
        themes = read_themes()
        titles = [article["title"] for theme in themes for article in theme.articles]
        paragraphs = [inline(text) for theme in themes for part in theme.parts for text in part.paragraphs]
        count, enough = STOCK * 3 // 4, WORDS
    else:
        texts = [*read_texts("chinese/editions"), *read_texts("chinese/originals")]
        titles = [text.fields["title"] for text in texts]
        paragraphs = [found for text in texts for found in re.findall(r"<p>(.*?)</p>", text.body)]
        count, enough = STOCK // 4, CHARACTERS
    made = []
    for number in range(count):
        body: list[str] = []
        length = 0
        while length < enough:
            text = paragraphs[mixed(number, len(body)) % len(paragraphs)]
            body.append(f"<p>{text}</p>")
            length += len(text.split()) if language == ENGLISH else len(text)
        made.append((titles[number % len(titles)], "".join(body)))
    return made


class Scale:
    """The house with its subjects and people, and articles in batches, a transaction each."""

    def __init__(self) -> None:
        now = timezone.now()
        self.today = timezone.localdate(now)
        with transaction.atomic():
            self._subjects()
        self.kind = ContentType.objects.get_for_model(Article).pk
        article = Article(state="published", publish_at=now, version=1)
        self.articles = Rows(article)
        book = Publication(state="published", publish_at=now, version=1, series_id=self.series[0][0])
        self.books = Rows(book)
        address = {"content_type_id": self.kind, "status": "current", "language": ENGLISH}
        self.addresses = Rows(Address(**address))
        self.filings = {
            "topics": Rows(ArticleTopic(language=ENGLISH)),
            "regions": Rows(ArticleRegion(language=ENGLISH)),
            "sections": Rows(ArticleSection(language=ENGLISH)),
        }
        self.bylines, self.contributors = Rows(Byline()), Rows(Contributor())
        self.tagged = Rows(Article.tags.through(content_type_id=self.kind))
        self.snapshots = Rows(
            Snapshot(content_type_id=self.kind, version=1, action="publish", user_name="sample", data={})
        )
        content = serialise(Article(pk=0, title=TITLE, body=BODY))
        self.content = json.dumps(content, cls=DjangoJSONEncoder)

    def _subjects(self) -> None:
        def made(model: Any, count: int, **more: Any) -> list[int]:
            keys = []
            for number in range(count):
                name = f"Sample {model._meta.verbose_name} {number}"
                names = {"name_en": name, "name_zh": f"样例{number}", "position": 100 + number}
                row, _new = model.objects.get_or_create(
                    slug=f"{MARK}{model._meta.model_name}-{number}", defaults={**names, **more}
                )
                keys.append(row.pk)
            return keys

        self.topics, self.regions = made(Topic, TOPICS), made(Region, REGIONS)
        self.sections = made(NewsSection, SECTIONS)
        keys = made(Series, SERIES)
        self.series = list(zip(keys, (f"{MARK}series-{number}" for number in range(SERIES)), strict=True))
        self.outlets = [
            Outlet.objects.get_or_create(name_en=f"The Sample Times {number}")[0].pk
            for number in range(OUTLETS)
        ]
        self.tags = [
            Tag.objects.get_or_create(slug=f"{MARK}tag-{number}", defaults={"name": f"Sample tag {number}"})[
                0
            ].pk
            for number in range(TAGS)
        ]
        self.experts = []
        for number in range(EXPERTS):
            names = {
                "family_name": f"Sample{number}",
                "given_name": "Person",
                "display_name_en": f"SAMPLE{number} Person",
                "display_name_zh": f"样例人{number}",
                "title_en": "Sample Fellow",
                "title_zh": "样例研究员",
                "state": "published",
                "publish_at": timezone.now() - datetime.timedelta(days=365 * YEARS),
            }
            expert, _new = Expert.objects.get_or_create(slug=f"{MARK}expert-{number}", defaults=names)
            self.experts.append((expert.pk, expert.display_name_en, expert.display_name_zh))

    @staticmethod
    def loaded() -> int:
        """How many articles an earlier load has left."""
        return Article.versions.filter(slug__startswith=MARK).count()

    def load(self, count: int) -> Iterator[int]:
        """Make all articles up to ``count`` that are not there yet; yields how many are, after each batch."""
        there = self.loaded()
        while there < count:
            until = min(count, there - there % BATCH + BATCH)
            with transaction.atomic():
                for number in range(there, until):
                    self._article(number)
                self._write()
            there = until
            yield there

    def _write(self) -> None:
        written = [
            self.articles, self.books, self.addresses, *self.filings.values(), self.bylines,
            self.contributors, self.tagged, self.snapshots,
        ]  # fmt: skip
        for rows in written:
            rows.write()
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), [r.model for r in written]):
                cursor.execute(statement)

    def _moment(self, number: int) -> tuple[datetime.date, str]:
        day = self.today - datetime.timedelta(days=1 + mixed(number, 1) % (365 * YEARS))
        second = mixed(number, 2) % 86_400
        return day, f"{day} {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.000001"

    def _life(self, number: int) -> dict[str, Any]:
        """Nearly all are public: of a thousand, ten are drafts, two each scheduled, expired, withdrawn."""
        lot = mixed(number, 3) % 1000
        if lot < 10:
            return {"state": "draft", "publish_at": None}
        if lot < 12:
            day = self.today + datetime.timedelta(days=2 + lot)
            return {"publish_at": f"{day} 00:00:00.000001", "date": str(day)}
        if lot < 14:
            return {"expire_at": f"{self.today} 00:00:00.000001"}
        if lot < 16:
            return {"state": "withdrawn", "withdrawn_at": f"{self.today} 00:00:00.000001"}
        return {}

    def _article(self, number: int) -> None:
        language = CHINESE if is_chinese(number) else ENGLISH
        is_edition = number % 8 == 3
        title, body = (stock := bodies(language))[number % len(stock)]
        title = f"{title}, {number}"
        day, moment = self._moment(number - is_edition)
        kind = KINDS[mixed(number - is_edition, 4) % len(KINDS)]
        slug = f"{MARK}{number - is_edition}"
        life = {"date": str(day), "publish_at": moment, **self._life(number)}
        key = self.articles.add(
            slug=slug, title=title, language=language, kind=kind, body=body, standfirst=f"A sample: {title}.",
            created_at=moment, updated_at=moment, **life,
            translation_of_id=self.articles.key if is_edition else None,
            outlet_id=self.outlets[number % OUTLETS] if number % 10 == 0 else None,
        )  # fmt: skip
        self.addresses.add(language=language, path=f"/articles/{slug}/", object_id=key, created_at=moment)
        filed = {"article_id": key, "language": language, "date": life["date"]}
        first = mixed(number, 5)
        for subject in {first % TOPICS, first // 64 % TOPICS} if number % 2 else {first % TOPICS}:
            self.filings["topics"].add(subject_id=self.topics[subject], **filed)
        self.filings["regions"].add(subject_id=self.regions[mixed(number, 6) % REGIONS], **filed)
        if kind == "news":
            self.filings["sections"].add(subject_id=self.sections[mixed(number, 7) % SECTIONS], **filed)
        for place in range(1 + (number % 4 == 0)):
            expert, name, chinese = self.experts[uneven(number, 8 + place, EXPERTS)]
            name = chinese if language == CHINESE else name
            self.bylines.add(
                article_id=key, expert_id=expert, name=name, role="Sample Fellow", position=place
            )
        for tag in {uneven(number, 10, TAGS), uneven(number, 11, TAGS)}:
            self.tagged.add(tag_id=self.tags[tag], object_id=key)
        if number % 5 == 0:
            self._history(key, title, body, moment)
        if number % ARTICLES_A_PUBLICATION == 0:
            self._book(number, day, moment)

    def _history(self, key: int, title: str, body: str, moment: str) -> None:
        data = self.content.replace(f'"{BODY}"', as_json(body)).replace(f'"{TITLE}"', json.dumps(title))
        self.snapshots.add(object_id=key, at=moment, data=data)

    def _book(self, number: int, day: datetime.date, moment: str) -> None:
        series, of_series = self.series[number // ARTICLES_A_PUBLICATION % SERIES]
        slug = f"{MARK}{number}"
        key = self.books.add(
            slug=slug, title=f"A sample issue, {number}", series_id=series, date=str(day), year=day.year,
            number=str(number), publish_at=moment, created_at=moment, updated_at=moment,
        )  # fmt: skip
        expert, name, _chinese = self.experts[uneven(number, 12, EXPERTS)]
        self.contributors.add(publication_id=key, expert_id=expert, name=name)
        book = ContentType.objects.get_for_model(Publication).pk
        path = f"/publications/{of_series}/{slug}/"
        self.addresses.add(path=path, object_id=key, created_at=moment, content_type_id=book)
