"""Texts of several kinds in one list: counted and sorted in one go, each page's rows fetched kind by kind."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.db.models import CharField, Value

from .listing import in_year, per_year


class Together:
    """The texts of some querysets by name (``article``, ``publication``), newest first; for ``listing``.

    ``rows`` are the querysets that a page's rows are fetched from, with all that a row shows.
    """

    COLUMNS = ("language", "date", "publish_at", "pk", "what")

    def __init__(self, texts: Mapping[str, Any], rows: Mapping[str, Any]) -> None:
        self.texts = texts
        self.rows = rows

    def per_year(self) -> dict[int | None, int]:
        """How many there are in each year. One query a kind."""
        numbers: Counter[int | None] = Counter()
        for texts in self.texts.values():
            numbers.update(per_year(texts))
        return dict(numbers)

    def in_year(self, year: int) -> "Together":
        """Those dated in one year."""
        return Together({what: in_year(texts, year) for what, texts in self.texts.items()}, self.rows)

    def __getitem__(self, part: slice) -> list[Any]:
        """One page, newest first. One query for the keys, and the rows' own."""
        first, *others = (
            texts.order_by().annotate(what=Value(what, CharField())).values(*self.COLUMNS)
            for what, texts in self.texts.items()
        )
        keys = first.union(*others, all=True) if others else first
        chosen = list(keys.order_by("-language", "-date", "-publish_at", "-pk")[part])
        found: dict[tuple[str, int], Any] = {}
        for what, rows in self.rows.items():
            wanted = [key["pk"] for key in chosen if key["what"] == what]
            for pk, row in (rows.in_bulk(wanted) if wanted else {}).items():
                row.is_publication = what == "publication"
                found[what, pk] = row
        return [found[key["what"], key["pk"]] for key in chosen if (key["what"], key["pk"]) in found]
