"""Querysets that pages ask for again and again: built and compiled once, and then only given other values.

Django builds a query anew each time that it is asked and writes it anew as SQL: of an article's page that was
two thirds of all work, many times what the database itself took to answer.
"""

import datetime
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable
from copy import copy
from operator import attrgetter
from threading import Lock
from types import SimpleNamespace
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Prefetch, QuerySet

# A moment among a statement's parameters, as SQLite gets it.
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:")
# Where a slice begins that a stand-in is given for.
OFFSET = re.compile(r"\bOFFSET (3[2-9]\d{3})\b")
# How many shapes of one queryset are kept; few have more than ten.
KEPT = 200
# What stands for the values while the SQL is made, each told apart by its number. Whole numbers are such that
# the smallest column holds them; no query may have one of 32,000 and above itself.
STANDING_IN: dict[type, Callable[[int], Any]] = {
    int: lambda number: 32_000 + number,
    str: lambda number: f"\x02{number}\x03",
    datetime.date: lambda number: datetime.date(9000, 1, 1) + datetime.timedelta(days=number),
    datetime.datetime: lambda number: (
        datetime.datetime(9000, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(days=number)
    ),
}


class Prepared:
    """A queryset by what it is made of: ``Prepared(build)(*shape, **values)`` gives its rows, as a list.

    ``build(*shape, **values)`` makes the queryset. ``shape`` is hashable and whatever decides how the query
    looks, such as a language or a part of a page; ``build`` may depend on nothing else. ``values`` only fill
    it: whole numbers of at most 64 bits, strings, days, moments, tuples of these, and lists of keys for
    ``__in``. A list is filled up to a length that others share, so it must not matter that a key stands in it
    twice; an empty one holds 0, the key of no row. ``build`` may not look at them: it gets stand-ins. A
    number may also be where a slice begins, ``rows[start : start + 20]``; its length belongs to the shape.

    ``select_related``, ``only``, ``values_list``, unions and ``prefetch_related`` of the model's own
    relations are heeded; what was prefetched is a list. One query, and one for each relation prefetched.
    """

    def __init__(self, build: Callable[..., QuerySet]) -> None:
        self.build = build
        self.kept: OrderedDict[Any, _Rows] = OrderedDict()
        self.lock = Lock()

    def __call__(self, *shape: Any, **values: Any) -> list[Any]:
        values = {
            name: _filled_up(value) if isinstance(value, list) else value for name, value in values.items()
        }
        key = (connection.vendor, shape, *((name, _kind(value)) for name, value in values.items()))
        with self.lock:
            rows = self.kept.get(key)
            if rows is not None:
                self.kept.move_to_end(key)
        if rows is None:
            stand_ins, places = _stand_ins(values)
            rows = _Rows(self.build(*shape, **stand_ins), places)
            with self.lock:
                self.kept[key] = rows
                while len(self.kept) > KEPT:
                    self.kept.popitem(last=False)
        return rows.fetch(values)


Place = tuple[str, int | None]


def _filled_up(keys: list[int]) -> list[int]:
    """As many keys as the next power of two, the last one repeated."""
    keys = keys or [0]
    return keys + keys[-1:] * ((1 << (len(keys) - 1).bit_length()) - len(keys))


def _kind(value: Any) -> Any:
    return tuple(map(type, value)) if isinstance(value, (list, tuple)) else type(value)


def _stand_ins(values: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[Any, Place]]]:
    """What ``build`` gets instead of the values, and which of them each stands for."""
    places: list[tuple[Any, Place]] = []

    def one(value: Any, place: Place) -> Any:
        places.append((STANDING_IN[type(value)](len(places)), place))
        return places[-1][0]

    made = {
        name: type(value)(one(each, (name, index)) for index, each in enumerate(value))
        if isinstance(value, (list, tuple))
        else one(value, (name, None))
        for name, value in values.items()
    }
    return made, places


def _adapted(value: Any) -> Any:
    """A value as it stands among a statement's parameters."""
    if isinstance(value, datetime.datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, datetime.date):
        return connection.ops.adapt_datefield_value(value)
    return value


