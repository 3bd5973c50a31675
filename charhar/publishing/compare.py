"""What changed between two contents of a text, for people to read: words, rows, subjects."""

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from django.db import models
from django.utils.formats import localize
from django.utils.translation import gettext as _

from .history import ORIGIN, content_fields
from .models import Publishable
from .richtext import RichTextField, plain_text

# A Chinese character is a word of its own; else words, spaces and single signs.
WORDS = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]|[^\W\u3400-\u9fff\uf900-\ufaff]+|\s+|[^\w\s]")
SAME, OUT, IN = "same", "out", "in"


class Run(NamedTuple):
    """A piece of text that stayed, went out or came in."""

    kind: str
    words: str


# A paragraph or row: one that came or went, or one of which words changed.
Line = list[Run]


class Difference(NamedTuple):
    """All that changed in one field, kind of row or relation."""

    label: str
    lines: list[Line]


def differences(model: type[Publishable], old: dict[str, Any], new: dict[str, Any]) -> list[Difference]:
    """What ``new`` has otherwise than ``old``, in the order of the model; nothing for equal contents.

    Both as ``history.serialise`` or a snapshot gives them. One query for each relation whose rows are named.
    """
    names = Names()
    found = []
    columns = {f.attname: f for f in content_fields(model)}
    for field in sorted(columns.values(), key=lambda f: f.creation_counter):
        one, two = old["fields"].get(field.attname), new["fields"].get(field.attname)
        if _plain(one) != _plain(two):
            lines = lines_changed(names.text(field, one), names.text(field, two))
            if not lines:
                lines = [[Run(SAME, _("Only the formatting, a link or a picture changed."))]]
            found.append(Difference(str(field.verbose_name), lines))
    for name in model.CONTENT_INLINES:
        relation: Any = model._meta.get_field(name)
        rows = [
            [names.row(relation.related_model, relation.field, row) for row in data["inlines"].get(name, [])]
            for data in (old, new)
        ]
        if rows[0] != rows[1]:
            found.append(Difference(str(relation.related_model._meta.verbose_name_plural), _compared(*rows)))
    for field in model._meta.many_to_many:
        if field.name == "tags":
            sides = [list(data["tags"]) for data in (old, new)]
        else:
            sides = [
                names.of(field.related_model, data["relations"].get(field.name, [])) for data in (old, new)
            ]
        if sides[0] != sides[1]:
            found.append(Difference(str(field.verbose_name), _compared(*sides)))
    return found


class Names:
    """How rows that contents point at are called now; each kind is asked for once a key."""

    def __init__(self) -> None:
        self.known: dict[tuple[type[models.Model], Any], str] = {}

    def of(self, model: Any, keys: Iterable[Any]) -> list[str]:
        """The names of rows, in the order of their keys; of what is gone, its key."""
        keys = list(keys)
        missing = [key for key in keys if (model, key) not in self.known]
        if missing:
            for row in model._base_manager.filter(pk__in=missing):
                self.known[model, row.pk] = str(row)
        return [self.known.setdefault((model, key), _("no. %s, deleted") % key) for key in keys]

    def text(self, field: Any, value: Any) -> str:
        """A column's value in words."""
        if value is None or value == "":
            return ""
        if field.is_relation:
            return self.of(field.related_model, [value])[0]
        if isinstance(field, RichTextField):
            return plain_text(value)
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if field.flatchoices:
            return str(dict(field.flatchoices).get(value, value))
        value = field.to_python(value)
        return value if isinstance(value, str) else str(localize(value, use_l10n=not isinstance(value, int)))

    def row(self, model: Any, back: Any, row: dict[str, Any]) -> str:
        """An inline row on one line: what it says, without its place, which the order of the lines shows."""
        fields = [
            f
            for f in model._meta.concrete_fields
            if not f.primary_key and f != back and f.name not in {ORIGIN, "position"}
        ]
        return " · ".join(filter(None, (self.text(f, row.get(f.attname)) for f in fields)))


def _plain(value: Any) -> Any:
    """The same for a date and for what JSON made of it."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def lines_changed(old: str, new: str) -> list[Line]:
    """The lines in which two texts differ, those that stand for each other word by word."""
    return _compared(old.splitlines(), new.splitlines(), pair=True)


def _compared(old: Sequence[str], new: Sequence[str], *, pair: bool = False) -> list[Line]:
    """The lines that changed; with ``pair``, those that stand for each other word by word."""
    lines: list[Line] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        gone, come = list(old[a:b]), list(new[c:d])
        while pair and gone and come:
            lines.append(words_changed(gone.pop(0), come.pop(0)))
        lines += [[Run(OUT, line)] for line in gone]
        lines += [[Run(IN, line)] for line in come]
    return lines


def words_changed(old: str, new: str) -> list[Run]:
    """One line turned into another: runs of words that stayed, went out and came in."""
    one, two = WORDS.findall(old), WORDS.findall(new)
    runs: list[Run] = []
    for kind, a, b, c, d in SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        if kind == "equal":
            runs.append(Run(SAME, "".join(one[a:b])))
            continue
        if a < b:
            runs.append(Run(OUT, "".join(one[a:b])))
        if c < d:
            runs.append(Run(IN, "".join(two[c:d])))
    return runs
