"""What a text says about itself: front matter, first heading, file name. No database, no Markdown."""

import datetime
import hashlib
import html
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import yaml
from django.utils.html import strip_tags
from django.utils.text import slugify

from charhar.publishing.languages import CHINESE, ENGLISH, language_of_path, without_prefix

from .import_files import SourceFile

BEIJING = ZoneInfo("Asia/Shanghai")
HOUR_OF_PUBLICATION = datetime.time(9, tzinfo=BEIJING)

TITLE = ("title",)
SUBTITLE = ("subtitle",)
STANDFIRST = ("standfirst", "excerpt", "summary", "description")
DATE = ("date", "pubdate", "publish_date", "date_published")
AUTHORS = ("authors", "author", "byline")
TAGS = ("tags", "keywords", "categories")
IMAGE = ("image", "images", "cover", "featured_image", "header_image")
IMAGE_ALT = ("image_alt",)
IMAGE_CAPTION = ("image_caption", "image_figcaption")
LANGUAGE = ("language", "lang", "locale")
SLUG = ("slug",)
KIND = ("kind", "type")
RIGHTS = ("rights", "licence", "license")
DRAFT = ("draft", "published")
OLD_ADDRESSES = (
    "old_address", "old_addresses", "old_url", "old_urls", "redirect_from", "permalink", "aliases",
    "tumblr_url",
)  # fmt: skip
# How another site laid the page out; it means nothing here.
LAYOUT = ("layout", "hero", "template", "toc", "comments", "weight", "sidebar", "body_class")
KNOWN = frozenset(
    TITLE + SUBTITLE + STANDFIRST + DATE + AUTHORS + TAGS + IMAGE + IMAGE_ALT + IMAGE_CAPTION + LANGUAGE
    + SLUG + KIND + RIGHTS + DRAFT + OLD_ADDRESSES + LAYOUT
)  # fmt: skip

# Characters that only one of the two scripts uses, the commonest in running text.
TRADITIONAL = frozenset(
    "們這個來為說時國會對學與應該開關發現實際經過還進個產業體點當無從種後話問題車馬動務區電處數據"
)
SIMPLIFIED = frozenset(
    "们这个来为说时国会对学与应该开关发现实际经过还进产业体点当无从种后话问题车马动务区电处数据"
)


class Refused(Exception):
    """The file can not become an article; the message says why, to an editor."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something that could not be carried over, or that the editor should look at, and where it stands."""

    line: int
    text: str


class Moment(NamedTuple):
    """The day as the author wrote it, and the moment where an hour and a zone were given too."""

    day: datetime.date
    moment: datetime.datetime | None = None

    @property
    def publish_at(self) -> datetime.datetime:
        """When a text of this day is published: the moment given, else nine in the morning in Beijing."""
        return self.moment or datetime.datetime.combine(self.day, HOUR_OF_PUBLICATION)


class Author(NamedTuple):
    """A name, or an id that stands for one, and the role that came with it."""

    name: str
    role: str = ""


@dataclass(slots=True)
class Text:
    """One file, understood as far as that is possible without its Markdown."""

    source: str
    digest: str
    stem: str
    fields: dict[str, Any]
    lines: dict[str, int]
    title: str
    body: str
    first_line: int
    date: Moment | None
    language: str
    authors: list[Author]
    notes: list[Note] = field(default_factory=list)

    def first(self, keys: tuple[str, ...]) -> str:
        """The first of the front matter's keys that holds a word, as plain text on one line."""
        for key in keys:
            value = self.fields.get(key)
            if isinstance(value, str) and value.strip():
                return plain(value)
        return ""

    def all(self, keys: tuple[str, ...]) -> list[str]:
        """Every word under these keys, whether one or a list, in order and once."""
        found = [item for key in keys for item in _listed(self.fields.get(key))]
        return list(dict.fromkeys(item.strip() for item in found if isinstance(item, str) and item.strip()))

    def line(self, keys: tuple[str, ...]) -> int:
        """Where the first of these keys stands."""
        return min((self.lines[key] for key in keys if key in self.lines), default=1)

    @property
    def is_draft(self) -> bool:
        """Whether the source itself says that it is not to be published."""
        said = {key: str(self.fields.get(key, "")).strip().lower() for key in DRAFT}
        return said["draft"] in {"true", "yes"} or said["published"] in {"false", "no"}


