"""The rows of lists, written in one go: ``{% load rows %}{% rows items %}``.

Of a list's page these are nearly everything, twenty times the same: as templates of their own they took three
quarters of the time that making the page did.
"""

from collections.abc import Iterable
from html import escape
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from charhar.library.templatetags.pictures import picture

from .presentation import dated, elided, lang, list_address, names, page_address

register = template.Library()

HEADING = "h2"


@register.simple_tag(takes_context=True)
def rows(context: template.Context, items: Iterable[Any]) -> SafeString:
    """Texts as rows of a list. What stands in the context varies them: ``h``, the element of their headings;
    ``no_kind`` and ``no_byline``; ``pictured_first``; ``publications_only`` where all are of one series."""
    h = context.get("h") or HEADING
    kind, byline = not context.get("no_kind"), not context.get("no_byline")
    series, pictured = not context.get("publications_only"), bool(context.get("pictured_first"))
    written = [
        publication_row(item, h, series=series)
        if item.is_publication
        else article_row(item, h, kind=kind, byline=byline, pictured=pictured and not number)
        for number, item in enumerate(items)
    ]
    return mark_safe("".join(written))  # noqa: S308  each is safe


@register.simple_tag
def article_row(
    item: Any, h: str = HEADING, *, kind: bool = True, byline: bool = True, pictured: bool = False
) -> SafeString:
    """One article as a row; without its ``byline`` it says where it first ran."""
    attribute = lang(item)
    picture_too = pictured and item.lead_image is not None
    by = _byline(item) if byline else _outlet(item)
    label = f'<span class="label">{escape(item.get_kind_display())}</span>' if kind else ""
    shown = ""
    if picture_too:
        sizes = "(min-width: 60rem) 17rem, 100vw"
        shown = f'<div class="row-pic">{picture(item.lead_image, sizes=sizes, ratio="3:2", alt="")}</div>'
    return mark_safe(  # noqa: S308  escaped wherever it is not markup of ours
        f"""<li class="row{" pictured" if picture_too else ""}">
<div class="row-side">{label}{dated(item.date)}{edition(item, attribute)}</div>
<div class="row-main">{_heading(item, h, attribute)}
{_standfirst(item, attribute)}
{by}</div>
{shown}
</li>
"""
    )


@register.simple_tag
def publication_row(item: Any, h: str = HEADING, *, series: bool = True) -> SafeString:
    """One publication as a row, with its ``series`` where they may be of several."""
    attribute = lang(item)
    label = ""
    if series:
        label = f'<span class="label"{lang(item.series, "name")}>{escape(item.series.name)}</span>'
    people = item.contributors.all()
    by = f'<p class="by">{names(people, item)}</p>' if people else ""
    issue = f'<p class="issue">{escape(item.issue_label)}</p>' if item.issue_label else ""
    cover = ""
    if item.cover:
        shown = picture(item.cover, sizes="8rem", alt="", **{"class": "cover"})
        cover = f'<div class="row-pic">{shown}</div>'
    return mark_safe(  # noqa: S308  escaped wherever it is not markup of ours
        f"""<li class="row{" covered" if cover else ""}">
<div class="row-side">{label}{dated(item.date)}{edition(item, attribute)}</div>
<div class="row-main">{_heading(item, h, attribute)}
{issue}
{_standfirst(item, attribute)}
{by}</div>
{cover}
</li>
"""
    )


def edition(item: Any, attribute: str) -> str:
    """The name of a text's language where that is not the page's."""
    if not attribute:
        return ""
    return f'<span class="edition" lang="{item.html_lang}">{escape(item.get_language_display())}</span>'


def _heading(item: Any, h: str, attribute: str) -> str:
    return f'<{h}{attribute}><a href="{escape(item.get_absolute_url())}">{escape(item.title)}</a></{h}>'


def _standfirst(item: Any, attribute: str) -> str:
    return f'<p class="standfirst"{attribute}>{escape(item.standfirst)}</p>' if item.standfirst else ""


def _byline(item: Any) -> str:
    authors = item.authors
    return f'<p class="by">{gettext("By %(names)s") % {"names": names(authors, item)}}</p>' if authors else ""


def _outlet(item: Any) -> str:
    outlet = item.outlet
    if outlet is None:
        return ""
    name, attribute = escape(outlet.name), lang(outlet, "name")
    where = f"<span{attribute}>{name}</span>"
    if item.outlet_url:
        where = f'<a href="{escape(item.outlet_url)}" rel="external"{attribute}>{name}</a>'
    return f'<p class="by">{gettext("First published in ")}{where}</p>'


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
