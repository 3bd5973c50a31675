"""Sitemaps: every public address, by kind, with its other edition where there is one."""

import datetime
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from articles.models import Article, NewsSection
from charhar.pages.models import InstitutePage
from charhar.publishing.languages import CHINESE, ENGLISH, with_prefix
from charhar.taxonomy.models import Region, Topic
from experts.models import Expert, Office, Programme
from publications.models import Publication, Series


class OwnSitemap(Sitemap):
    """Addresses under settings.SITE_URL, whatever Host the request names."""

    limit = 5000

    def get_domain(self, site: Any = None) -> str:
        return urlsplit(settings.SITE_URL).netloc

    def get_protocol(self, protocol: str | None = None) -> str:
        return urlsplit(settings.SITE_URL).scheme


class Texts(OwnSitemap):
    """Published texts of one model; bodies are not read."""

    def __init__(self, model: Any, *columns: str) -> None:
        self.model = model
        self.columns = columns

    def items(self) -> Any:
        return (
            self.model.objects.published()
            .only("slug", "updated_at", "language", *self.columns)
            .order_by("-publish_at", "-pk")
        )

    def location(self, text: Any) -> str:
        return text.get_absolute_url()

    def lastmod(self, text: Any) -> datetime.datetime:
        return text.updated_at


class Publications(Texts):
    """Publications, whose address holds their series'."""

    def items(self) -> Any:
        return super().items().select_related("series")


class BothLanguages(OwnSitemap):
    """Rows that have a page in each language."""

    def rows(self) -> Sequence[Any]:
        """What stands in the map, once."""
        raise NotImplementedError

    def items(self) -> Any:
        return [(row, language) for row in self.rows() for language in (ENGLISH, CHINESE)]

    def location(self, item: Any) -> str:
        row, language = item
        return with_prefix(row if isinstance(row, str) else row.address(), language)


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
            for name in ("home", "research", "news", "regions", "topics", "experts", "publications")
        ]


SITEMAPS: dict[str, Any] = {
    "lists": Lists(),
    "articles": Texts(Article),
    "publications": Publications(Publication, "series__slug"),
    "pages": Texts(InstitutePage, "root"),
    "experts": Experts(),
    "subjects": Subjects(),
}
