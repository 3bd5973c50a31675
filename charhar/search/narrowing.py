"""Narrowing: the facets beside the results, what each value is called, and the address of every choice."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.cache import cache
from django.db.models import F, Value
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.models import Article
from charhar.publishing.folding import fold
from charhar.publishing.languages import LANGUAGES
from charhar.publishing.version import current_version
from charhar.taxonomy.bilingual import Bilingual
from charhar.taxonomy.models import Region, Topic
from experts.models import Expert
from publications.models import Series

from .finding import FACETS, Answer
from .segments import Query, spelled_too

KEPT_SECONDS = 3600
MOST_VALUES = 12
# What a text is, articles by their kind.
KINDS: dict[str, Any] = {
    **dict(Article.Kind.choices),
    "publication": gettext_lazy("Publication"),
    "expert": gettext_lazy("Expert"),
    "page": gettext_lazy("The institute"),
}
LABELS: dict[str, Any] = {
    "kind": gettext_lazy("Kind"),
    "topic": gettext_lazy("Topic"),
    "region": gettext_lazy("Region"),
    "author": gettext_lazy("Author"),
    "series": gettext_lazy("Series"),
    "language": gettext_lazy("Language"),
    "year": gettext_lazy("Year"),
}


@dataclass(frozen=True, order=True)
class Subject:
    """A topic, a region, a series or an author, as search names it."""

    place: int
    position: int
    facet: str
    key: int
    slug: str
    name_en: str
    name_zh: str

    name = Bilingual()

    @property
    def url(self) -> str:
        """Where its page is."""
        return reverse("expert" if self.facet == "author" else self.facet, args=[self.slug])

    def answers(self, query: Query) -> bool:
        """Whether its names hold all that is wanted."""
        held = f" {' '.join(spelled_too(fold(f'{self.name_en} / {self.name_zh}')))} "
        return all(f" {' '.join(part.tokens)}{'' if part.is_begun else ' '}" in held for part in query.wanted)


def subjects(request: HttpRequest) -> list[Subject]:
    """The topics, regions and series that lists show, and the people whose profiles are public, in order.

    One query, once per content version.
    """
    version = getattr(request, "content_version", None) or current_version()
    key = f"search-subjects:{version.key}"
    kept: list[Subject] | None = cache.get(key)
    if kept is None:
        columns = ("place", "position", "facet", "pk", "slug", "name_en", "name_zh")
        rows = [
            model.objects.shown().annotate(place=Value(place), facet=Value(facet))
            for place, (facet, model) in enumerate([("topic", Topic), ("region", Region), ("series", Series)])
        ]
        people = Expert.objects.published().annotate(
            place=Value(3),
            facet=Value("author"),
            name_en=F("display_name_en"),
            name_zh=F("display_name_zh"),
        )
        parts = [part.order_by().values_list(*columns) for part in [*rows, people]]
        kept = sorted(Subject(*row) for row in parts[0].union(*parts[1:], all=True))
        cache.set(key, kept, KEPT_SECONDS)
    return kept


@dataclass(frozen=True)
class Choice:
    """One value of a facet: how many results it leaves, and where they are."""

    label: str
    count: int
    url: str
    row: Any = None  # what is named in both languages


@dataclass(frozen=True)
class Facet:
    """One facet beside the results: what it is narrowed to, or what it can be."""

    name: str
    label: str
    choices: list[Choice]
    chosen: Choice | None


@dataclass(frozen=True)
class Narrowing:
    """What the address asks the results to be narrowed to, and how they are sorted."""

    query: str
    asked: Mapping[str, str]  # by facet, as addresses name it
    sort: str
    known: list[Subject]

    @classmethod
    def of(cls, request: HttpRequest, query: str, known: list[Subject]) -> "Narrowing":
        """What a request asks for. Raises ``Http404`` for what can not be."""
        asked = {facet: request.GET[facet] for facet in FACETS if request.GET.get(facet)}
        sort = request.GET.get("sort") or "relevance"
        narrowing = cls(query, asked, sort, known)
        if sort not in ("relevance", "newest") or None in narrowing.values().values():
            raise Http404(_("There is nothing of that kind to narrow results to."))
        return narrowing

    def values(self) -> dict[str, str]:
        """The same by facet, as the index names it."""
        return {facet: self._value(facet, asked) for facet, asked in self.asked.items()}  # type: ignore[misc]

    def _value(self, facet: str, asked: str) -> str | None:
        if facet == "kind":
            return asked if asked in KINDS else None
        if facet == "language":
            return asked if asked in dict(LANGUAGES) else None
        if facet == "year":
            return asked if asked.isascii() and asked.isdigit() and len(asked) == 4 else None
        return next((str(row.key) for row in self.known if (row.facet, row.slug) == (facet, asked)), None)

    def parts(self, **changes: str | None) -> dict[str, str]:
        """The parameters of an address with changes, in one order; the usual sort goes unsaid."""
        whole: dict[str, str | None] = {"q": self.query, **self.asked, "sort": self.sort, **changes}
        names = ("q", *FACETS, "sort")
        said = {name: value for name in names if (value := whole.get(name))}
        return {name: value for name, value in said.items() if (name, value) != ("sort", "relevance")}

    def url(self, **changes: str | None) -> str:
        """Where the results with changes are."""
        return f"?{urlencode(self.parts(**changes))}"

    @property
    def all_url(self) -> str:
        """Where the first page of all results is."""
        return f"?{urlencode({'q': self.query})}"

    def facets(self, answer: Answer) -> Iterator[Facet]:
        """The facets that narrow the answer, or that it is narrowed to, with their counts."""
        rows = {(row.facet, str(row.key)): row for row in self.known}
        for name in FACETS:
            counts = answer.counts[name]
            if name in self.asked:
                value = self.values()[name]
                chosen = self._choice(name, value, rows.get((name, value)), counts[value], None)
                yield Facet(name, LABELS[name], [], chosen)
                continue
            # By number, years by year; what is hidden or not public any more has no name to show.
            order = sorted(
                counts.items(), key=lambda item: (-int(item[0]),) if name == "year" else (-item[1], item[0])
            )
            choices = []
            for value, count in order:
                row = rows.get((name, value))
                if name in ("kind", "language", "year") or row:
                    asked = row.slug if row else value
                    choices.append(self._choice(name, value, row, count, asked))
            if len(choices) > 1:
                yield Facet(name, LABELS[name], choices[:MOST_VALUES], None)

    def _choice(self, name: str, value: str, row: Subject | None, count: int, asked: str | None) -> Choice:
        if row:
            label = row.name
        else:
            label = str({"kind": KINDS, "language": dict(LANGUAGES)}.get(name, {}).get(value, value))
        return Choice(label, count, self.url(**{name: asked}), row)
