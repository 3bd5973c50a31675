"""The pages that belong to no one app: home, News & Events, Latest Research, health, errors."""

import datetime
from typing import Any

from django.db import DatabaseError, connection
from django.db.models import CharField, Q, Value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.models import Article, NewsSection
from charhar.models import HomeSlot
from charhar.pages.models import SiteSettings
from charhar.publishing.addresses import other_edition
from charhar.publishing.head import absolute, head_for, organisation
from charhar.publishing.languages import current_language
from charhar.publishing.listing import listing
from charhar.taxonomy.models import Region, Topic
from experts.models import Expert
from publications.models import Publication

SECONDS = 3
NEWS = 6
ON_SHELF = 6
FACES = 6


def home(request: HttpRequest) -> HttpResponse:
    """The front page: a lead, three seconds, news with dates, research, topics, publications, experts."""
    language = current_language()
    lead, seconds, research = front_articles(language)
    topics = list(Topic.objects.shown())
    newest = Article.objects.newest_under(Topic, language)
    experts = Expert.objects.published().filter(groups__former=False, groups__hidden=False).distinct()
    site = SiteSettings.load()
    context = {
        "lead": lead,
        "seconds": seconds,
        "research": research,
        "news": Article.objects.for_readers_in(language).in_news().newest_first().defer("body")[:NEWS],
        "topics": [(topic, newest.get(topic.pk, [])) for topic in topics],
        "regions": Region.objects.shown(),
        "shelf": Publication.objects.for_readers_in(language)
        .select_related("series", "cover")
        .newest_first()[:ON_SHELF],
        "faces": experts.select_related("portrait")[:FACES],
        "head": head_for(
            request,
            site.name,
            site.tagline,
            feeds=[_everything_feed()],
            schema=[organisation(site), {"@type": "WebSite", "name": site.name, "url": absolute("/")}],
        ),
    }
    return render(request, "home.html", context)


def front_articles(language: str) -> tuple[Article | None, list[Article], list[Article]]:
    """The lead, the second row and the latest research: first what editors pinned, then the newest.

    Three queries: the places, the pinned articles with the newest, their bylines.
    """
    now = timezone.now()
    places = HomeSlot.objects.filter(
        Q(show_from__isnull=True) | Q(show_from__lte=now),
        Q(show_until__isnull=True) | Q(show_until__gt=now),
        language=language,
    ).values_list("place", "article_id")
    wanted = list(places)
    readable = Article.objects.published(now).for_list()
    pinned = {a.pk: a for a in readable.filter(pk__in=[pk for _place, pk in wanted])} if wanted else {}
    newest = list(
        Article.objects.for_readers_in(language, now)
        .research()
        .for_list()
        .newest_first()[: SECONDS + 5 + len(pinned)]
    )

    def take(place: str, count: int, used: set[int]) -> list[Article]:
        chosen = [pinned[pk] for where, pk in wanted if where == place and pk in pinned and pk not in used]
        free = [
            a for a in newest if a.pk not in used and a not in chosen and (place == "" or a.pk not in pinned)
        ]
        taken = [*chosen, *free][:count]
        used |= {a.pk for a in taken}
        return taken

    used: set[int] = set()
    lead = take(HomeSlot.Place.LEAD, 1, used)
    seconds = take(HomeSlot.Place.SECOND, SECONDS, used)
    return (lead[0] if lead else None), seconds, take("", 4, used)


def news(request: HttpRequest) -> HttpResponse:
    """News & Events: everything under a news section, newest first, with the sections' own newest."""
    rows = Article.objects.for_readers_in(current_language()).in_news().for_list().newest_first()
    context = listing(request, rows)
    context["sections"] = NewsSection.objects.shown()
    context["head"] = head_for(
        request,
        _("News & Events"),
        _("News, announcements and events of the institute."),
        feeds=[_everything_feed()],
        trail=[(_("Home"), "/")],
    )
    return render(request, "news.html", context)


class Research:
    """Research, commentary, interviews and publications as one list; a page's rows are fetched by kind."""

    COLUMNS = ("language", "date", "publish_at", "pk", "what")

    def __init__(self, language: str, year: int | None = None) -> None:
        self.articles = Article.objects.for_readers_in(language).research()
        self.publications = Publication.objects.for_readers_in(language)
        if year is not None:
            span = (datetime.date(year, 1, 1), datetime.date(year, 12, 31))
            self.articles = self.articles.filter(date__range=span)
            self.publications = self.publications.filter(date__range=span)

    def order_by(self) -> "Research":
        """Unsorted is as good as sorted to whoever asks for the years."""
        return self

    def dates(self, field: str, unit: str, order: str = "DESC") -> list[datetime.date]:
        """The years that hold something. Two queries."""
        both = {
            *self.articles.order_by().dates(field, unit),
            *self.publications.order_by().dates(field, unit),
        }
        return sorted(both, reverse=order == "DESC")

    def filter(self, *, date__gte: datetime.date, date__lte: datetime.date) -> "Research":
        """Narrow by date, as ``listing`` does."""
        narrowed = Research(current_language())
        narrowed.articles = self.articles.filter(date__gte=date__gte, date__lte=date__lte)
        narrowed.publications = self.publications.filter(date__gte=date__gte, date__lte=date__lte)
        return narrowed

    def count(self) -> int:
        """How many there are. Two queries."""
        return self.articles.order_by().count() + self.publications.order_by().count()

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, part: slice) -> list[Any]:
        """One page. One query for the keys, and the rows' own."""
        keys = self._keys(self.articles, "article").union(
            self._keys(self.publications, "publication"), all=True
        )
        chosen = list(keys.order_by("-language", "-date", "-publish_at", "-pk")[part])
        articles = self._fetch(Article.objects.for_list(), [k for k in chosen if k["what"] == "article"])
        publications = self._fetch(
            Publication.objects.for_list(), [k for k in chosen if k["what"] == "publication"]
        )
        rows = {"article": articles, "publication": publications}
        found = [(key["what"], rows[key["what"]].get(key["pk"])) for key in chosen]
        for what, row in found:
            if row is not None:
                row.is_publication = what == "publication"
        return [row for _what, row in found if row is not None]

    def _keys(self, rows: Any, what: str) -> Any:
        return rows.order_by().annotate(what=Value(what, CharField())).values(*self.COLUMNS)

    def _fetch(self, rows: Any, keys: list[Any]) -> dict[int, Any]:
        return rows.in_bulk([key["pk"] for key in keys]) if keys else {}


def research(request: HttpRequest) -> HttpResponse:
    """Latest Research: research, commentary and interviews together with publications."""
    context = listing(request, Research(current_language()))
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
    """Whether this process can serve: 200 and “ok”, or 503 when the database does not answer."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT number FROM publishing_contentversion")
            cursor.fetchone()
    except DatabaseError:
        status, text = 503, "the database does not answer\n"
    else:
        status, text = 200, "ok\n"
    return HttpResponse(text, status=status, content_type="text/plain", headers={"Cache-Control": "no-store"})


def robots(request: HttpRequest) -> HttpResponse:
    """robots.txt: everything but the admin and search, and where the sitemap lies."""
    lines = ["User-agent: *", "Disallow: /admin/", "Disallow: /search/", "Disallow: /zh/search/", ""]
    lines.append(f"Sitemap: {absolute('/sitemap.xml')}")
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


def server_error(request: HttpRequest) -> HttpResponse:
    """500: a page that needs neither database nor settings."""
    return render(None, "500.html", status=500)
