"""Letters to many as HTML and as plain text: newsletters, alerts and digests, all on one letterhead.

They hold no picture that is not the site's own, none that must be seen, nothing that counts who opens what,
and every link leads straight to where it says. What differs for each recipient stands as ``{{end}}`` and
``{{preferences}}``, which the row of each fills in as it is sent.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from articles.models import Article
from charhar.contacts.letters import HTML_LANG, Letter
from charhar.pages.models import SiteSettings
from charhar.publishing.head import absolute
from charhar.publishing.languages import with_prefix

from .links import ending_headers, preferences_url, unsubscribe_url
from .models import Subscription
from .plain import columns, html_for_mail, plain, set_lines

END, PREFERENCES = "{{end}}", "{{preferences}}"
PICTURE_WIDTH = 640


@dataclass
class Entry:
    """One text as a letter shows it; ``picture`` is (address, width, height, alternative text) or None."""

    title: str
    url: str
    words: str
    above: str
    by: str
    html_lang: str
    picture: tuple[str, int, int, str] | None = None


@dataclass
class Sheet:
    """What stands in one letter. ``why`` says to whom it is sent, ``archive`` where it stands on the site."""

    language: str
    title: str
    subject: str
    entries: list[Entry]
    why: Any
    introduction: str = ""
    preheader: str = ""
    archive: str = ""
    date: datetime.date = field(default_factory=timezone.localdate)


def entry_of(text: Any, words: str = "", *, pictured: bool = False) -> Entry:
    """A published article or publication in the words of a letter; in its own language, whichever that is."""
    with translation.override(text.language):
        if isinstance(text, Article):
            kind, people = str(text.get_kind_display()), text.authors
            image, alt = text.lead_image, text.lead_alt
        else:
            kind, people = str(text.series.name), list(text.contributors.all())
            image, alt = text.cover, ""
        names = [person.name for person in people]
        comma, last = pgettext("between names", ", "), pgettext("before the last name", " and ")
        by = last.join([*filter(None, [comma.join(names[:-1])]), *names[-1:]])
        day = date_format(text.date, "DATE_FORMAT") if text.date else ""
        picture = None
        if pictured and image is not None and isinstance(text, Article):
            shown = image.rendition(PICTURE_WIDTH, "3:2")
            picture = (absolute(shown.url), shown.width, shown.height, alt or image.alt)
        return Entry(
            title=text.title,
            url=absolute(text.get_absolute_url()),
            words=words.strip() or text.standfirst,
            above=" · ".join(filter(None, [kind, day])),
            by=_("By %(names)s") % {"names": by} if by else "",
            html_lang=text.html_lang,
            picture=picture,
        )


def for_letters(rows: Any) -> Any:
    """A queryset of articles or publications with all that ``entry_of`` asks for."""
    if rows.model is Article:
        return rows.select_related("lead_image").prefetch_related("bylines")
    return rows.select_related("series", "cover").prefetch_related("contributors")


def letter_of(sheet: Sheet) -> Letter:
    """The letter, its marks still open. Two queries at most, for the site's settings."""
    with translation.override(sheet.language):
        site = SiteSettings.load()
        context = {
            "sheet": sheet,
            "site": site,
            "site_url": settings.SITE_URL + with_prefix("/", sheet.language),
            "lang": HTML_LANG[sheet.language],
            "introduction": html_for_mail(sheet.introduction),
            "day": date_format(sheet.date, "DATE_FORMAT"),
            "end": END,
            "preferences": PREFERENCES,
        }
        return Letter(sheet.subject, _text(sheet, site), render_to_string("mail/newsletter.html", context))


def _text(sheet: Sheet, site: SiteSettings) -> str:
    """The plain part: what the HTML says, in lines of 72 columns, every address on a line of its own."""
    parts = [f"{site.name}\n{date_format(sheet.date, 'DATE_FORMAT')}", _underlined(sheet.title, "=")]
    if sheet.introduction:
        said = plain(sheet.introduction)
        parts.append(said.text)
        if said.links:
            parts.append("\n".join(f"[{number}] {link}" for number, link in enumerate(said.links, 1)))
    for entry in sheet.entries:
        parts.append("\n".join(filter(None, [entry.above, _underlined(entry.title, "-"), entry.by])))
        parts += [set_lines(paragraph) for paragraph in entry.words.split("\n") if paragraph.strip()]
        parts.append(entry.url)
    parts += ["-" * 24, set_lines(str(sheet.why))]
    links = [
        (_("Read this letter on the site"), sheet.archive),
        (_("Change your choices, or pause"), PREFERENCES),
        (_("End your subscription"), END),
    ]
    parts += [f"{label}\n{link}" for label, link in links if link]
    parts.append("\n".join(filter(None, [site.name, site.postal, settings.SITE_URL])))
    return "\n\n".join(parts) + "\n"


def _underlined(title: str, line: str) -> str:
    words = set_lines(title)
    return f"{words}\n{line * max(columns(each) for each in words.splitlines())}"


def addressed(subscriptions: Iterable[Subscription]) -> Iterable[tuple[Any, dict[str, str], dict[str, str]]]:
    """For ``outbox.address_mailing``: each subscriber with the links of their own."""
    for subscription in subscriptions:
        end = unsubscribe_url(subscription)
        yield (
            subscription.person,
            {"end": end, "preferences": preferences_url(subscription)},
            ending_headers(end),
        )


def filled_for_nobody(letter: Letter, language: str) -> Letter:
    """The letter as a preview or a test shows it, its personal links leading to the page to sign up."""
    with translation.override(language):
        link = settings.SITE_URL + reverse("preferences-link")

    def fill(words: str) -> str:
        return words.replace(END, link).replace(PREFERENCES, link)

    return Letter(letter.subject, fill(letter.text), fill(letter.html))
