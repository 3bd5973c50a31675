"""In which lists a publication stands: Latest Research, the catalogue, its series' and authors'."""

from collections.abc import Iterator
from typing import Any

from django.db.models import CharField, Value


class ListedPublication:
    """What ``charhar.publishing.standing`` asks of publications."""

    LIST_COLUMNS: tuple[str, ...] = (
        "state", "trashed_at", "corrects_id", "publish_at", "expire_at", "language", "date", "series_id",
        "translation_of_id",
    )  # fmt: skip
    LIST_KIND: tuple[str, ...] = ("series",)
    _meta: Any
    topics: Any
    regions: Any

    @classmethod
    def list_tables(cls) -> list[tuple[str, str]]:
        """The tables whose rows put a publication into a list, and the column that names it there."""
        credited = cls._meta.get_field("contributors").related_model
        rows = (credited, cls.topics.through, cls.regions.through)
        return [(model._meta.db_table, "publication_id") for model in rows]

    @staticmethod
    def list_kind(text: dict[str, Any]) -> tuple[str, bool]:
        """Publications are a kind of their own, and never ran elsewhere."""
        return "publication", False

    @classmethod
    def stands_in(cls, texts: dict[int, dict[str, Any]]) -> Iterator[tuple[int, str, int]]:
        """Publication, list and whose list; none of them twice. One query."""
        for pk, text in texts.items():
            yield pk, "research", 0
            yield pk, "catalogue", 0
            yield pk, "series", text["series"]
        keys = list(texts)
        credited = cls._meta.get_field("contributors").related_model.objects.filter(expert__isnull=False)
        parts = [
            rows.filter(publication__in=keys)
            .order_by()
            .values_list("publication", Value(under, CharField()), subject)
            for under, rows, subject in (
                ("expert", credited, "expert"),
                ("topic-books", cls.topics.through.objects, "topic"),
                ("region-books", cls.regions.through.objects, "region"),
            )
        ]
        yield from set(parts[0].union(*parts[1:], all=True))
