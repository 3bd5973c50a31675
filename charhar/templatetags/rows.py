"""The rows of lists, written in one go: ``{% load rows %}{% rows items %}``.

Of a list's page these are nearly everything, twenty times the same: as templates of their own they took three
quarters of the time that making the page did.
"""

from collections.abc import Iterable
from functools import cached_property
from html import escape
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from charhar.library.templatetags.pictures import picture
from charhar.taxonomy.bilingual import is_chinese

from .presentation import dated_in, elided, lang, list_address, names, page_address

register = template.Library()

HEADING = "h2"


@register.simple_tag(takes_context=True)
def rows(context: template.Context, items: Iterable[Any]) -> SafeString:
    """Texts as rows of a list. What stands in the context varies them: ``h``, the element of their headings;
    ``no_kind`` and ``no_byline``; ``pictured_first``; ``publications_only`` where all are of one series."""
    writer = Writer(context.get("h") or HEADING)
    kind, byline = not context.get("no_kind"), not context.get("no_byline")
    series, pictured = not context.get("publications_only"), bool(context.get("pictured_first"))
    written = [
        writer.publication(item, series=series)
        if item.is_publication
        else writer.article(item, kind=kind, byline=byline, pictured=pictured and not number)
        for number, item in enumerate(items)
    ]
    return mark_safe("".join(written))  # noqa: S308  each is escaped


@register.simple_tag
def article_row(item: Any, h: str = HEADING, pictured: bool = False) -> SafeString:
    """One article as a row."""
    return mark_safe(Writer(h).article(item, pictured=pictured))  # noqa: S308  escaped


@register.simple_tag
def publication_row(item: Any, h: str = HEADING) -> SafeString:
    """One publication as a row, with its series."""
    return mark_safe(Writer(h).publication(item))  # noqa: S308  escaped


@register.simple_tag
def lines(items: Iterable[Any]) -> SafeString:
    """Texts as one line each: title and day."""
    writer = Writer(HEADING)
    return mark_safe("".join(map(writer.line, items)))  # noqa: S308  each is escaped