def read_text(file: SourceFile) -> Text:
    """Understand one file. Raises ``Refused`` where it is not a text at all."""
    source = _decode(file.data)
    fields, lines, body, first_line, notes = _split(source)
    date = None
    if said := _first_string(fields, DATE):
        date = date_in(said)
        if date is None:
            notes.append(Note(_line(lines, DATE), f"date “{said}” is not understood"))
    title = plain(_first_string(fields, TITLE))
    heading, rest, skipped = _first_heading(body)
    if not title or plain(heading) == title:
        from_heading, heading_title = _leading_date(plain(heading))
        title = title or heading_title
        date = date or from_heading
        body, first_line = rest, first_line + skipped
    from_name, _rest = _leading_date(file.stem.replace("_", "-"))
    from_folder = date_in("-".join(re.findall(r"\d+", file.name.rsplit("/", 1)[0])[-3:]))
    named = from_name or from_folder
    if date and named and date.day != named.day and not _first_string(fields, DATE):
        notes.append(
            Note(1, f"the heading says {date.day}, the file's name {named.day}: the heading's is shown")
        )
    date = date or named
    if date is None:
        notes.append(Note(1, "no date in front matter, heading or file name"))
    if not title:
        raise Refused("No title: neither in front matter nor as first heading.")
    text = Text(
        file.name,
        hashlib.sha256(file.data).hexdigest(),
        file.stem,
        fields,
        lines,
        title,
        body,
        first_line,
        date,
        "",
        [],
    )
    text.notes = notes
    text.authors = _authors(text)
    _take_speaker(text)
    if not text.body.strip():
        raise Refused("There is no text beneath the title.")
    text.language = _language(text)
    for key in fields:
        if key not in KNOWN:
            said = f"front matter “{key}” has no place here"
            if (
                key not in lines
            ):  # not a word: the colon of a sentence that stands outside its quotation marks
                said = f"front matter “{key[:60]}…” belongs to no key; put the value into quotation marks"
            notes.append(Note(lines.get(key, 1), said))
    return text


def plain(value: str) -> str:
    """Plain text on one line: entities read, tags dropped, as stored otherwise."""
    if "<" in value or "&" in value:
        value = html.unescape(strip_tags(value))
    return " ".join(value.split())


def name_of(identifier: str) -> str:
    """A name from an id: ``sample-person`` is Sample Person; one word stays as it is, nobody can know."""
    if re.fullmatch(r"[a-z]+(?:-[a-z]+)+", identifier):
        return " ".join(part.capitalize() for part in identifier.split("-"))
    return identifier


# -- Front matter --------------------------------------------------------------------------------------


def _decode(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Refused(f"Not UTF-8: line {line} holds the byte 0x{data[error.start]:02x}.") from error
    if "\0" in text:
        raise Refused("Not a text: it holds NUL characters.")
    # Control characters and noncharacters mean nothing in a text, and no XML feed may hold the former.
    return re.sub(
        r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\ufdd0-\ufdef]", " ", text.replace("\r\n", "\n").replace("\r", "\n")
    )


