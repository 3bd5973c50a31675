"""The search page, and what it suggests while somebody types."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.contrib.contenttypes.prefetch import GenericPrefetch
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.models import Article
from charhar.pages.models import InstitutePage
from charhar.publishing.folding import clean
from charhar.publishing.head import head_for
from charhar.publishing.languages import current_language
from charhar.publishing.listing import page_of
from charhar.taxonomy.bilingual import lang_of
from experts.models import Expert
from publications.models import Publication

from .finding import find, find_titles
from .missed import MissedResponse
from .models import SearchEntry
from .narrowing import KINDS, LABELS, Narrowing, subjects
from .passages import marked, passage
from .segments import MOST_CHARACTERS, Query, parse, parse_begun
from .spelling import corrected

PER_PAGE = 10
MOST_SUGGESTED = 8


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What the site holds on ``?q=``, the best first; without a query, or without an answer, where to look.

    At most ten queries, names made. A page or a facet that does not exist answers 404 and says how to go on.
    """
    typed = clean(request.GET.get("q", ""))
    text = typed[:MOST_CHARACTERS].strip()
    query, known = parse(text), subjects(request)
    context: dict[str, Any] = {
        "narrowing": Narrowing(text, {}, "relevance", known),
        "was_cut": len(typed) > MOST_CHARACTERS,
        "named": [row for row in known if query and row.facet != "author" and row.answers(query)],
        "subjects": [row for row in known if row.facet != "author"],
    }
    status = 200
    if query:
        try:
            context |= answered(request, Narrowing.of(request, text, known), query)
        except Http404 as missing:
            context["missing"], status = str(missing), 404
    head = head_for(request, _("Search: %s") % text if text else _("Search"), noindex=True)
    narrowing = context["narrowing"]
    if text:
        head.other_language_path = head.other_language_path.partition("?")[0] + narrowing.url()
        request.other_language_path = escape(head.other_language_path)  # type: ignore[attr-defined]
    context |= {"head": head, "query": narrowing.query, "narrowed": narrowing.parts()}
    page = render(request, "search/search.html", context, status=status)
    if not context.get("missed"):
        return page
    response = MissedResponse(page.content)
    response.missed = text
    return response


def answered(request: HttpRequest, narrowing: Narrowing, query: Query) -> dict[str, Any]:
    """The context of one page of results: of what was typed or, where nothing holds it, may have been meant.

    Raises ``Http404`` where there is no such page.
    """
    answer, typed = find(query, narrowing.values()), narrowing.query
    if not answer.hits and not narrowing.asked and (meant := corrected(typed)) != typed:
        instead = find(parse(meant))
        if instead.hits:
            answer, query, narrowing = instead, instead.wanted.query, replace(narrowing, query=meant)
    page = page_of(request, answer.keys(narrowing.sort), PER_PAGE)
    return {
        "narrowing": narrowing,
        "corrected_from": typed if narrowing.query != typed else "",
        "missed": not answer.hits and not narrowing.asked,
        "answer": answer,
        "page": page,
        "results": [result(entry, query) for entry in entries_of(page)],
        "facets": list(narrowing.facets(answer)),
        "sorts": [
            (_("Relevance"), narrowing.url(sort="relevance"), narrowing.sort == "relevance"),
            (_("Newest"), narrowing.url(sort="newest"), narrowing.sort == "newest"),
        ],
    }


def entries_of(keys: Iterable[int]) -> list[SearchEntry]:
    """The entries in order with what a row of the answer shows of their texts: one query, and one a kind.

    Without those whose text went between the queries, or is not for readers, whatever the index says.
    """
    entries = SearchEntry.objects.select_related("text").prefetch_related(
        GenericPrefetch(
            "content",
            [
                Article.objects.published().only("title", "kind", "slug", "language", "date"),
                Expert.objects.published().only("display_name_en", "display_name_zh", "slug"),
                Publication.objects.published()
                .select_related("series")
                .only("title", "slug", "language", "date", "series__slug"),
                InstitutePage.objects.published().only("title", "slug", "root", "language"),
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
        "label": KINDS[entry.kind],
        "title": marked(str(text), query.shown),
        "passage": passage(entry.text.body, query.shown),
        "date": entry.date,
        "lang": text.html_lang if is_foreign else "",
        "edition": text.get_language_display() if is_foreign else "",
    }


@require_safe
def suggest(request: HttpRequest) -> JsonResponse:
    """What the letters typed so far may become: subjects, people, titles. Five queries at most."""
    query = parse_begun(clean(request.GET.get("q", ""))[:MOST_CHARACTERS])
    rows: list[dict[str, str]] = []
    if query:
        rows = [
            {"title": row.name, "url": row.url, "label": str(LABELS[row.facet]), "lang": lang_of(row, "name")}
            for row in subjects(request)
            if row.facet != "author" and row.answers(query)
        ]
        texts: list[Any] = [
            (KINDS[entry.kind], entry.content) for entry in entries_of(find_titles(query, MOST_SUGGESTED))
        ]
        rows += [
            {
                "title": str(text),
                "url": text.get_absolute_url(),
                "label": str(kind),
                "lang": getattr(text, "html_lang", ""),
            }
            for kind, text in texts
        ]
    return JsonResponse({"suggestions": rows[:MOST_SUGGESTED]}, json_dumps_params={"ensure_ascii": False})
