"""In which lists an article stands: Latest Research, News & Events, its subjects', authors' and tags'."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Value

FILINGS = {"topic": "topic_rows", "region": "region_rows", "section": "section_rows"}


class ListedArticle:
    """What ``charhar.publishing.standing`` asks of articles."""

    LIST_COLUMNS: tuple[str, ...] = (
        "state", "trashed_at", "corrects_id", "publish_at", "expire_at", "language", "date", "kind",
        "outlet_id", "translation_of_id",
    )  # fmt: skip
    LIST_KIND: tuple[str, ...] = ("kind", "outlet")
    _meta: Any
    tags: Any

    @classmethod
    def list_tables(cls) -> list[tuple[str, str]]:
        """The tables whose rows put an article into a list, and the column that names it there."""
        rows = [cls._meta.get_field(name).related_model for name in (*FILINGS.values(), "bylines")]
        named = [(model._meta.db_table, "article_id") for model in rows]
        return [*named, (cls.tags.through._meta.db_table, "object_id")]

    @staticmethod
    def list_kind(text: dict[str, Any]) -> tuple[str, bool]:
        """The kind, and whether it first ran elsewhere."""
        return text["kind"], text["outlet"] is not None

    @classmethod
    def stands_in(cls, texts: dict[int, dict[str, Any]]) -> Iterator[tuple[int, str, int]]:
        """Article, list and whose list; none of them twice. One query."""
        for pk, text in texts.items():
            if text["kind"] != "news":
                yield pk, "research", 0
        found = set(cls._filed(list(texts)))
        yield from found
        for pk in {pk for pk, under, _subject in found if under == "section"}:
            yield pk, "news", 0

    @classmethod
    def _filed(cls, keys: list[int]) -> Iterable[tuple[int, str, int]]:
        parts = [
            cls._meta.get_field(name)
            .related_model.objects.filter(article__in=keys)
            .order_by()
            .values_list("article", Value(under, CharField()), "subject")
            for under, name in FILINGS.items()
        ]
        bylines = cls._meta.get_field("bylines").related_model
        signed = bylines.objects.filter(article__in=keys, expert__isnull=False).order_by()
        parts.append(signed.values_list("article", Value("expert", CharField()), "expert"))
        kind = ContentType.objects.get_for_model(cls)  # type: ignore[arg-type]
        tagged = cls.tags.through.objects.filter(content_type=kind, object_id__in=keys).order_by()
        parts.append(tagged.values_list("object_id", Value("tag", CharField()), "tag"))
        return parts[0].union(*parts[1:], all=True)
