"""One form, two people: what was typed into a text that somebody else has saved meanwhile.

Three sides meet for each field and each inline row: the text as the form was opened (base: its snapshot, or
the hidden value beside a field that no snapshot holds), the text as it is now (theirs) and what was posted
(mine). What only one side changed is that side's; what both changed is a clash, for a person to decide. The
result is a form again, as a browser would send it, so that it goes through the same checks as any other.
Nothing here writes.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext as _
from taggit.forms import TagField

from .compare import IN, OUT, SAME, Line, Names, Run, lines_changed
from .history import content_fields, family_of, serialise, snapshots_of
from .merging_parts import (
    MINE,
    MISSING,
    Choices,
    Clash,
    Sides,
    Taken,
    as_posted,
    differs,
    digest,
    hidden,
    plain,
    seen_value,
    tag_names,
)
from .merging_rows import RowsMerger
from .models import Publishable, Snapshot

LONG = 200


class Merged(NamedTuple):
    """The form to go on with, what was taken over into it, and what a person has to decide."""

    data: QueryDict
    taken: list[Taken]
    clashes: list[Clash]


class Opened(NamedTuple):
    """What a form says of the text that it was opened with: which row, in which version, which fields."""

    row: int | None
    version: int | None
    fields: frozenset[str] | None

    @classmethod
    def of(cls, posted: QueryDict) -> "Opened":
        """As the form's hidden fields say it; nonsense counts as nothing."""

        def number(name: str) -> int | None:
            given = posted.get(name, "")
            return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None

        named = posted.get("opened_fields")
        fields = None if named is None else frozenset(named.split())
        return cls(number("opened_row"), number("opened_version"), fields)


def subject_of(form: Any, name: str) -> Any:
    """The model's field that a form field writes, or None for what is no part of the text."""
    try:
        return form._meta.model._meta.get_field(form.FILED.get(name, name))
    except FieldDoesNotExist:
        return None


def mergeable(form: Any, rows: Iterable[str]) -> frozenset[str]:
    """The names of the fields and kinds of ``rows`` that a form can change. ``form`` may be its class."""
    fields = getattr(form, "fields", None) or form.base_fields
    return frozenset(name for name in fields if subject_of(form, name) is not None).union(rows)


def merge(form: Any, formsets: list[Any], text: Publishable, posted: QueryDict, opened: Opened) -> Merged:
    """Merge what was posted into ``text`` as it is now; ``form`` and ``formsets`` are its own, unbound.

    Costs the content of the text, the snapshots since, and a query for each relation that clashes.
    """
    base, who = _before(text, opened)
    return settle(form, formsets, text, posted, opened, base, serialise(text), who)


def settle(
    form: Any, formsets: list[Any], text: Publishable, posted: QueryDict, opened: Opened,
    base: dict[str, Any] | None, now: dict[str, Any], who: dict[str, str],
) -> Merged:  # fmt: skip
    """The rule itself: ``base`` and ``now`` as ``serialise`` gives them, ``who`` by their keys. No query but
    for the names of what clashes."""
    choices, names, data = Choices(posted), Names(), posted.copy()
    fields = _Fields(form, text, posted, opened, base, now, choices, who, names)
    for name in form.fields:
        if subject_of(form, name) is not None:
            fields.merge(name, data)
    taken, clashes = fields.taken, fields.clashes
    for formset in formsets:
        relation = formset.fk.remote_field.get_accessor_name()  # type: ignore[attr-defined]
        rows = RowsMerger(formset, posted, choices, who.get(relation, who[""]), names)
        if opened.fields is None or formset.prefix in opened.fields:
            rows.merge()
        else:
            rows.take_theirs()
        rows.write(data)
        taken += rows.taken
        clashes += rows.clashes
    data["opened_row"], data["opened_version"] = str(text.pk), str(text.version)
    data["opened_fields"] = " ".join(sorted(mergeable(form, (rows.prefix for rows in formsets))))
    data.setlist("clash", [clash.name for clash in clashes])
    for name in [n for n in data if n.startswith(("merge-", "shown-"))]:
        del data[name]
    return Merged(data, taken, clashes)


def _before(text: Publishable, opened: Opened) -> tuple[dict[str, Any] | None, dict[str, str]]:
    """The content that the form was opened with, where it is known, and who wrote what since.

    The names stand under the keys of ``serialise``; under ``""`` that of whoever saved last.
    """
    row, version = opened.row or text.pk, opened.version
    last = snapshots_of(text).select_related("user").defer("data").first()
    who = {"": _author(last)}
    if version is None:
        return None, who
    if row == text.pk and version == text.version:
        return serialise(text), who
    family = family_of(text)
    known = family.filter(object_id=row, version=version).first()
    if known is None:
        return None, who
    if row == text.pk:
        before = known.data
        for snapshot in (
            family.filter(object_id=row, version__gt=version).order_by("version").select_related("user")
        ):
            for key in _changed_keys(before, snapshot.data):
                who[key] = _author(snapshot)
            before = snapshot.data
    return known.data, who


def _author(snapshot: Snapshot | None) -> str:
    if snapshot is None:
        return _("somebody else")
    full = snapshot.user.get_full_name() if snapshot.user is not None else ""
    return full or snapshot.user_name or _("the system")