def _split(source: str) -> tuple[dict[str, Any], dict[str, int], str, int, list[Note]]:
    match = re.match(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", source, re.DOTALL | re.MULTILINE)
    if match is None:
        if source.startswith("+++\n"):
            raise Refused("Front matter in TOML (+++); only YAML (---) is read.")
        return {}, {}, source, 1, []
    raw, notes = match[1], []
    try:
        loaded = _yaml(raw)
    except yaml.YAMLError:
        # Tabs at the ends of lines are the usual slip; YAML forbids them there.
        loaded = _yaml_or_refusal("\n".join(line.rstrip().replace("\t", "  ") for line in raw.splitlines()))
        notes.append(Note(1, "the front matter held tabs, which were read as spaces"))
    if loaded == "":
        loaded = {}
    if not isinstance(loaded, dict):
        raise Refused("The front matter is not a list of keys and values.")
    lines: dict[str, int] = {}
    for number, line in enumerate(raw.splitlines(), start=2):
        if key := re.match(r"([\w-]+)[ \t]*:", line):
            lines.setdefault(_key(key[1]), number)
    return (
        {_key(k): v for k, v in loaded.items()},
        lines,
        source[match.end() :],
        source[: match.end()].count("\n") + 1,
        notes,
    )


def _yaml(raw: str) -> Any:
    # The base loader makes nothing but strings, lists and dicts: no date loses its zone, "no" stays "no".
    return yaml.load(raw, yaml.BaseLoader)  # noqa: S506


def _yaml_or_refusal(raw: str) -> Any:
    try:
        return _yaml(raw)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        raise Refused(f"The front matter is not valid YAML: line {line}: {error.problem}.") from error
    except yaml.YAMLError as error:
        raise Refused(f"The front matter is not valid YAML: {error}.") from error


def _key(key: Any) -> str:
    return str(key).strip().lower().replace("-", "_")


def _listed(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [] if value in (None, "") else [value]


def _first_string(fields: dict[str, Any], keys: tuple[str, ...]) -> str:
    return next((fields[k].strip() for k in keys if isinstance(fields.get(k), str) and fields[k].strip()), "")


def _line(lines: dict[str, int], keys: tuple[str, ...]) -> int:
    return min((lines[key] for key in keys if key in lines), default=1)


def _first_heading(body: str) -> tuple[str, str, int]:
    """The heading that opens the text, what follows it, and how many lines it took."""
    match = re.match(r"\s*#[ \t]+(.+?)[ \t]*#*[ \t]*(?:\n|\Z)", body) or re.match(
        r"\s*(\S.*)\n=+[ \t]*(?:\n|\Z)", body
    )
    if match is None:
        return "", body, 0
    return match[1], body[match.end() :], body[: match.end()].count("\n")


# -- Dates ---------------------------------------------------------------------------------------------

MONTHS = {
    name: number
    for number, names in enumerate(
        ["january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
         "september sep sept", "october oct", "november nov", "december dec"], start=1)
    for name in names.split()
}  # fmt: skip
YEAR_FIRST = re.compile(r"((?:19|20)\d\d)\s*([-/._年])\s*(\d{1,2})\s*(?:\2|月)\s*(\d{1,2})(?!\d)\s*日?")
COMPACT = re.compile(r"((?:19|20)\d\d)()(\d\d)(\d\d)(?!\d)")
DAY_FIRST = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?\s+([A-Za-z]+)\.?,?\s+(\d{4})\b")
MONTH_FIRST = re.compile(r"([A-Za-z]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b")
TIME = re.compile(
    r"[T\s]*(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*(Z|UTC|[+-]\d{1,2}(?::?\d\d)?)?", re.IGNORECASE
)


def date_in(value: str) -> Moment | None:
    """The date that a value begins with, in any of the usual forms, and its moment where a zone is named.

    The day is the one that the author wrote; it is never moved to another zone. ``03/04/2015`` may mean two
    days and is not read.
    """
    value = value.strip()
    if match := YEAR_FIRST.match(value) or COMPACT.match(value):
        year, month, day = int(match[1]), int(match[3]), int(match[4])
    elif (match := DAY_FIRST.match(value)) and match[2].lower() in MONTHS:
        year, month, day = int(match[3]), MONTHS[match[2].lower()], int(match[1])
    elif (match := MONTH_FIRST.match(value)) and match[1].lower() in MONTHS:
        year, month, day = int(match[3]), MONTHS[match[1].lower()], int(match[2])
    else:
        return None
    try:
        written = datetime.date(year, month, day)
    except ValueError:
        return None
    time = TIME.match(value[match.end() :])
    if time is None or time[4] is None:
        return Moment(written)
    try:
        clock = datetime.time(int(time[1]), int(time[2]), int(time[3] or 0), tzinfo=_zone(time[4]))
    except ValueError:
        return Moment(written)
    return Moment(written, datetime.datetime.combine(written, clock))


def _zone(said: str) -> datetime.timezone:
    if said.upper() in {"Z", "UTC"}:
        return datetime.UTC
    digits = said[1:].replace(":", "")
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
    offset = datetime.timedelta(hours=hours, minutes=minutes)
    return datetime.timezone(-offset if said[0] == "-" else offset)


def _leading_date(value: str) -> tuple[Moment | None, str]:
    """A date that stands before a title or a name, and the rest: ``2026-06-25 A Title``."""
    match = YEAR_FIRST.match(value) or COMPACT.match(value)
    date = date_in(value) if match else None
    if match is None or date is None:
        return None, value
    return date, value[match.end() :].lstrip(" \t-–—:：_,，.")


# -- People --------------------------------------------------------------------------------------------

SPEAKER = re.compile(r"^#{2,6}[ \t]+([^\n:：]{1,80}?)[ \t]*[:：][ \t]*#*[ \t]*$", re.MULTILINE)
BETWEEN_NAMES = re.compile(r"\s*[;；、]\s*")


def _authors(text: Text) -> list[Author]:
    found: list[Author] = []
    for key in AUTHORS:
        value = text.fields.get(key)
        names = BETWEEN_NAMES.split(value) if isinstance(value, str) else _listed(value)
        for item in names:
            if isinstance(item, str) and item.strip():
                found.append(Author(plain(item)))
            elif isinstance(item, dict):
                said = {_key(k): plain(v) for k, v in item.items() if isinstance(v, str)}
                name = said.get("name") or said.get("full_name") or said.get("id") or said.get("slug") or ""
                if name:
                    found.append(Author(name, said.get("role") or said.get("title") or ""))
                else:
                    text.notes.append(Note(text.line(AUTHORS), "an author without a name"))
    return list(dict.fromkeys(found))


def _take_speaker(text: Text) -> None:
    """Read ``### Somebody:`` at the head of a text as its byline, where nobody else speaks in it."""
    speakers = list(SPEAKER.finditer(text.body))
    # Only quotations (who recorded, under which licence) may stand before the first speaker.
    if text.authors or not speakers or re.search(r"^[^>\s]", text.body[: speakers[0].start()], re.MULTILINE):
        return
    if len(speakers) > 1:
        text.notes.append(
            Note(text.first_line, "several speakers stand as headings: set the bylines by hand")
        )
        return
    text.authors = [Author(plain(speakers[0][1]))]
    text.body = text.body[: speakers[0].start()] + text.body[speakers[0].end() :]


# -- Language ------------------------------------------------------------------------------------------


def _language(text: Text) -> str:
    said = text.first(LANGUAGE).lower().replace("_", "-")
    body = text.title + text.body
    chinese = len(re.findall(r"[\u3400-\u9fff]", body))
    others = len(re.findall(r"[A-Za-z\u00c0-\u024f]{2,}", body))
    if said.startswith("zh") or said in {"中文", "chinese"}:
        language = CHINESE
    elif said.startswith("en"):
        language = ENGLISH
    else:
        language = CHINESE if chinese > others else ENGLISH
        if said:
            text.notes.append(
                Note(text.line(LANGUAGE), f"language “{said}” is not kept here; filed under {language}")
            )
    if language == CHINESE:
        traditional = sum(c in TRADITIONAL and c not in SIMPLIFIED for c in body)
        if traditional > sum(c in SIMPLIFIED and c not in TRADITIONAL for c in body):
            text.notes.append(Note(1, "written in traditional characters, which stay as they are"))
    return language


# -- Addresses -----------------------------------------------------------------------------------------

LONGEST_SLUG = 120


def ascii_slug(text: Text) -> str:
    """The last part of the address, from front matter or the file's name; empty without Latin letters."""
    name = text.first(SLUG) or _leading_date(text.stem.replace("_", "-"))[1]
    slug = _ascii(name)
    if len(slug) > LONGEST_SLUG:
        slug = slug[:LONGEST_SLUG].rpartition("-")[0] or slug[:LONGEST_SLUG]
    return slug


def slug_without_letters(text: Text) -> str:
    """For a text whose name has no Latin letters: its date, and what tells it from others of that day."""
    day = f"{text.date.day:%Y-%m-%d}-" if text.date else ""
    return f"{day}{hashlib.sha256(text.source.encode()).hexdigest()[:6]}"


def _ascii(value: str) -> str:
    folded = unicodedata.normalize("NFKD", value).replace("_", "-").replace("’", "").replace("'", "")
    return re.sub(r"-{2,}", "-", slugify(folded)).strip("-")


def old_addresses(text: Text) -> tuple[list[tuple[str, str]], list[Note]]:
    """The (language, path) pairs that once led to this text, and those that can not be kept."""
    found, notes = [], []
    for said in text.all(OLD_ADDRESSES):
        line = next(
            (text.lines[k] for k in OLD_ADDRESSES if said in _listed(text.fields.get(k)) and k in text.lines),
            1,
        )
        try:
            parts = urlsplit(said)
        except ValueError:
            parts = urlsplit("")
        path = unquote(parts.path)
        if not said.startswith(("/", "http://", "https://")):
            path = f"/{path}" if path else ""
        if path in {"", "/"} or parts.query or len(path) > 255 or re.search(r"[{}:*\s]", path):
            notes.append(
                Note(line, f"old address “{said}” can not be kept: only a path of this site can lead on")
            )
            continue
        found.append((language_of_path(path), without_prefix(path)))
    return found, notes