class Writer:
    """Writes texts as items of lists, for one page: what is the same for all of them is asked for once.

    No query beyond what it shows. Whatever is not markup of its own it escapes.
    """

    def __init__(self, h: str) -> None:
        self.h = h
        self.chinese = is_chinese()
        self.html_lang = "zh-Hans" if self.chinese else "en"
        self.kinds: dict[str, str] = {}

    def article(self, item: Any, *, kind: bool = True, byline: bool = True, pictured: bool = False) -> str:
        """An article; without its ``byline`` it says where it first ran."""
        attribute = self._attribute(item)
        shown, label = "", ""
        if pictured and item.lead_image:
            sizes = "(min-width: 60rem) 17rem, 100vw"
            shown = f'<div class="row-pic">{picture(item.lead_image, sizes=sizes, ratio="3:2", alt="")}</div>'
        if kind:
            label = f'<span class="label">{self._kind(item)}</span>'
        return f"""<li class="row{" pictured" if shown else ""}">
<div class="row-side">{label}{self._day(item)}{self._edition(item, attribute)}</div>
<div class="row-main">{self._heading(item, attribute)}
{_standfirst(item, attribute)}
{self._byline(item, attribute) if byline else self._outlet(item)}</div>
{shown}
</li>
"""

    def publication(self, item: Any, *, series: bool = True) -> str:
        """A publication, with its ``series`` where they may be of several."""
        attribute = self._attribute(item)
        label, cover = "", ""
        if series:
            label = f'<span class="label"{lang(item.series, "name")}>{escape(item.series.name)}</span>'
        if item.cover:
            shown = picture(item.cover, sizes="8rem", alt="", **{"class": "cover"})
            cover = f'<div class="row-pic">{shown}</div>'
        people = item.contributors.all()
        by = f'<p class="by">{names(people, item)}</p>' if people else ""
        issue = f'<p class="issue">{escape(item.issue_label)}</p>' if item.issue_label else ""
        return f"""<li class="row{" covered" if cover else ""}">
<div class="row-side">{label}{self._day(item)}{self._edition(item, attribute)}</div>
<div class="row-main">{self._heading(item, attribute)}
{issue}
{_standfirst(item, attribute)}
{by}</div>
{cover}
</li>
"""

    def line(self, item: Any) -> str:
        """A text's title and day."""
        attribute = self._attribute(item)
        edition = self._edition(item, attribute)
        link = f'<a href="{escape(item.get_absolute_url())}"{attribute}>{escape(item.title)}</a>'
        return f"<li>{link} {self._day(item)}{' ' if edition else ''}{edition}</li>"

    def _attribute(self, item: Any) -> str:
        """As the filter ``lang``."""
        tag = item.html_lang
        return "" if tag == self.html_lang else f' lang="{tag}"'

    def _kind(self, item: Any) -> str:
        if item.kind not in self.kinds:
            self.kinds[item.kind] = escape(item.get_kind_display())
        return self.kinds[item.kind]

    def _day(self, item: Any) -> str:
        return dated_in(item.date, self.chinese) if item.date else ""

    def _edition(self, item: Any, attribute: str) -> str:
        """The name of a text's language where that is not the page's."""
        if not attribute:
            return ""
        return f'<span class="edition" lang="{item.html_lang}">{escape(item.get_language_display())}</span>'

    def _heading(self, item: Any, attribute: str) -> str:
        link = f'<a href="{escape(item.get_absolute_url())}">{escape(item.title)}</a>'
        return f"<{self.h}{attribute}>{link}</{self.h}>"

    @cached_property
    def _by(self) -> str:
        return gettext("By %(names)s")

    def _byline(self, item: Any, attribute: str) -> str:
        authors = item.authors
        if not authors:
            return ""
        if len(authors) == 1 and not attribute:
            return f'<p class="by">{self._by % {"names": escape(authors[0].name)}}</p>'
        return f'<p class="by">{self._by % {"names": names(authors, item)}}</p>'

    def _outlet(self, item: Any) -> str:
        outlet = item.outlet
        if outlet is None:
            return ""
        name, attribute = escape(outlet.name), lang(outlet, "name")
        where = f"<span{attribute}>{name}</span>"
        if item.outlet_url:
            where = f'<a href="{escape(item.outlet_url)}" rel="external"{attribute}>{name}</a>'
        return f'<p class="by">{gettext("First published in ")}{where}</p>'


def _standfirst(item: Any, attribute: str) -> str:
    return f'<p class="standfirst"{attribute}>{escape(item.standfirst)}</p>' if item.standfirst else ""


@register.simple_tag(takes_context=True)
def year_links(context: template.Context, years: Iterable[int]) -> SafeString:
    """The list shown, with all years and narrowed to each."""
    narrowed, chosen = context.get("narrowed") or {}, context.get("year") or None
    written = []
    for year in (None, *years):
        address, words = escape(list_address(**narrowed, year=year)), year or gettext("All years")
        current = ' aria-current="true"' if year == chosen else ""
        written.append(f'<li><a href="{address}"{current}>{words}</a></li>')
    return mark_safe("".join(written))  # noqa: S308  addresses are escaped


@register.simple_tag(takes_context=True)
def page_links(context: template.Context, page: Any) -> SafeString:
    """The pages around the one shown, by number."""
    written = []
    for number in elided(page):
        if not isinstance(number, int):
            written.append('<li><span aria-hidden="true">…</span></li>')
            continue
        label = gettext("Page %(number)s") % {"number": number}
        current = ' aria-current="page"' if number == page.number else ""
        address = escape(page_address(context, number))
        written.append(f'<li><a href="{address}" aria-label="{label}"{current}>{number}</a></li>')
    return mark_safe("".join(written))  # noqa: S308  addresses are escaped
