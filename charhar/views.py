"""The pages that belong to no one app: home, News & Events, Latest Research, health, errors."""

import datetime
from itertools import groupby
from typing import Any

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.models import Article, NewsSection
from charhar.desk import heartbeat
from charhar.desk.sittings import kept_page
from charhar.front import Place, compose, subjects_shown, topics_with_newest
from charhar.navigation import furniture
from charhar.publishing.addresses import other_edition
from charhar.publishing.head import absolute, head_for, organisation
from charhar.publishing.languages import current_language
from charhar.publishing.listing import listing
from charhar.publishing.prepared import Prepared
from charhar.publishing.shelf import Shelf
from charhar.taxonomy.models import Region
from experts.models import Expert
from publications.models import Publication, Series

ON_SHELF = 2
FACES = 6


def home(request: HttpRequest) -> HttpResponse:
    """The front page: a lead, three seconds, news with dates, research, topics, publications, experts."""
    language = current_language()
    front = compose(language)
    site = furniture(request).site
    context = {
        "lead": front.lead,
        "seconds": front.places[Place.SECOND],
        "research": front.places[Place.RESEARCH],
        "news": front.places[Place.NEWS],
        "topics": topics_with_newest(language, front.shown),
        "regions": subjects_shown(Region),
        "shelf": shelf(language),
        "faces": faces(now=timezone.now()),
        "head": head_for(
            request,
            site.name,
            site.tagline,
            feeds=[_everything_feed()],
            schema=[organisation(site), {"@type": "WebSite", "name": site.name, "url": absolute("/")}],
        ),
    }
    return render(request, "home.html", context)


def shelf(language: str) -> list[tuple[Series, list[Publication]]]:
    """The series that have published something, in their order, each with its newest. One query."""
    rows = on_shelf(language, now=timezone.now())
    return [(line, list(items)) for line, items in groupby(rows, key=lambda row: row.series)]


@Prepared
def on_shelf(language: str, now: datetime.datetime) -> Any:
    """The newest publications of each series, series by series."""
    return (
        Publication.objects.for_readers_in(language, now)
        .filter(series__hidden=False)
        .newest_of_each_series(ON_SHELF)
        .order_by("series__position", "series__name_en", "series_id", "rank")
        .select_related("series", "cover")
        .defer("abstract", "contents")
    )


@Prepared
def faces(now: datetime.datetime) -> Any:
    """The first experts of those who are not former ones, with what a face shows."""
    experts = Expert.objects.published(now).filter(groups__former=False, groups__hidden=False).distinct()
    unread = ("biography_en", "biography_zh", "affiliations_en", "affiliations_zh")
    return experts.select_related("portrait").defer(*unread)[:FACES]


def news(request: HttpRequest) -> HttpResponse:
    """News & Events: everything under a news section, newest first, with the sections' own newest."""
    rows = {"article": Article.objects.in_pictured_lists}
    context = listing(request, Shelf("news", 0, current_language(), rows))
    context["sections"] = subjects_shown(NewsSection)
    context["head"] = head_for(
        request,
        _("News & Events"),
        _("News, announcements and events of the institute."),
        feeds=[_everything_feed()],
        trail=[(_("Home"), "/")],
    )
    return render(request, "news.html", context)


def research(request: HttpRequest) -> HttpResponse:
    """Latest Research: research, commentary and interviews together with publications."""
    both = {"article": Article.objects.in_lists, "publication": Publication.objects.in_lists}
    context = listing(request, Shelf("research", 0, current_language(), both))
    context["head"] = head_for(
        request,
        _("Latest Research"),
        _("Research, commentary, interviews and publications of the institute."),
        feeds=[_everything_feed()],
        trail=[(_("Home"), "/")],
    )
    return render(request, "research.html", context)


def _everything_feed() -> tuple[str, str, str]:
    return (str(_("Everything new")), reverse("feed-rss"), reverse("feed-atom"))


def healthz(request: HttpRequest) -> HttpResponse:
    """Whether this process can serve: 200 and “ok”, or 503 when the database does not answer.

    The second line says when ``tick`` last ran; that it is late is no reason to fail.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT number FROM publishing_contentversion")
            cursor.fetchone()
    except DatabaseError:
        status, text = 503, "the database does not answer\n"
    else:
        status, text = 200, f"ok\n{heartbeat.in_words()}\n"
    return HttpResponse(text, status=status, content_type="text/plain", headers={"Cache-Control": "no-store"})


def robots(request: HttpRequest) -> HttpResponse:
    """robots.txt: everything but the admin and search, and where the sitemap lies."""
    lines = ["User-agent: *", "Disallow: /admin/", "Disallow: /search/", "Disallow: /zh/search/", ""]
    lines += [f"Sitemap: {absolute(path)}" for path in ("/sitemap.xml", "/sitemap-news.xml")]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain")


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404 in the site's look; a text that exists in the other language only is offered there."""
    context = {
        "other_edition": other_edition(request.path_info),
        "head": head_for(request, _("Page not found"), languages=(), noindex=True),
    }
    return render(request, "404.html", context, status=404)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403 in the site's look."""
    context = {"head": head_for(request, _("Not allowed"), languages=(), noindex=True)}
    return render(request, "403.html", context, status=403)


def form_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form of the admin that came without its token, or with one of an earlier session.

    A text's form is kept for its person, whom it names itself, and opens again, to be saved from there.
    """
    page = kept_page(request)
    return redirect(page) if page else permission_denied(request)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: a page that needs neither database nor settings."""
    return render(None, "500.html", status=500)
