"""The shelf: all series, one series, one publication, its file."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from charhar.library.templatetags.pictures import social_card
from charhar.library.views import document_response
from charhar.publishing.cards import drawn_card
from charhar.publishing.head import absolute, feed_of, head_for
from charhar.publishing.languages import current_language
from charhar.publishing.listing import listing, page_of
from charhar.publishing.reading import for_reader
from charhar.publishing.shelf import Shelf

from .catalogue import Catalogue
from .models import Publication, Series


def publications(request: HttpRequest) -> HttpResponse:
    """The catalogue: what the form asks for, a page at a time; else all series, each with its newest."""
    catalogue = Catalogue(request.GET)
    narrowed = catalogue.narrowed()
    context: dict[str, Any] = {"form": catalogue, "narrowed": narrowed}
    if catalogue.is_asked:
        context["page"] = page_of(request, catalogue.found().for_list().newest_first())
    else:
        newest: dict[int, list[Publication]] = {}
        rows = (
            Publication.objects.for_readers_in(current_language())
            .newest_of_each_series(4)
            .select_related("series", "cover")
            .defer("abstract", "contents")
        )
        for row in rows:
            newest.setdefault(row.series_id, []).append(row)
        context["series_list"] = [(line, newest.get(line.pk, [])) for line in catalogue.lines.values()]
    context["head"] = head_for(
        request,
        _("Publications"),
        _("The institute's journals, books and reports."),
        noindex=catalogue.is_asked,
        trail=[(_("Home"), "/")],
    )
    return render(request, "publications/publications.html", context)


def series(request: HttpRequest, slug: str) -> HttpResponse:
    """One series, newest first."""
    line = get_object_or_404(Series.objects.select_related("cover"), slug=slug)
    rows = {"publication": Publication.objects.in_lists}
    context = listing(request, Shelf("series", line.pk, current_language(), rows))
    schema = []
    if line.issn:
        schema.append(
            {
                "@type": "Periodical",
                "name": line.name,
                "issn": line.issn,
                "url": absolute(line.get_absolute_url()),
            }
        )
    context |= {
        "series": line,
        "head": head_for(
            request,
            line.name,
            line.standfirst,
            feeds=[feed_of("series", line.name, slug)],
            schema=schema,
            trail=[(_("Home"), "/"), (_("Publications"), reverse("publications"))],
        ),
    }
    return render(request, "publications/series.html", context)


def publication(request: HttpRequest, series: str, slug: str) -> HttpResponse:
    """One issue, book or report, with its contents in order."""
    item = for_reader(request, _whole, current_language(), series__slug=series, slug=slug)
    edition = item.other_edition()
    context = {
        "publication": item,
        "contributors": list(item.contributors.all()),
        "entries": list(item.entries.all()),
        "edition": edition,
        "head": head_for(
            request,
            item.title,
            item.standfirst,
            languages=(),
            edition=edition,
            noindex=item.is_preview,
            image=social_card(item.cover) or drawn_card(item),
            schema=[structured_data(item)],
            trail=[
                (_("Home"), "/"),
                (_("Publications"), reverse("publications")),
                (item.series.name, item.series.get_absolute_url()),
            ],
        ),
    }
    return render(request, "publications/publication.html", context)


def _whole(language: str) -> Any:
    return Publication.objects.in_language(language).for_page()


def _file(language: str) -> Any:
    return Publication.objects.in_language(language).select_related("series", "file")


def structured_data(item: Publication) -> dict[str, Any]:
    """schema.org's ``Book``, or ``PublicationIssue`` for a quarterly or newsletter."""
    people: dict[str, list[dict[str, str]]] = {}
    for contributor in item.contributors.all():
        role = {"author": "author", "translator": "translator"}.get(contributor.role, "editor")
        people.setdefault(role, []).append({"@type": "Person", "name": contributor.name})
    issue = Series.Kind(item.series.kind).has_issues
    return {
        "@type": "PublicationIssue" if issue else "Book",
        "name": item.title,
        "inLanguage": item.html_lang,
        "url": absolute(item.get_absolute_url()),
        **({"datePublished": item.date.isoformat()} if item.date else {}),
        **({"isbn": item.isbn} if item.isbn and not issue else {}),
        **({"numberOfPages": item.pages} if item.pages and not issue else {}),
        **({"issueNumber": item.number} if item.number and issue else {}),
        **({"publisher": {"@type": "Organization", "name": item.publisher}} if item.publisher else {}),
        "isPartOf": {"@type": "Periodical" if issue else "CreativeWorkSeries", "name": item.series.name},
        **people,
    }


def publication_file(request: HttpRequest, series: str, slug: str, name: str) -> HttpResponseBase:
    """The publication's PDF, at an address of its own beneath the publication's page."""
    item = for_reader(request, _file, current_language(), series__slug=series, slug=slug)
    if item.file is None or name != item.slug:
        raise Http404(_("There is no such file."))
    return document_response(request, item.file, f"{item.slug}.pdf")
