"""The plan as an iCalendar file (RFC 5545): lines, folding and escaping, and one event an item."""

import datetime
import re
from collections.abc import Iterable, Iterator

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from .planning import DUE, Item

SHOWN_FOR = datetime.timedelta(minutes=15)  # a moment without length is drawn by some programs as nothing
REFRESH = "PT1H"
BREAKS = re.compile("\r\n|[\r\x85\u2028\u2029]")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def text_value(text: str) -> str:
    """A text as a property's value: backslash, comma, semicolon and line breaks escaped, no control signs."""
    text = CONTROLS.sub("", BREAKS.sub("\n", text))
    for sign, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(sign, escaped)
    return text


def folded(line: str) -> bytes:
    """A content line of at most 75 octets a physical line, no character torn apart, with its line break."""
    pieces, piece, room = [], b"", 75
    for character in line:
        octets = character.encode()
        if len(piece) + len(octets) > room:
            pieces.append(piece)
            piece, room = b"", 74  # the space at the beginning of a continuation counts
        piece += octets
    return b"\r\n ".join([*pieces, piece]) + b"\r\n"


def utc(moment: datetime.datetime) -> str:
    """A moment in UTC, as RFC 5545 writes it."""
    return moment.astimezone(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")


def calendar(items: Iterable[Item], name: str) -> bytes:
    """The whole file. The same items give the same octets. No query."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Charhar Institute//Editorial desk//EN",
        "CALSCALE:GREGORIAN",
        f"NAME:{text_value(name)}",
        f"X-WR-CALNAME:{text_value(name)}",
        f"X-WR-TIMEZONE:{settings.TIME_ZONE}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}",
        f"X-PUBLISHED-TTL:{REFRESH}",
    ]
    for item in items:
        lines += _event(item)
    return b"".join(folded(line) for line in [*lines, "END:VCALENDAR"])


def _event(item: Item) -> Iterator[str]:
    host = settings.SITE_URL.partition("://")[2].partition(":")[0]
    yield "BEGIN:VEVENT"
    yield f"UID:{item.key}@{host}"
    yield f"DTSTAMP:{utc(item.row.updated_at)}"
    yield f"LAST-MODIFIED:{utc(item.row.updated_at)}"
    if item.at is not None:
        yield f"SEQUENCE:{item.row.version}"
        yield f"DTSTART:{utc(item.at)}"
        yield f"DTEND:{utc(item.at + SHOWN_FOR)}"
    elif item.day is not None:
        yield f"DTSTART;VALUE=DATE:{item.day:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{item.day + datetime.timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{text_value(f'{item.status}: {item.row.name}')}"
    yield f"DESCRIPTION:{text_value(_description(item))}"
    yield f"CATEGORIES:{text_value(item.kind_name)}"
    yield f"URL:{settings.SITE_URL}{reverse(item.route, args=[item.row.pk])}"
    yield "CLASS:PRIVATE"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _description(item: Item) -> str:
    lines = [", ".join(filter(None, [item.kind_name, item.language_name]))]
    if item.what == DUE and item.row.assigned:
        lines.append(_("Assigned to %s") % item.row.assigned)
    if item.row.failure:
        lines.append(item.row.failure)
    return "\n".join(lines)
