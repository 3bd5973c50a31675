"""The search page."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.contenttypes.prefetch import GenericPrefetch
from django.db.models import Value
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from articles.models import Article
from charhar.pages.models import InstitutePage
from charhar.publishing.head import head_for
from charhar.publishing.languages import current_language
from charhar.publishing.listing import page_of
from charhar.publishing.models import Publishable
from charhar.taxonomy.bilingual import Bilingual
from charhar.taxonomy.models import Region, Topic
from experts.models import Expert
from publications.models import Publication, Series

from .finding import find
from .folding import clean, fold
from .models import SearchEntry
from .passages import marked, passage
from .segments import MOST_CHARACTERS, Query, parse, tokens

PER_PAGE = 10
# What a text other than an article is.
KINDS: dict[type[Publishable], Any] = {
    Expert: _("Expert"),
    Publication: _("Publication"),
    InstitutePage: _("The institute"),
}


@dataclass(frozen=True, order=True)
class Subject:
    """A topic, a region or a series, as search names it."""

    place: int
    position: int
    route: str
    slug: str
    name_en: str
    name_zh: str

    name = Bilingual()

    @property
    def url(self) -> str:
        """Where its page is."""
        return reverse(self.route, args=[self.slug])

    def answers(self, query: Query) -> bool:
        """Whether its names hold all that is wanted, or its Chinese name begins so."""
        held = f" {' '.join(tokens(fold(f'{self.name_en} · {self.name_zh}')))} "
        return all(f" {' '.join(part.tokens)}{'' if part.is_begun else ' '}" in held for part in query.wanted)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What the site holds on ``?q=``, the best first; without a query, or without an answer, where to look.

    At most ten queries. A page that does not exist answers 404 and says how to go on.
    """
    typed = clean(request.GET.get("q", ""))
    text = typed[:MOST_CHARACTERS].strip()
    query = parse(text)
    subjects = named_subjects()
    page, status = None, 200
    if query:
        try:
            page = page_of(request, find(query).keys(), PER_PAGE)
        except Http404:
            status = 404
    head = head_for(request, _("Search: %s") % text if text else _("Search"), noindex=True)
    if text:
        head.other_language_path = f"{head.other_language_path.partition('?')[0]}?{urlencode({'q': text})}"
        request.other_language_path = head.other_language_path  # type: ignore[attr-defined]
    context = {
        "head": head,
        "query": text,
        "was_cut": len(typed) > MOST_CHARACTERS,
        "page": page,
        "missing_page": status == 404,
        "results": [result(entry, query) for entry in entries_of(page or [])],
        "named": [subject for subject in subjects if query and subject.answers(query)],
        "subjects": subjects,
    }
    return render(request, "search/search.html", context, status=status)


def entries_of(keys: Iterable[int]) -> list[SearchEntry]:
    """The entries in order with what a row of the answer shows of their texts: one query, and one a kind.

    Without those whose text went between the queries.
    """
    entries = SearchEntry.objects.select_related("text").prefetch_related(
        GenericPrefetch(
            "content",
            [
                Article.objects.only("title", "kind", "slug", "language", "date"),
                Expert.objects.only("display_name_en", "display_name_zh", "slug"),
                Publication.objects.select_related("series").only(
                    "title", "slug", "language", "date", "series__slug"
                ),
                InstitutePage.objects.only("title", "slug", "root", "language"),
            ],
        )
    )
    chosen = list(keys)
    rows = {entry.pk: entry for entry in entries.filter(pk__in=chosen)}
    return [rows[key] for key in chosen if key in rows and rows[key].content]


def result(entry: SearchEntry, query: Query) -> dict[str, Any]:
    """One row of the answer: a text, and what its entry says of it."""
    here = current_language()
    text: Any = entry.content
    is_foreign = getattr(text, "language", here) != here
    return {
        "url": text.get_absolute_url(),
        "label": text.get_kind_display() if isinstance(text, Article) else KINDS[type(text)],
        "title": marked(str(text), query.shown),
        "passage": passage(entry.text.body, query.shown),
        "date": entry.date,
        "lang": text.html_lang if is_foreign else "",
        "edition": text.get_language_display() if is_foreign else "",
    }


def named_subjects() -> list[Subject]:
    """The topics, regions and series that lists show, in their order. One query."""
    topics, regions, series = (
        model.objects.shown()
        .annotate(route=Value(route), place=Value(place))
        .order_by()
        .values_list("place", "position", "route", "slug", "name_en", "name_zh")
        for place, (route, model) in enumerate([("topic", Topic), ("region", Region), ("series", Series)])
    )
    return sorted(Subject(*row) for row in topics.union(regions, series, all=True))
