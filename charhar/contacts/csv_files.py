"""Tables that people bring in as CSV files, as spreadsheets of any country write them."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.utils.translation import gettext as _

MOST_ROWS = 20_000
MOST_BYTES = 10 * 1024 * 1024


class Unreadable(Exception):
    """The file as a whole can not be read; the message says why."""


class Fate(NamedTuple):
    """What became of one row."""

    line: int
    fate: str  # new, changed, unchanged, refused
    who: str
    words: str


def too_big() -> str:
    """What is said of a file that is."""
    return _("The file is too big: at most %(most)d MB.") % {"most": MOST_BYTES // 1024 // 1024}


def decoded(content: bytes) -> str:
    """The text of a file in UTF-8, in UTF-16 with a mark, or in GB18030. Raises ``Unreadable``."""
    if len(content) > MOST_BYTES:
        raise Unreadable(too_big())
    has_mark = content[:2] in {b"\xff\xfe", b"\xfe\xff"}
    encodings = ["utf-16"] if has_mark else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Unreadable(_("The file is no text in UTF-8 or GB18030. Save it as CSV (UTF-8)."))


def rows_of(content: bytes, names: Mapping[str, Iterable[str]]) -> list[tuple[int, dict[str, str]]]:
    """The rows of a file as (line, column: text), by its first line's names.

    ``names`` says what each column may be called. A row with more cells than columns has its complaint under
    the empty name. Raises ``Unreadable``.
    """
    text = decoded(content)
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(",;\t，", key=first.count)
    if delimiter == "，":
        raise Unreadable(_("The columns are separated by Chinese commas; use ordinary ones."))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    known = {word: column for column, words in names.items() for word in words}
    found: list[tuple[int, dict[str, str]]] = []
    columns: list[str] | None = None
    line = 0
    try:
        for cells in reader:
            began, line = line + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns = _columns(cells, known)
                continue
            if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
                found.append((began, {"": _("There are more cells than columns.")}))
                continue
            found.append((began, {c: _bare(v) for c, v in zip(columns, cells, strict=False) if c}))
            if len(found) > MOST_ROWS:
                raise Unreadable(_("At most %(most)d rows at a time.") % {"most": MOST_ROWS})
    except csv.Error as error:
        raise Unreadable(
            _("Line %(line)d can not be read: %(why)s") % {"line": line + 1, "why": error}
        ) from None
    if columns is None:
        raise Unreadable(_("The file is empty."))
    return found


def _columns(cells: list[str], known: dict[str, str]) -> list[str]:
    columns = [known.get(" ".join(cell.casefold().split()), "") for cell in cells]
    unknown = [cell for cell, column in zip(cells, columns, strict=True) if not column and cell.strip()]
    if unknown:
        raise Unreadable(
            _("No column is called %(names)s.") % {"names": ", ".join(f"“{u}”" for u in unknown)}
        )
    if twice := [column for column, count in Counter(filter(None, columns)).items() if count > 1]:
        raise Unreadable(_("A column stands twice: %(names)s.") % {"names": ", ".join(twice)})
    if "email" not in columns:
        raise Unreadable(_("There is no column “email”."))
    return columns


def _bare(cell: str) -> str:
    """A cell's text; the apostrophe that keeps a spreadsheet from calculating is none of it."""
    text = cell.strip()
    return text[1:] if re.match(r"'[=+\-@＝＋－＠]", text) else text
