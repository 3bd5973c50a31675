"""Finding: which published texts answer a query, how many there are of each kind, and in which order."""

import datetime
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import BooleanField, Exists, F, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from charhar.publishing.kinds import kinds_of_text
from charhar.publishing.languages import LANGUAGES
from charhar.publishing.models import Publishable, published_q

from .engines import engine
from .models import SearchEntry
from .segments import Query

MOST_COUNTED = 10_000
MOST_RANKED = 2_000
FILED = ("topic", "region", "author", "series")
FACETS = ("kind", *FILED, "language", "year")
NOW = object()  # stands for the time in a compiled condition
# People and pages, which have no date, before all others.
NEWEST_FIRST = (F("date").desc(nulls_first=True), "-object_id", "-pk")


class Hit(NamedTuple):
    """One text that answers, with what it is counted under."""

    pk: int
    kind: str
    language: str
    year: int | None
    filed: str


@dataclass
class Answer:
    """All that answers a query, the newest first: at most one more than are counted."""

    query: Query
    hits: list[Hit] = field(default_factory=list)

    @property
    def is_capped(self) -> bool:
        """Whether there are more than were counted."""
        return len(self.hits) > MOST_COUNTED

    @property
    def total(self) -> int:
        """How many texts answer, so far as they are counted."""
        return min(len(self.hits), MOST_COUNTED)

    @cached_property
    def counts(self) -> dict[str, Counter[str]]:
        """How many of them each value of each facet holds. A profile serves readers of both languages."""
        counted = self.hits[:MOST_COUNTED]
        counts: dict[str, Counter[str]] = {facet: Counter() for facet in FACETS}
        counts["kind"].update(hit.kind for hit in counted)
        counts["year"].update(str(hit.year) for hit in counted if hit.year)
        both = Counter(hit.language for hit in counted)
        counts["language"].update(
            {code: number for code, _name in LANGUAGES if (number := both[code] + both[""])}
        )
        for filed, times in Counter(hit.filed for hit in counted).items():
            for pair in filed.split():
                facet, _colon, key = pair.partition(":")
                counts[facet][key] += times
        return counts

    def keys(self, sort: str = "relevance") -> list[int]:
        """The keys of the entries in order; by relevance only the newest ``MOST_RANKED`` are. One query.

        What has no date, people and pages, is always ranked, and comes last by date.
        """
        counted = self.hits[:MOST_COUNTED]
        if sort == "newest":
            return [hit.pk for hit in sorted(counted, key=lambda hit: hit.year is None)]
        keys = [hit.pk for hit in counted]
        ranks = engine().ranks(self.query, keys[:MOST_RANKED]) if keys else {}
        return sorted(keys, key=lambda key: -ranks.get(key, 0))


def find(query: Query, narrowed: Mapping[str, str] | None = None) -> Answer:
    """What answers the query, narrowed to values of facets. One query; none where nothing was asked.

    Visibility is asked of the texts' own tables, by their own rule, at this moment.
    """
    if not query:
        return Answer(query)
    rows = SearchEntry.objects.filter(_visible(), engine().holds(query))
    for facet, value in (narrowed or {}).items():
        rows = rows.filter(_narrowed(facet, value))
    rows = rows.order_by(*NEWEST_FIRST)
    return Answer(query, [Hit(*row) for row in rows.values_list(*Hit._fields)[: MOST_COUNTED + 1]])


def find_titles(query: Query, most: int) -> list[int]:
    """The keys of texts whose titles go on from what was typed, people first, then the newest. One query."""
    rows = SearchEntry.objects.filter(_visible(), engine().holds(query, in_title=True)).order_by(
        *NEWEST_FIRST
    )
    return list(rows.values_list("pk", flat=True)[:most])


def _narrowed(facet: str, value: str) -> Q:
    if facet in FILED:
        return Q(filed__contains=f" {facet}:{value} ")
    return Q(language__in=[value, ""]) if facet == "language" else Q(**{facet: value})


def _visible() -> RawSQL:
    """The condition that readers see an entry's text now: the texts' own rule, compiled once a process."""
    kinds = tuple((ContentType.objects.get_for_model(model).pk, model) for model in kinds_of_text())
    sql, params = _compiled(connection.vendor, kinds)
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    # Compiled by the ORM: nothing in it is written by hand or by readers.
    return RawSQL(sql, [now if param is NOW else param for param in params], BooleanField())  # noqa: S611


@lru_cache(maxsize=8)
def _compiled(vendor: str, kinds: tuple[tuple[int, type[Publishable]], ...]) -> tuple[str, list[Any]]:
    """The condition as SQL, ``NOW`` where it asks for the time: to build it took longer than to search."""
    moment, visible = datetime.datetime(1900, 1, 1, tzinfo=datetime.UTC), Q()
    for key, model in kinds:
        # The kind first: a database that reads from the left then asks one table a text.
        seen = model.versions.filter(published_q(moment), pk=OuterRef("object_id"))  # type: ignore[attr-defined]
        visible |= Q(content_type=key) & Q(Exists(seen))
    rows = SearchEntry.objects.filter(visible)
    compiler = rows.query.get_compiler(rows.db)
    sql, params = compiler.compile(rows.query.where)
    then = connection.ops.adapt_datetimefield_value(moment)
    return sql, [NOW if param == then else param for param in params]