def _changed_keys(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    keys = [key for key, value in new["fields"].items() if old["fields"].get(key) != value]
    for part in ("inlines", "relations"):
        keys += [key for key, value in new[part].items() if old[part].get(key) != value]
    return [*keys, "tags"] if old["tags"] != new["tags"] else keys


class _Fields:
    """Merges the fields of the text itself."""

    def __init__(
        self, form: Any, text: Publishable, posted: QueryDict, opened: Opened, base: dict[str, Any] | None,
        now: dict[str, Any], choices: Choices, who: dict[str, str], names: Names,
    ) -> None:  # fmt: skip
        self.form, self.text, self.posted, self.opened = form, text, posted, opened
        self.base, self.now, self.choices, self.who, self.names = base, now, choices, who, names
        self.content = {f.name for f in content_fields(type(text))}
        self.taken: list[Taken] = []
        self.clashes: list[Clash] = []

    def merge(self, name: str, data: QueryDict) -> None:
        """Settle one field in ``data``."""
        field, column = self.form.fields[name], subject_of(self.form, name)
        theirs = self._value(column, self.now)
        if column.name in self.text.LIFE_FIELDS:
            data[f"initial-{name}"] = hidden(field, theirs)
        if self.opened.fields is not None and name not in self.opened.fields:
            self._put(data, name, as_posted(field, theirs))
            return
        base = self._base(name, field, column)
        if column.many_to_many:
            self._merge_set(name, field, column, base, theirs, data)
            return
        mine = field.widget.value_from_datadict(self.posted, {}, name)
        moved = base is MISSING or self._moved(field, column, base, theirs)
        sides = Sides(
            mine_from_theirs=differs(field, theirs, mine),
            mine_from_base=base is MISSING or differs(field, base, mine),
            theirs_from_base=moved,
            has_base=base is not MISSING,
        )
        whose = self.choices.settle(name, sides, mine)
        if not whose:
            lines = lines_changed(
                self.names.text(column, theirs), self.names.text(column, plain(field, column, mine))
            )
            is_long = isinstance(column, models.TextField) or len(str(theirs or "")) > LONG
            self._clash(name, column, mine, lines, is_long=is_long)
        elif whose != MINE:
            self._put(data, name, as_posted(field, theirs))
            if moved:
                self._take(name, column)

    def _merge_set(self, name: str, field: Any, column: Any, base: Any, theirs: Any, data: QueryDict) -> None:
        """Tags and relations: each item by itself, so that nothing clashes where the base is known."""
        raw = field.widget.value_from_datadict(self.posted, {}, name)
        is_tags = isinstance(field, TagField)
        mine = tag_names(field, raw) if is_tags else frozenset(map(str, raw or ()))
        now = frozenset(map(str, theirs))
        if base is MISSING or name in self.choices.asked:
            before = now if base is MISSING else frozenset(map(str, base))
            sides = Sides(mine != now, mine != before, now != before, base is not MISSING)
            whose = self.choices.settle(name, sides, sorted(mine))
            if not whose:
                self._clash(name, column, sorted(mine), self._items(column, now, mine))
                return
            result = mine if whose == MINE else now
        else:
            before = frozenset(map(str, base))
            result = (now | (mine - before)) - (before - mine)
            if now != before and result != mine:
                self._take(name, column)
        if result != mine:
            self._put(data, name, as_posted(field, sorted(result)))

    def _items(self, column: Any, theirs: frozenset[str], mine: frozenset[str]) -> list[Line]:
        def said(keys: frozenset[str]) -> list[str]:
            if column.name == "tags":
                return sorted(keys)
            known = [column.related_model._meta.pk.to_python(key) for key in keys if key.isdigit()]
            return sorted(self.names.of(column.related_model, known))

        gone, come = said(theirs - mine), said(mine - theirs)
        both = [[Run(SAME, line)] for line in said(theirs & mine)]
        return [*both, *([Run(OUT, line)] for line in gone), *([Run(IN, line)] for line in come)]

    def _value(self, column: Any, data: dict[str, Any]) -> Any:
        """What the form shows for a content as ``serialise`` gives it."""
        if column.name == "tags":
            return data["tags"]
        if column.many_to_many:
            return data["relations"].get(column.name, [])
        if column.name not in self.content:
            return column.value_from_object(self.text)
        if column.attname not in data["fields"]:
            return MISSING
        return column.to_python(data["fields"][column.attname])

    def _base(self, name: str, field: forms.Field, column: Any) -> Any:
        if column.name in self.text.LIFE_FIELDS:
            return seen_value(field, self.posted.get(f"initial-{name}"))
        return MISSING if self.base is None else self._value(column, self.base)

    def _moved(self, field: forms.Field, column: Any, base: Any, theirs: Any) -> bool:
        if column.name in self.text.LIFE_FIELDS:
            return as_posted(field, base) != as_posted(field, theirs)
        return base != theirs

    def _put(self, data: QueryDict, name: str, values: list[str]) -> None:
        if values:
            data.setlist(name, values)
        elif name in data:
            del data[name]

    def _said_by(self, column: Any) -> str:
        return self.who.get(getattr(column, "attname", column.name), self.who.get(column.name, self.who[""]))

    def _take(self, name: str, column: Any) -> None:
        self.taken.append(Taken(str(column.verbose_name), self._said_by(column)))

    def _clash(self, name: str, column: Any, mine: Any, lines: list[Line], *, is_long: bool = False) -> None:
        if not lines:
            lines = [[Run(SAME, _("Only the formatting, a link or a picture changed."))]]
        self.clashes.append(
            Clash(
                name,
                str(column.verbose_name),
                self._said_by(column),
                lines,
                self.choices.answers.get(name, ""),
                is_long,
                name,
                digest(mine),
            )
        )
