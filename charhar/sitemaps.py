"""Sitemaps: every public address by kind and language, with its other edition and picture; and the news.

Texts are parted by their keys: a part costs the same whichever it is, a text stays in its part for good, and
in no other, and what is published or expires meanwhile moves nothing from one part to the next.
"""

import datetime
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import x_robots_tag
from django.core.paginator import EmptyPage, Page, PageNotAnInteger, Paginator
from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from articles.feeds import xml_text
from articles.models import Article, NewsSection
from charhar.library.templatetags.pictures import social_card
from charhar.outreach.models import Newsletter, Vacancy
from charhar.pages.models import InstitutePage
from charhar.publishing.head import HREFLANG, absolute
from charhar.publishing.languages import CHINESE, ENGLISH, with_prefix
from charhar.taxonomy.models import Region, Topic
from experts.models import Expert, Office, Programme
from publications.models import Publication, Series

NEWS_LASTS = datetime.timedelta(
    days=2
)  # longer is no news to search engines; nor do they read more than 1,000
# How many keys a part of the texts spans: never more addresses, and less than a second's work.
KEYS_A_PART = 1_000


class OwnSitemap(Sitemap):
    """Addresses in one language, under settings.SITE_URL whatever Host the request names."""

    limit = 5000

    def __init__(self, language: str) -> None:
        self.language = language

    def get_domain(self, site: Any = None) -> str:
        return urlsplit(settings.SITE_URL).netloc

    def get_protocol(self, protocol: str | None = None) -> str:
        return urlsplit(settings.SITE_URL).scheme

    def parts(self) -> Iterable[int]:
        """The numbers of the map's parts that hold something, in order."""
        return self.paginator.page_range

    def editions(self, items: Sequence[Any]) -> dict[Any, dict[str, str]]:
        """The path in each language of those items of one page of the map that have both."""
        raise NotImplementedError

    def get_urls(self, page: Any = 1, site: Any = None, protocol: str | None = None) -> list[dict[str, Any]]:
        """Django's rows, with both editions' addresses where there are two. One query more for texts."""
        urls = super().get_urls(page, site, protocol)
        editions = self.editions([url["item"] for url in urls])
        for url in urls:
            paths = editions.get(url["item"])
            if paths:
                url["alternates"] = [
                    {"lang_code": tag, "location": absolute(path)}
                    for tag, path in (
                        (HREFLANG[ENGLISH], paths[ENGLISH]),
                        (HREFLANG[CHINESE], paths[CHINESE]),
                        ("x-default", paths[ENGLISH]),
                    )
                ]
        return urls


class ByKeys(Paginator):
    """Texts in parts of so many keys each; a part may hold few, and none but the first nothing."""

    def page(self, number: Any) -> Page:
        """One part. Raises ``EmptyPage`` where nobody's key is in it. One query."""
        try:
            number = int(number)
        except ValueError as error:
            raise PageNotAnInteger(f"{number!r} is no number.") from error
        first = (number - 1) * self.per_page
        texts = list(self.object_list.filter(pk__gt=first, pk__lte=first + self.per_page))  # type: ignore[attr-defined]
        if not texts and number != 1:
            raise EmptyPage(f"No text has a key of part {number}.")
        return Page(texts, number, self)


class Texts(OwnSitemap):
    """Published texts of one model in one language; bodies are not read."""

    def __init__(self, model: Any, language: str, picture: str = "", above: str = "") -> None:
        """``picture`` names the relation to the text's image, ``above`` one that its address needs."""
        super().__init__(language)
        self.model, self.picture, self.above = model, picture, above
        self.columns = ["slug", "language", "translation_of", *(["root"] if model is InstitutePage else [])]

    def items(self) -> Any:
        related = list(filter(None, [self.picture, self.above]))
        return (
            self.model.objects.published()
            .filter(language=self.language)
            .select_related(*related)
            .only(*self.columns, "updated_at", *related)
            .order_by("pk")
        )

    @property
    def paginator(self) -> Paginator:
        return ByKeys(self.items(), KEYS_A_PART)

    def parts(self) -> Iterable[int]:
        """One query, with a look at the primary key for each part."""
        after = RawSQL("(part.first + %s) / %s * %s", (KEYS_A_PART - 1, KEYS_A_PART, KEYS_A_PART))
        texts = self.items().select_related(None).values_list("pk")
        first, first_params = _sql(texts[:1])
        later, later_params = _sql(texts.filter(pk__gt=after)[:1])
        statement = f"""WITH RECURSIVE part(first) AS (
            SELECT ({first}) UNION ALL SELECT ({later}) FROM part WHERE part.first IS NOT NULL
        ) SELECT (part.first - 1) / %s + 1 FROM part WHERE part.first IS NOT NULL"""  # noqa: S608  the ORM's own
        with connection.cursor() as cursor:
            cursor.execute(statement, [*first_params, *later_params, KEYS_A_PART])
            return [number for (number,) in cursor.fetchall()]

    def location(self, text: Any) -> str:
        return text.get_absolute_url()

    def lastmod(self, text: Any) -> datetime.datetime:
        return text.updated_at

    def editions(self, items: Sequence[Any]) -> dict[Any, dict[str, str]]:
        originals = {text.translation_of_id or text.pk: text for text in items}
        translated = [text.translation_of_id for text in items if text.translation_of_id]
        others = (
            self.model.objects.published()
            .exclude(language=self.language)
            .filter(Q(translation_of__in=originals) | Q(pk__in=translated))
        )
        if self.above:
            others = others.select_related(self.above)
        found = {}
        for other in others.only(*self.columns, *filter(None, [self.above])).order_by():
            text = originals[other.translation_of_id or other.pk]
            found[text] = {
                text.language: text.get_absolute_url(),
                other.language: other.get_absolute_url(),
            }
        return found

    def get_urls(self, page: Any = 1, site: Any = None, protocol: str | None = None) -> list[dict[str, Any]]:
        urls = super().get_urls(page, site, protocol)
        for url in urls if self.picture else ():
            card = social_card(getattr(url["item"], self.picture))
            url["images"] = [card.url] if card else []
        return urls


