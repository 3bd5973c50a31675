"""The search page."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.contenttypes.models import ContentType
from django.contrib.contenttypes.prefetch import GenericPrefetch
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from articles.models import Article
from charhar.pages.models import InstitutePage
from charhar.publishing.head import head_for
from charhar.publishing.kinds import kinds_of_text
from charhar.publishing.languages import current_language
from charhar.publishing.listing import page_of
from charhar.publishing.models import Publishable
from charhar.taxonomy.bilingual import Bilingual
from charhar.taxonomy.models import Region, Topic
from experts.models import Expert
from publications.models import Publication, Series

from .folding import MOST_CHARACTERS, fold, marked, passage, terms_of
from .models import SearchEntry

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


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What the site holds on ``?q=``, title hits first; without a query, or without an answer, where to look.

    At most eight queries. A page that does not exist answers 404 and says how to go on.
    """
    typed = "".join(c if c.isprintable() else " " for c in request.GET.get("q", ""))
    query = " ".join(typed.split())[:MOST_CHARACTERS].strip()
    terms = terms_of(query)
    subjects = named_subjects()
    page, status = None, 200
    if terms:
        try:
            page = page_of(request, Found(find(terms)), PER_PAGE)
        except Http404:
            status = 404
    head = head_for(request, _("Search: %s") % query if query else _("Search"), noindex=True)
    if query:
        head.other_language_path = f"{head.other_language_path.partition('?')[0]}?{urlencode({'q': query})}"
        request.other_language_path = head.other_language_path  # type: ignore[attr-defined]
    context = {
        "head": head,
        "query": query,
        "was_cut": len(" ".join(typed.split())) > MOST_CHARACTERS,
        "page": page,
        "missing_page": status == 404,
        # A text may go between the two queries that find it and fetch it.
        "results": [result(entry, entry.content, terms) for entry in page or () if entry.content],
        "named": [
            s for s in subjects if terms and all(term in fold(f"{s.name_en} {s.name_zh}") for term in terms)
        ],
        "subjects": subjects,
    }
    return render(request, "search/search.html", context, status=status)


class Found:
    """The entries that a search found: all keys in order with one pass over the texts, then a page's rows."""

    def __init__(self, entries: QuerySet[SearchEntry]) -> None:
        self.keys = list(entries.values_list("pk", flat=True))

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, part: slice) -> list[SearchEntry]:
        """The rows of one page, in order; without those that went between the queries."""
        chosen = self.keys[part]
        rows = {entry.pk: entry for entry in _with_texts(SearchEntry.objects.filter(pk__in=chosen))}
        return [rows[key] for key in chosen if key in rows]


def find(terms: list[str]) -> QuerySet[SearchEntry]:
    """Entries of published texts that hold every term: first where the title does, then the newest.

    Visibility is asked of the texts' own tables, by their own rule, at this moment.
    """
    now = timezone.now()
    visible = Q()
    for model in kinds_of_text():
        kind = ContentType.objects.get_for_model(model)
        keys = model.objects.published(now).order_by().values("pk")
        visible |= Q(content_type=kind, object_id__in=keys)
    in_text, in_title = Q(), Q()
    for term in terms:
        in_text &= Q(folded_text__contains=term)
        in_title &= Q(folded_title__contains=term)
    return (
        SearchEntry.objects.filter(visible, in_text)
        .annotate(rank=Case(When(in_title, then=Value(0)), default=Value(1)))
        .order_by("rank", F("date").desc(nulls_last=True), "-object_id", "-pk")
    )


def _with_texts(entries: QuerySet[SearchEntry]) -> QuerySet[SearchEntry]:
    """The entries with what a row of the answer shows of their texts: one query more a kind."""
    return entries.defer("folded_title", "folded_text").prefetch_related(
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


def result(entry: SearchEntry, text: Any, terms: list[str]) -> dict[str, Any]:
    """One row of the answer: a text, and what its entry says of it."""
    here = current_language()
    is_foreign = getattr(text, "language", here) != here
    return {
        "url": text.get_absolute_url(),
        "label": text.get_kind_display() if isinstance(text, Article) else KINDS[type(text)],
        "title": marked(str(text), terms),
        "passage": passage(entry.body, terms),
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
