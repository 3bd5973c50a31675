"""The rows that belong to a text, merged: by their keys, or by what they said when the form was opened.

A row's place is settled apart from what the row says, so that putting rows in another order does not clash
with changing one.
"""

from typing import Any, NamedTuple

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext as _

from .compare import IN, OUT, Names, Run, lines_changed
from .merging_parts import (
    MINE,
    MISSING,
    THEIRS,
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
    typed_again,
)

PLACE = "position"
ROWS_AT_MOST = 2000


class Posted(NamedTuple):
    """A row as it was sent: its key where it was there already, its values, those it showed at first."""

    at: int
    key: str
    values: dict[str, Any]
    seen: dict[str, str | None]
    deleted: bool

    @property
    def said(self) -> Any:
        """Everything that was sent of it."""
        return sorted(self.values.items()), self.deleted

    @property
    def has_seen(self) -> bool:
        """Whether the form said what the row showed at first."""
        return all(value is not None for value in self.seen.values())


class Current(NamedTuple):
    """A row as it is in the database now."""

    key: str
    instance: models.Model
    values: dict[str, Any]


class RowsMerger:
    """Merges one kind of rows into ``data``; fills ``taken`` and ``clashes``."""

    def __init__(self, formset: Any, posted: QueryDict, choices: Choices, who: str, names: Names) -> None:
        self.formset, self.posted, self.choices, self.who, self.names = formset, posted, choices, who, names
        self.prefix = formset.prefix
        self.form = formset.empty_form
        pk, back = formset.model._meta.pk.name, formset.fk.name
        self.pk, self.back = pk, back
        self.cells = {n: f for n, f in self.form.fields.items() if n not in {pk, back, "DELETE"}}
        self.label = str(formset.model._meta.verbose_name_plural)
        self.taken: list[Taken] = []
        self.clashes: list[Clash] = []
        self.kept: list[tuple[Current, dict[str, Any], bool]] = []
        self.new: list[dict[str, list[str]]] = []

    # -- Reading --

    def _number(self, name: str) -> int:
        try:
            return min(int(self.posted.get(f"{self.prefix}-{name}") or 0), ROWS_AT_MOST)
        except ValueError:
            return 0

    def _read(self, index: int) -> Posted:
        stem = f"{self.prefix}-{index}"
        return Posted(
            index,
            self.posted.get(f"{stem}-{self.pk}") or "",
            {n: f.widget.value_from_datadict(self.posted, {}, f"{stem}-{n}") for n, f in self.cells.items()},
            {n: self.posted.get(f"initial-{stem}-{n}") for n in self.cells},
            bool(self.posted.get(f"{stem}-DELETE")),
        )

    def _current(self) -> list[Current]:
        return [
            Current(
                str(form.instance.pk),
                form.instance,
                {n: form.get_initial_for_field(f, n) for n, f in self.cells.items()},
            )
            for form in self.formset.initial_forms
        ]

    # -- Comparing --

    def _mine_differs(self, row: Posted, name: str, value: Any) -> bool:
        return value is MISSING or differs(self.cells[name], value, row.values[name])

    def _sides(self, row: Posted, now: Current, names: list[str]) -> Sides:
        seen = {n: seen_value(self.cells[n], row.seen[n]) for n in names}
        return Sides(
            mine_from_theirs=any(self._mine_differs(row, n, now.values[n]) for n in names),
            mine_from_base=any(self._mine_differs(row, n, seen[n]) for n in names),
            theirs_from_base=any(self._moved(n, seen[n], now) for n in names),
            has_base=row.has_seen,
        )

    def _same_as_seen(self, row: Posted, now: Current) -> bool:
        seen = {n: seen_value(f, row.seen[n]) for n, f in self.cells.items()}
        return row.has_seen and not any(self._moved(n, seen[n], now) for n in self.cells)

    def _moved(self, name: str, seen: Any, now: Current) -> bool:
        """Whether they changed a cell, as far as its widget shows it."""
        field = self.cells[name]
        return seen is MISSING or as_posted(field, seen) != as_posted(field, now.values[name])

    def _matched(self, rows: list[Posted], now: list[Current]) -> dict[int, Current]:
        """Which row of the database each posted one is: by key, else by what it showed at first."""
        by_key = {row.key: row for row in now}
        found = {row.at: by_key.pop(row.key) for row in rows if row.key in by_key}
        left = list(by_key.values())
        for row in rows:
            if row.at not in found:
                twin = next((other for other in left if self._same_as_seen(row, other)), None)
                if twin is not None:
                    left.remove(twin)
                    found[row.at] = twin
        return found

    # -- Merging --

    def merge(self) -> None:
        """Settle every row."""
        first = self._number("INITIAL_FORMS")
        rows = [self._read(i) for i in range(self._number("TOTAL_FORMS"))]
        old = [row for row in rows if row.at < first and row.key]
        now = self._current()
        found = self._matched(old, now)
        mine = {found[row.at].key: row for row in old if row.at in found}
        added = [row for row in now if row.key not in mine]
        for current in now:
            if current.key in mine:
                self._settle(mine[current.key], current)
            else:
                self.kept.append((current, {}, False))
        for row in old:
            if row.at not in found:
                self._settle_gone(row)
        for row in rows:
            if row not in old:
                twin = next((c for c in added if self._says_the_same(row, c)), None)
                if twin is not None:
                    added.remove(twin)  # both added the same
                else:
                    self.new.append(self._raw(f"{self.prefix}-{row.at}-"))
        self.taken += [Taken(self._name(self._line(c)), self.who) for c in added]
        self._settle_carried()

    def take_theirs(self) -> None:
        """The form did not have these rows to change: they stay as they are."""
        self.kept = [(current, {}, False) for current in self._current()]

    def _settle(self, row: Posted, now: Current) -> None:
        name = f"{self.prefix}-{row.key}"
        words = [n for n in self.cells if n != PLACE]
        both = [words, [n for n in self.cells if n == PLACE]]
        sides = [self._sides(row, now, names) for names in both if names]
        if row.deleted:
            theirs_from_base = any(s.theirs_from_base for s in sides)
            whose = [self.choices.settle(name, Sides(True, True, theirs_from_base, row.has_seen), row.said)]
            if whose == [THEIRS]:
                self.kept.append((now, {}, False))
                return
        else:
            whose = [self.choices.settle(name, s, row.said) for s in sides]
        if "" in whose:
            self._clash(f"{self.prefix}-{now.key}", self.choices.answers.get(name, ""), row, now)
            self.kept.append((now, dict(row.values), row.deleted))
            return
        values: dict[str, Any] = {}
        for names, side, winner in zip([b for b in both if b], sides, whose, strict=False):
            if winner == MINE:
                values |= {n: row.values[n] for n in names}
            elif side.theirs_from_base and name not in self.choices.asked:
                self.taken.append(Taken(self._name(self._line(now)), self.who))
        self.kept.append((now, values, row.deleted))

    def _settle_gone(self, row: Posted) -> None:
        """A row that they took out: it stays out where I did not touch it, else I decide."""
        if row.deleted:
            return
        seen = {n: seen_value(self.cells[n], row.seen[n]) for n in self.cells}
        asked = f"{self.prefix}-{row.key}" in self.choices.asked
        if not asked and not any(self._mine_differs(row, n, seen[n]) for n in self.cells):
            self.taken.append(Taken(_("%s (taken out)") % self._name(self._typed(row)), self.who))
            return
        self._carry(row.key, self._raw(f"{self.prefix}-{row.at}-"), self._typed(row))

    def _settle_carried(self) -> None:
        """The rows that they took out and of which I was asked."""
        stem = f"{self.prefix}-gone-"
        for name in sorted(n for n in self.choices.asked if n.startswith(stem)):
            raw = self._raw(f"carried-{name}-")
            answer = self.choices.answers[name]
            if answer == MINE:
                self.new.append(raw)
            elif answer != THEIRS:
                self._carry(name.removeprefix(stem), raw, self._typed_raw(raw))

    def _says_the_same(self, row: Posted, now: Current) -> bool:
        return not any(self._mine_differs(row, n, now.values[n]) for n in self.cells if n != PLACE)

    def _clash(self, name: str, answer: str, row: Posted, now: Current) -> None:
        mine = _("(taken out)") if row.deleted else self._typed(row)
        self.clashes.append(
            Clash(
                name,
                self.label,
                self.who,
                lines_changed(self._line(now), mine),
                answer,
                shown=digest(row.said),
            )
        )

    def _carry(self, key: str, raw: dict[str, list[str]], line: str) -> None:
        name = f"{self.prefix}-gone-{key}"
        carried = tuple((f"carried-{name}-{cell}", value) for cell, given in raw.items() for value in given)
        lines = [[Run(OUT, _("(taken out)"))], [Run(IN, line)]]
        self.clashes.append(
            Clash(name, self.label, self.who, lines, self.choices.answers.get(name, ""), carried=carried)
        )

    # -- In words --

    def _name(self, line: str) -> str:
        return f"{self.label}: {line}" if line else self.label

    def _columns(self, values: dict[str, Any]) -> str:
        row = {}
        for name, value in values.items():
            try:
                row[self.formset.model._meta.get_field(name).attname] = value
            except FieldDoesNotExist:
                continue
        said = self.names.row(self.formset.model, self.formset.fk, row)
        place = values.get(PLACE)
        return f"{place}. {said}" if place not in (None, "") else said

    def _line(self, now: Current) -> str:
        return self._columns(now.values)

    def _typed(self, row: Posted) -> str:
        meta = self.formset.model._meta
        return self._columns({n: plain(f, meta.get_field(n), row.values[n]) for n, f in self.cells.items()})

    def _typed_raw(self, raw: dict[str, list[str]]) -> str:
        meta = self.formset.model._meta
        return self._columns(
            {n: plain(f, meta.get_field(n), (raw.get(n) or [""])[0]) for n, f in self.cells.items()}
        )

    # -- Writing --

    def _raw(self, stem: str) -> dict[str, list[str]]:
        """The posted values of one row, under the names of its cells."""
        return {n: self.posted.getlist(stem + n) for n in self.cells if stem + n in self.posted}

    def write(self, data: QueryDict) -> None:
        """Put the rows into ``data`` in place of those it has."""
        prefixes = (f"{self.prefix}-", f"initial-{self.prefix}-", f"carried-{self.prefix}-")
        for name in [n for n in data if n.startswith(prefixes)]:
            del data[name]
        data[f"{self.prefix}-TOTAL_FORMS"] = str(len(self.kept) + len(self.new))
        data[f"{self.prefix}-INITIAL_FORMS"] = str(len(self.kept))
        for limit in ("MIN_NUM_FORMS", "MAX_NUM_FORMS"):
            if f"{self.prefix}-{limit}" in self.posted:
                data[f"{self.prefix}-{limit}"] = str(self.posted[f"{self.prefix}-{limit}"])
        for index, (now, mine, deleted) in enumerate(self.kept):
            stem = f"{self.prefix}-{index}-"
            data[f"{stem}{self.pk}"] = now.key
            data[f"{stem}{self.back}"] = str(self.formset.instance.pk)
            if deleted:
                data[f"{stem}DELETE"] = "on"
            for name, field in self.cells.items():
                given = typed_again(mine[name]) if name in mine else as_posted(field, now.values[name])
                if given:
                    data.setlist(stem + name, given)
                data[f"initial-{stem}{name}"] = hidden(field, now.values[name])
        for index, raw in enumerate(self.new, start=len(self.kept)):
            stem = f"{self.prefix}-{index}-"
            data[f"{stem}{self.pk}"] = ""
            data[f"{stem}{self.back}"] = str(self.formset.instance.pk)
            for name, given in raw.items():
                data.setlist(stem + name, given)