def _sql(queryset: Any) -> tuple[str, tuple[Any, ...]]:
    """A queryset as the connection's SQL, and its parameters."""
    return queryset.query.get_compiler(connection=connection).as_sql()


class BothLanguages(OwnSitemap):
    """Rows that have a page in each language."""

    def rows(self) -> Sequence[Any]:
        """What stands in the map."""
        raise NotImplementedError

    def items(self) -> Any:
        return self.rows()

    def location(self, row: Any) -> str:
        return with_prefix(row if isinstance(row, str) else row.address(), self.language)

    def editions(self, items: Sequence[Any]) -> dict[Any, dict[str, str]]:
        return {
            row: {
                language: with_prefix(row if isinstance(row, str) else row.address(), language)
                for language in (ENGLISH, CHINESE)
            }
            for row in items
        }


class Experts(BothLanguages):
    """Published profiles."""

    def rows(self) -> Sequence[Any]:
        return list(Expert.objects.published().only("slug"))


class Subjects(BothLanguages):
    """What menus and lists show: regions, topics, series, sections, offices, programmes."""

    def rows(self) -> Sequence[Any]:
        models = (Region, Topic, Series, NewsSection, Office, Programme)
        return [row for model in models for row in model.objects.shown().only("slug")]  # type: ignore[attr-defined]


class Lists(BothLanguages):
    """The site's fixed pages."""

    def rows(self) -> Sequence[Any]:
        return [
            reverse(name)
            for name in (
                "home",
                "research",
                "news",
                "regions",
                "topics",
                "experts",
                "for-journalists",
                "publications",
                "newsletters",
                "funding",
            )
        ] + [vacancy.address() for vacancy in Vacancy.objects.open().only("slug")]


class Newsletters(OwnSitemap):
    """Those in the archive."""

    def items(self) -> Any:
        return Newsletter.objects.in_archive().filter(language=self.language)

    def location(self, newsletter: Newsletter) -> str:
        return newsletter.get_absolute_url()

    def lastmod(self, newsletter: Newsletter) -> datetime.datetime | None:
        return newsletter.begun_at

    def editions(self, items: Sequence[Any]) -> dict[Any, dict[str, str]]:
        return {}


class News(Texts):
    """Articles of the last two days in both languages, as Google's news sitemaps ask for them."""

    limit = 1000

    def __init__(self) -> None:
        super().__init__(Article, "")

    def items(self) -> Any:
        return (
            Article.objects.published()
            .filter(publish_at__gt=timezone.now() - NEWS_LASTS)
            .only("slug", "title", "language", "publish_at", "updated_at")
            .order_by("-publish_at", "-pk")
        )

    @property
    def paginator(self) -> Paginator:
        return Paginator(self.items(), self.limit)

    def editions(self, items: Sequence[Any]) -> dict[Any, dict[str, str]]:
        return {}

    def get_urls(self, page: Any = 1, site: Any = None, protocol: str | None = None) -> list[dict[str, Any]]:
        urls = super().get_urls(page, site, protocol)
        for url in urls:
            url["title"] = xml_text(url["item"].title)
        return urls


SITEMAPS: dict[str, Any] = {
    f"{name}{suffix}": kind
    for suffix, language in (("", ENGLISH), ("-zh", CHINESE))
    for name, kind in {
        "lists": Lists(language),
        "articles": Texts(Article, language, "lead_image"),
        "publications": Texts(Publication, language, "cover", "series"),
        "pages": Texts(InstitutePage, language),
        "experts": Experts(language),
        "subjects": Subjects(language),
        "newsletters": Newsletters(language),
    }.items()
}
NEWS_SITEMAP: dict[str, Any] = {"news": News()}


@x_robots_tag
def index(request: HttpRequest) -> HttpResponse:
    """The addresses of all parts of all maps; without dates, which would take a look at every text."""
    locations = []
    for section, sitemap in SITEMAPS.items():
        address = absolute(reverse("sitemap", args=[section]))
        locations += [f"{address}?p={part}" if part > 1 else address for part in sitemap.parts()]
    entries = "".join(f"<sitemap><loc>{location}</loc></sitemap>\n" for location in locations)
    return HttpResponse(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}</sitemapindex>\n',
        content_type="application/xml",
    )
