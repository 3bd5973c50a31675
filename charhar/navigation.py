"""Menu and foot: made once per content version and language, from six queries, and then only looked up."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from django.core.cache import cache
from django.db.models import CharField, F, QuerySet, Value
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from articles.models import Article, NewsSection
from charhar.pages.models import FollowLink, InstitutePage, SiteSettings
from charhar.publishing.languages import CHINESE, ENGLISH, current_language, with_prefix
from charhar.publishing.version import current_version
from charhar.taxonomy.bilingual import is_chinese
from charhar.taxonomy.models import Region, Topic
from publications.models import Publication, Series

KEPT_SECONDS = 3600
# In the page itself: as a request of its own it would stand in the way of what readers came for.
SEAL = Path(__file__).resolve().parent / "static" / "charhar" / "img" / "seal.svg"
# Stands in the kept header where the address of this page in the other language belongs.
OTHER_LANGUAGE = "/@other-language@/"
OTHER_TAG = {ENGLISH: "zh-Hans", CHINESE: "en"}


class Item(NamedTuple):
    """One text in a panel; the whole title, always."""

    title: str
    url: str
    date: Any = None
    lang: str = ""


@dataclass
class Block:
    """A heading in a panel with its newest texts and where there is more."""

    label: str
    url: str
    items: list[Item]
    lang: str = ""

    @property
    def more_url(self) -> str:
        """Where the block's “More” leads."""
        return self.url


@dataclass
class Menu:
    """One entry of the main menu, with its own entries and its panel of newest work."""

    key: str
    label: str
    url: str
    entries: list["Term"] = field(default_factory=list)
    panel: list[Block] = field(default_factory=list)


class Furniture(NamedTuple):
    """What stands around every page's own text."""

    header: SafeString
    foot: SafeString
    site: SiteSettings


def furniture(request: HttpRequest) -> Furniture:
    """Header, foot and site settings for the request's language; once a request.

    One query for the content version; six more when nobody has asked since it was raised.
    """
    if hasattr(request, "_furniture"):
        return request._furniture
    version = getattr(request, "content_version", None) or current_version()
    language = current_language()
    key = f"furniture:{version.key}:{language}"
    kept = cache.get(key)
    if kept is None:
        kept = make_furniture(language)
        if not hasattr(request, "banner"):  # else made from what is only pretended
            cache.set(key, kept, KEPT_SECONDS)
    request._furniture = kept  # type: ignore[attr-defined]
    return kept


def make_furniture(language: str) -> Furniture:
    """Make header and foot anew. Six queries."""
    site = SiteSettings.load()
    follow = list(FollowLink.objects.select_related("qr_picture")) if site.pk else []
    context = {
        "site": site,
        "seal": mark_safe(SEAL.read_text().strip()),  # noqa: S308  a file of ours
        "language": language,
        "utility": utility_links(),
        "menus": menus(language),
        "follow_links": follow,
        "institute_links": institute_links(),
        "other_language_url": OTHER_LANGUAGE,
        "other_language_label": "English" if language == CHINESE else "中文",
        "other_language_tag": OTHER_TAG[language],
        "year": timezone.localdate().year,
    }
    return Furniture(
        mark_safe(render_to_string("components/header.html", context)),  # noqa: S308  a template's own output
        mark_safe(render_to_string("components/foot.html", context)),  # noqa: S308
        site,
    )


def utility_links() -> list[tuple[str, str]]:
    """The links at the very top, in the client's order."""
    return [
        (_("Home"), reverse("home")),
        (_("Our Experts"), reverse("experts")),
        *institute_links()[:-1],
    ]


def institute_links() -> list[tuple[str, str]]:
    """The institute's links at the foot, in the client's order."""
    return [
        (_("About Us"), reverse("about")),
        (_("Founding Chairman"), reverse("page", args=["founding-chairman"])),
        (_("Experts"), reverse("experts")),
        (_("Latest Research"), reverse("research")),
        (_("News & Events"), reverse("news")),
        (_("Publications"), reverse("publications")),
        (_("Support Charhar"), reverse("support")),
        (_("Careers"), reverse("careers")),
    ]


def menus(language: str) -> list[Menu]:
    """The main menu with its panels: what staff added, named, ordered and did not hide. Four queries."""
    terms = _terms(language)
    topic_items = newest_by_topic([term.pk for term in terms["topic"]], language)
    series_items = newest_by_series(language)
    news_items = newest_news(language)
    topics, series = terms["topic"], terms["series"]
    return [
        Menu("about", _("About Us"), reverse("about"), terms["page"]),
        Menu(
            "regions",
            _("Regions"),
            reverse("regions"),
            _with_all(_("All Regions"), "regions", terms["region"]),
        ),
        Menu(
            "topics",
            _("Topics"),
            reverse("topics"),
            _with_all(_("All Topics"), "topics", topics),
            [Block(t.label, t.url, topic_items[t.pk], t.lang) for t in topics if t.pk in topic_items],
        ),
        Menu("experts", _("Experts"), reverse("experts")),
        Menu(
            "publications",
            _("Publications"),
            reverse("publications"),
            _with_all(_("All Publications"), "publications", series),
            [Block(t.label, t.url, series_items[t.pk], t.lang) for t in series if t.pk in series_items],
        ),
        Menu(
            "news",
            _("News & Events"),
            reverse("news"),
            _with_all(_("News & Events"), "news", terms["section"]),
            [Block(_("News & Events"), reverse("news"), news_items)] if news_items else [],
        ),
    ]


