"""Finding: which published texts answer a query, how many there are of each kind, and in which order.

However many answer, the newest ``MOST_COUNTED`` are counted, with true numbers of each facet, and readers are
told "10,000+". By relevance stand first the ``MOST_RANKED`` newest of all and the ``MOST_TITLES`` newest of
those whose title answers, each by its rank, then the others by date: so no search grows with the archive.
"""

import datetime
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from django.utils import timezone

from .engines import Wanted, engine, facet_token
from .models import SearchEntry
from .ranking import scorer
from .segments import Query

MOST_COUNTED = 10_000
MOST_RANKED = 600
MOST_TITLES = 300
FILED = ("topic", "region", "author", "series")
FACETS = ("kind", *FILED, "language", "year")


@dataclass
class Answer:
    """All that answers a query, the newest first: at most one more than are counted."""

    wanted: Wanted
    now: datetime.datetime
    hits: list[int] = field(default_factory=list)  # keys of entries
    filed: list[str] = field(default_factory=list)

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
        counts: dict[str, Counter[str]] = {facet: Counter() for facet in FACETS}
        for filed, times in Counter(self.filed[:MOST_COUNTED]).items():
            for pair in filed.split():
                facet, _colon, key = pair.partition(":")
                counts[facet][key] += times
        for day, times in Counter(map(SearchEntry.day, self.hits[:MOST_COUNTED])).items():
            if day != SearchEntry.UNDATED:
                counts["year"][str(datetime.date.fromordinal(day).year)] += times
        return counts

    def keys(self, sort: str = "relevance") -> list[int]:
        """The keys of the entries in order, at most as many as are counted. One query, none by date.

        What has no date, people and pages, is always ranked, and comes last by date.
        """
        counted = self.hits[:MOST_COUNTED]
        if sort == "newest":
            dated = bisect_left(counted, -(SearchEntry.UNDATED << 40) + 1, key=lambda key: -key)
            return counted[dated:] + counted[:dated]
        if not counted:
            return []
        more = None
        if len(counted) > MOST_RANKED:
            more = Wanted(self.wanted.query, in_title=True, facets=self.wanted.facets)
        score = scorer(self.wanted.query)
        notes = engine().notes(counted[:MOST_RANKED], more, self.now, MOST_TITLES)
        ranks = {key: score(noted) for key, noted in notes}
        ranked = sorted(sorted(ranks, reverse=True), key=ranks.__getitem__, reverse=True)
        return [*ranked, *(key for key in counted if key not in ranks)][: len(counted)]


def find(query: Query, narrowed: Mapping[str, str] | None = None) -> Answer:
    """What answers the query now, narrowed to values of facets. One query; none where nothing was asked."""
    facets = tuple(facet_token(facet, value) for facet, value in (narrowed or {}).items())
    answer = Answer(Wanted(query, facets=facets), timezone.now())
    if query:
        for key, filed in engine().newest(answer.wanted, answer.now, MOST_COUNTED + 1):
            answer.hits.append(key)
            answer.filed.append(filed)
    return answer


def find_titles(query: Query, most: int) -> list[int]:
    """The keys of texts whose titles go on from what was typed, people first, then the newest. One query."""
    return [key for key, _filed in engine().newest(Wanted(query, in_title=True), timezone.now(), most)]