class _Rows:
    """One queryset's SQL, and how its rows become what Django makes of them.

    Raises ``ValueError`` where a value does not stand in the SQL as it is, which no other could then replace,
    and where a moment stands there that is none of the values: it would stay the same for ever.
    """

    def __init__(self, queryset: QuerySet, places: list[tuple[Any, Place]]) -> None:
        self.model = queryset.model
        self.iterable: Any = queryset._iterable_class  # type: ignore[attr-defined]
        self.related = [
            _Related(queryset.model, lookup)
            for lookup in queryset._prefetch_related_lookups  # type: ignore[attr-defined]
        ]
        self.compiler = queryset.query.get_compiler(connection=connection)
        try:
            self.sql, params = self.compiler.as_sql()
        except EmptyResultSet:
            self.sql = ""
            return
        known = [(_adapted(stand_in), place) for stand_in, place in places]
        self.sql, params = _with_offsets(self.sql, params)
        self.params = [
            (param, next((place for stand_in, place in known if _same(param, stand_in)), None))
            for param in params
        ]
        if missing := {place for _, place in known} - {place for _, place in self.params}:
            raise ValueError(f"{sorted(map(str, missing))} do not stand in the SQL as they were given.")
        if any(place is None and _is_moment(param) for param, place in self.params):
            raise ValueError("A moment has to be one of the values, or it stays what it is now.")
        selected = [column[0] for column in self.compiler.select[: self.compiler.col_count]]
        self.converters = self.compiler.get_converters(selected)

    def fetch(self, values: dict[str, Any]) -> list[Any]:
        """The rows, with these values."""
        if not self.sql:
            return []
        params = tuple(
            param if place is None else _bound(param, values[place[0]], place[1])
            for param, place in self.params
        )
        # Of the thread's own connection; all else is only read.
        compiler = copy(self.compiler)
        compiler.connection = connection
        compiler.as_sql = lambda *args, **kwargs: (self.sql, params)
        compiler.get_converters = lambda columns: self.converters
        asked: Any = SimpleNamespace(
            db=connection.alias,
            model=self.model,
            query=SimpleNamespace(get_compiler=lambda *args, **kwargs: compiler),
            _known_related_objects={},
        )
        rows: list[Any] = list(self.iterable(asked))
        for related in self.related:
            related.fetch(rows)
        return rows


def _with_offsets(sql: str, params: Iterable[Any]) -> tuple[str, list[Any]]:
    """The SQL with a parameter wherever a stand-in says how many rows are passed over.

    Django writes that number into the SQL itself.
    """
    every = list(params)
    for found in reversed(list(OFFSET.finditer(sql))):
        every.insert(sql.count("%s", 0, found.start()), int(found[1]))
        sql = f"{sql[: found.start(1)]}%s{sql[found.end(1) :]}"
    return sql, every


def _same(param: Any, stand_in: Any) -> bool:
    return isinstance(param, type(stand_in)) and bool(param == stand_in)


def _is_moment(param: Any) -> bool:
    return isinstance(param, datetime.datetime) or (isinstance(param, str) and bool(MOMENT.match(param)))


def _bound(param: Any, value: Any, index: int | None) -> Any:
    """The value in place of its stand-in, of the type that the database's driver was to get."""
    adapted = _adapted(value if index is None else value[index])
    return adapted if type(adapted) is type(param) else type(param)(adapted)


class _Related:
    """The rows of one relation for many rows at once, as ``prefetch_related`` fetches them."""

    def __init__(self, model: Any, lookup: str | Prefetch) -> None:
        whole = lookup if isinstance(lookup, Prefetch) else Prefetch(lookup)
        self.model = model
        self.name, self.queryset = whole.prefetch_to, whole.queryset  # type: ignore[attr-defined]
        self.field = model._meta.get_field(self.name)
        self.key: Callable[[Any], Any]
        self.rows = Prepared(self.filtered)

    def filtered(self, keys: list[int]) -> QuerySet:
        if self.field.one_to_many:
            theirs = self.queryset
            if theirs is None:
                theirs = self.field.related_model._default_manager.all()
            self.key = attrgetter(self.field.field.attname)
            return theirs.filter(**{f"{self.field.field.name}__in": keys})
        rows = [self.model(pk=key) for key in keys]
        # As Django's own prefetcher: that of the class where it has one (tags), else of a row.
        whose = getattr(self.model, self.name)
        whose = whose if hasattr(whose, "get_prefetch_querysets") else getattr(rows[0], self.name)
        found = whose.get_prefetch_querysets(rows, None if self.queryset is None else [self.queryset])
        queryset, self.key, *_ = found
        return queryset

    def fetch(self, texts: Iterable[Any]) -> None:
        """Give each row its own."""
        found: dict[int, list[Any]] = {text.pk: [] for text in texts}
        if not found:
            return
        for row in self.rows(keys=list(found)):
            key = self.key(row)
            found[key[0] if isinstance(key, tuple) else key].append(row)
        for text in texts:
            text.__dict__.setdefault("_prefetched_objects_cache", {})[self.name] = found[text.pk]
            if self.field.one_to_many:
                for row in found[text.pk]:
                    self.field.field.set_cached_value(row, text)