class Term(NamedTuple):
    """An entry of the menu; ``lang`` where its label is not in the page's language."""

    pk: int
    label: str
    url: str
    lang: str = ""


def _with_all(label: str, route: str, terms: list[Term]) -> list[Term]:
    return [Term(0, label, reverse(route)), *terms]


def _terms(language: str) -> dict[str, list[Term]]:
    """Pages, regions, topics, series and sections in one query, each in its order."""
    routes = {"region": Region, "topic": Topic, "series": Series, "section": NewsSection}
    columns = ("what", "pk", "name_en", "name_zh", "slug", "position")
    parts: list[QuerySet] = [
        model.objects.shown().annotate(what=Value(what, CharField())).order_by().values_list(*columns)
        for what, model in routes.items()
    ]
    pages = InstitutePage.objects.published().filter(root="about", in_menu=True)
    pages = pages.in_language(language).annotate(what=Value("page", CharField()), menu_name=F("menu_title"))
    parts.append(pages.order_by().values_list("what", "pk", "title", "menu_name", "slug", "position"))
    terms: dict[str, list[Term]] = {what: [] for what in [*routes, "page"]}
    rows = parts[0].union(*parts[1:], all=True)
    for what, pk, name_en, name_zh, slug, _position in sorted(rows, key=lambda row: (row[5], row[2])):
        if what == "page":
            url = reverse("about") if slug == "about" else reverse("page", args=[slug])
            terms[what].append(Term(pk, name_zh or name_en, url))
        else:
            ours, theirs = (name_zh, name_en) if is_chinese() else (name_en, name_zh)
            lang = "" if ours else OTHER_TAG[current_language()]
            terms[what].append(Term(pk, ours or theirs, reverse(routes[what].route, args=[slug]), lang))
    return terms


def _item(title: str, path: str, language: str, date: Any = None) -> Item:
    here = current_language()
    return Item(title, with_prefix(path, language), date, "" if language == here else OTHER_TAG[here])


def newest_by_topic(topics: list[int], language: str) -> dict[int, list[Item]]:
    """The newest two articles of each topic, by the topic's key. One query."""
    newest = Article.objects.newest_under(Topic, topics, language)
    return {
        subject: [_item(a.title, f"/articles/{a.slug}/", a.language, a.date) for a in articles]
        for subject, articles in newest.items()
    }


def newest_by_series(language: str, each: int = 2) -> dict[int, list[Item]]:
    """The newest publications of every series, by the series' key. One query."""
    rows = (
        Publication.objects.for_readers_in(language)
        .newest_of_each_series(each)
        .values_list("series_id", "title", "series__slug", "slug", "language", "date")
    )
    items: dict[int, list[Item]] = {}
    for series, title, series_slug, slug, its_language, date in rows:
        items.setdefault(series, []).append(
            _item(title, f"/publications/{series_slug}/{slug}/", its_language, date)
        )
    return items


def newest_news(language: str, count: int = 6) -> list[Item]:
    """The newest of News & Events, with dates. One query."""
    rows = Article.objects.for_readers_in(language).in_news().newest_first()[:count]
    return [
        _item(title, f"/articles/{slug}/", its_language, date)
        for title, slug, its_language, date in rows.values_list("title", "slug", "language", "date")
    ]


class Navigation:
    """The furniture of one page: fetched when first shown, with the page's own place marked."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def furniture(self) -> Furniture:
        """The kept header, foot and settings."""
        return furniture(self.request)

    @property
    def site(self) -> SiteSettings:
        """The site's settings."""
        return self.furniture.site

    @property
    def header(self) -> SafeString:
        """The header, with the current page marked and the way to the other language."""
        other = with_prefix("/", ENGLISH if current_language() == CHINESE else CHINESE)
        path = getattr(self.request, "other_language_path", other)
        return mark_safe(self._marked(self.furniture.header).replace(OTHER_LANGUAGE, path))  # noqa: S308

    @property
    def foot(self) -> SafeString:
        """The foot, with the current page marked."""
        return mark_safe(self._marked(self.furniture.foot))  # noqa: S308

    def _marked(self, html: str) -> str:
        link = f'<a href="{self.request.path}"'
        return html.replace(link, f'{link} aria-current="page"')
