"""How things are shown: dates in full, names in a row, runs of the other language, pages of a list."""

import datetime
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils import timezone
from django.utils.html import escape, format_html, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext, pgettext

from charhar.taxonomy.bilingual import is_chinese, lang_of

register = template.Library()

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip


# Headings as richtext_render writes them: those of the notes have other ids.
SECTION = re.compile(r'<h2 id="(s-[^"]*)"[^>]*>(.*?)</h2>', re.DOTALL)
FEWEST_SECTIONS = 3
SUPERSCRIPT = re.compile(r"<sup>.*?</sup>", re.DOTALL)


def _day(value: datetime.date | datetime.datetime) -> datetime.date:
    """The day in Beijing on which a moment falls."""
    return timezone.localtime(value).date() if isinstance(value, datetime.datetime) else value


@register.filter
def longdate(value: datetime.date | datetime.datetime | None) -> str:
    """The date in full, in the page's language: “January 18, 2022”, “2022年1月18日”; empty for none."""
    if not value:
        return ""
    day = _day(value)
    if is_chinese():
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{MONTHS[day.month - 1]} {day.day}, {day.year}"


@register.filter
def dated(value: datetime.date | datetime.datetime | None) -> str:
    """``longdate`` inside a ``<time>`` that machines read; empty for none."""
    return dated_in(_day(value), is_chinese()) if value else ""


@lru_cache(maxsize=4096)
def dated_in(day: datetime.date, chinese: bool) -> SafeString:
    """``dated`` on a page in the active language, of which ``chinese`` says which that is."""
    return format_html('<time datetime="{}">{}</time>', day.isoformat(), longdate(day))


@register.filter
def lang(row: Any, field: str = "") -> str:
    """The ``lang`` attribute of a run that is not in the page's language, with a space before it; else empty.

    ``{{ article|lang }}`` asks the text's own language, ``{{ topic|lang:"name" }}`` a bilingual field.
    """
    tag = lang_of(row, field) if field else row.html_lang
    return "" if tag == ("zh-Hans" if is_chinese() else "en") else mark_safe(f' lang="{tag}"')  # noqa: S308


@register.filter
def named(row: Any) -> str:
    """A row's name within a sentence, marked where it is not in the page's language."""
    attribute = lang(row, "name")
    return format_html("<span{}>{}</span>", attribute, row.name) if attribute else row.name


@register.filter
def credited(people: Iterable[Any], contribution: str) -> list[Any]:
    """Those of an article's bylines with this contribution, in their order."""
    return [person for person in people if person.contribution == contribution]


@register.filter
def sections(html: str) -> list[tuple[str, SafeString]]:
    """The id and words of each section of a rendered text; empty where there are too few to list."""
    found = SECTION.findall(html)
    if len(found) < FEWEST_SECTIONS:
        return []
    # Already escaped by the renderer, and without tags once stripped.
    return [(anchor, mark_safe(strip_tags(SUPERSCRIPT.sub("", words)))) for anchor, words in found]  # noqa: S308


@register.simple_tag
def names(people: Iterable[Any], text: Any = None, linked: bool = False) -> SafeString:
    """The names of the credited in one run: “A, B and C”, “甲、乙、丙”.

    ``text`` is what they are credited in, where its language may not be the page's. With ``linked``, those
    with a public profile lead to it; the profiles must have been fetched with the people.
    """
    attribute = lang(text) if text is not None else ""
    shown = [_name(person, attribute, linked) for person in people]
    if len(shown) < 2:
        return mark_safe("".join(shown))  # noqa: S308
    comma, last = pgettext("between names", ", "), pgettext("before the last name", " and ")
    return format_html("{}{}{}", mark_safe(comma.join(shown[:-1])), last, shown[-1])  # noqa: S308


def _name(person: Any, attribute: str, linked: bool) -> SafeString:
    if linked and person.expert is not None and person.expert.is_published:
        return format_html('<a{} href="{}">{}</a>', attribute, person.expert.get_absolute_url(), person.name)
    if attribute:
        return format_html("<span{}>{}</span>", attribute, person.name)
    return escape(person.name)


def list_address(**parts: Any) -> str:
    """Where a list stands, by year and page; the first page of all years is the bare address."""
    query = urlencode({key: value for key, value in parts.items() if value})
    return f"?{query}" if query else "."


@register.simple_tag(takes_context=True, name="page_url")
def page_address(context: template.Context, number: int) -> str:
    """The address of a page of the list shown, within the year it is narrowed to or the query it answers."""
    narrowed = context.get("narrowed") or {}
    parts = {**narrowed, "year": narrowed.get("year") or context.get("year")}
    return list_address(**parts, page=number if number > 1 else None)


@register.simple_tag(takes_context=True)
def year_url(context: template.Context, year: int | None = None) -> str:
    """The address of the list shown, narrowed to a year, or with all years; otherwise as it is narrowed."""
    return list_address(**(context.get("narrowed") or {}), year=year)


@register.filter
def elided(page: Any) -> Iterable[int | str]:
    """The page numbers to offer around the one shown, with “…” for those left out."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)


@register.inclusion_tag("components/breadcrumbs.html")
def breadcrumbs(*pairs: Any) -> dict[str, Any]:
    """The way to this page: ``{% breadcrumbs label address label address %}``, Home being understood.

    A row with a name in two languages may stand for its label, and then says which of them is shown.
    """
    crumbs = [
        (label.name, url, lang(label, "name")) if hasattr(label, "name_zh") else (label, url, "")
        for label, url in zip(pairs[::2], pairs[1::2], strict=True)
    ]
    return {"crumbs": crumbs}


@register.filter
def megabytes(size: int | None) -> str:
    """A file's size as readers on slow lines want it: “1.4 MB”, “310 kB”; empty for none."""
    if not size:
        return ""
    if size < 1_000_000:
        return gettext("%(size)d kB") % {"size": max(1, round(size / 1000))}
    return gettext("%(size).1f MB") % {"size": size / 1_000_000}


@register.simple_tag
def file_facts(document: Any) -> str:
    """What readers want to know before they download: “PDF, 1.4 MB, 96 pages”."""
    pages = document.pages
    counted = ngettext("%(pages)d page", "%(pages)d pages", pages) % {"pages": pages} if pages else ""
    facts = [document.ending.upper(), megabytes(document.size), counted]
    return pgettext("before a detail", ", ").join(filter(None, facts))
