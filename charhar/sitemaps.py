"""Sitemaps: every public address by kind and language, with its other edition and picture; and the news."""

import datetime
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.db.models import F
from django.db.models.functions import Coalesce
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


class OwnSitemap(Sitemap):
    """Addresses in one language, under settings.SITE_URL whatever Host the request names."""

    limit = 5000

    def __init__(self, language: str) -> None:
        self.language = language

    def get_domain(self, site: Any = None) -> str:
        return urlsplit(settings.SITE_URL).netloc

    def get_protocol(self, protocol: str | None = None) -> str:
        return urlsplit(settings.SITE_URL).scheme

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


class Texts(OwnSitemap):
    """Published texts of one model in one language; bodies are not read."""

    def __init__(self, model: Any, language: str, picture: str = "", above: str = "") -> None:
        """``picture`` names the relation to the text's image, ``above`` one that its address needs."""
        super().__init__(language)
        self.model, self.picture, self.above = model, picture, above

    def items(self) -> Any:
        related = list(filter(None, [self.picture, self.above]))
        columns = ["slug", "updated_at", "language", "translation_of", *related]
        columns += ["root"] if self.model is InstitutePage else []
        return (
            self.model.objects.published()
            .filter(language=self.language)
            .select_related(*related)
            .only(*columns)
            .order_by("-publish_at", "-pk")
        )

    def location(self, text: Any) -> str:
        return text.get_absolute_url()

    def lastmod(self, text: Any) -> datetime.datetime:
        return text.updated_at

    def editions(self, items: Sequence[Any]) -> dict[Any, dict[str, str]]:
        originals = {text.translation_of_id or text.pk: text for text in items}
        others = (
            self.model.objects.published()
            .exclude(language=self.language)
            .annotate(original=Coalesce(F("translation_of_id"), F("pk")))
            .filter(original__in=originals)
        )
        if self.above:
            others = others.select_related(self.above)
        found = {}
        for other in others.defer(*BODIES.get(self.model, ())):
            text = originals[other.original]
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

    def editions(self, items: Sequence[Any]) -> dict[Any, dict[str, str]]:
        return {}

    def get_urls(self, page: Any = 1, site: Any = None, protocol: str | None = None) -> list[dict[str, Any]]:
        urls = super().get_urls(page, site, protocol)
        for url in urls:
            url["title"] = xml_text(url["item"].title)
        return urls


BODIES: dict[Any, tuple[str, ...]] = {
    Article: ("body", "references", "editors_note"),
    Publication: ("abstract", "contents"),
    InstitutePage: ("body",),
}
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
