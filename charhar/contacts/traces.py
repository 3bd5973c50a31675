"""Where somebody's address stands: struck out in known columns, looked for in the whole database."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

from django.contrib.sessions.models import Session
from django.db import connection, models
from django.db.models import Model, Q
from django.db.models.functions import Cast

from .held import Trace, every_trace, everything_held
from .models import Person

ERASED = "(erased)"
BATCH = 500
NEEDLES = 20  # in one query
CODES = {"digest", "key", "claim", "message_id", "purpose", "version", "email_key"}
BEFORE = r"(?:(?<![\w.+-])|(?<=\\[nrt]))"
BEFORE_ENCODED = r"(?:(?<![\w.-])|(?<=%[0-9A-F][0-9A-F])(?<!%2B))"
# A name this short, or of one word, is a word that may stand anywhere.
SHORTEST_NAME = {True: 2, False: 5}


class Known:
    """What somebody is known by: every address and name that the held rows give, as a text may hold them."""

    def __init__(self, person: Person) -> None:
        """Three queries a table that holds names or addresses."""
        addresses, names = {person.email, person.email_key}, {person.name}
        for held in everything_held():
            for column, into in (("email", addresses), ("name", names)):
                if column in held.shown:
                    into.update(held.rows(person).order_by().values_list(column, flat=True).distinct())
        self.addresses = sorted(filter(None, addresses), key=len, reverse=True)
        self.names = sorted(filter(_tells, names), key=len, reverse=True)

    def pattern(self, *, names: bool) -> re.Pattern[str]:
        """Matches the addresses, and where wanted the names, as whole words in any spelling."""
        found = []
        for address in self.addresses:
            for spelling in spellings(address):
                # In what a form sends a plus is a space, and a letter before may be the end of an escape.
                before = BEFORE_ENCODED if "%" in spelling else BEFORE
                found.append(rf"{before}{re.escape(spelling)}(?![\w-])(?!\.\w)")
        if names:
            found += [rf"(?<!\w){_any_of(each)}(?!\w)" for each in self.names if each.isascii()]
            found += [_any_of(each) for each in self.names if not each.isascii()]
        return re.compile("|".join(found) or r"(?!)", re.IGNORECASE)

    def needles(self, *, names: bool) -> list[str]:
        """Every spelling, for a database to look for; ``pattern`` then decides."""
        words = [*self.addresses, *(self.names if names else [])]
        return sorted({spelling for word in words for spelling in spellings(word)})


def _tells(name: str) -> bool:
    """Whether a name is long enough to be looked for as one."""
    if name.isascii() and " " not in name.strip():
        return False
    return len(name) >= SHORTEST_NAME[not name.isascii()]


def spellings(word: str) -> list[str]:
    """A word as it is, as JSON escapes it, and as addresses and forms do."""
    return list(dict.fromkeys([word, json.dumps(word)[1:-1], quote(word), quote_plus(word)]))


def _any_of(word: str) -> str:
    return f"(?:{'|'.join(re.escape(spelling) for spelling in spellings(word))})"


def text_columns(model: type[Model]) -> tuple[str, ...]:
    """The columns of a table in which people write freely."""
    free = models.CharField | models.TextField | models.JSONField
    return tuple(
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, free) and not (field.choices or field.unique or field.name in CODES)
    )


def strike_out(known: Known) -> Counter[str]:
    """Take the addresses out of every traced column, and of the sessions; how many rows of which table.

    Reads each traced table once, by a search through its text; call it in the transaction of the erasure.
    """
    found: Counter[str] = Counter()
    own = [Trace(held.model, text_columns(held.model)) for held in everything_held()]
    for trace in [*own, *every_trace()]:
        if trace.columns:
            found[trace.model._meta.label] += _strike_out_of(trace, known)
    found[Session._meta.label] += _end_sessions(known)
    return +found


def _strike_out_of(trace: Trace, known: Known) -> int:
    needles = known.needles(names=trace.names)
    rows = trace.model._base_manager.alias(
        **{f"{column}_as_text": Cast(column, models.TextField()) for column in trace.columns}
    )
    keys: set[Any] = set()
    for start in range(0, len(needles), NEEDLES):
        match = Q()
        for needle in needles[start : start + NEEDLES]:
            for column in trace.columns:
                match |= Q(**{f"{column}_as_text__icontains": needle})
        keys.update(rows.filter(match).values_list("pk", flat=True))
    address, both = known.pattern(names=False), known.pattern(names=True)
    return sum(_strike_out_of_row(trace, address, both, key) for key in sorted(keys))


def _strike_out_of_row(trace: Trace, address: re.Pattern[str], both: re.Pattern[str], key: Any) -> bool:
    """Where the address stands, the name beside it is the same person's and goes with it."""
    row = trace.model._base_manager.get(pk=key)
    changed = {}
    for column in trace.columns:
        value, field = getattr(row, column), trace.model._meta.get_field(column)
        struck = _struck(value, both if trace.names else address, field)
        if struck != value:
            changed[column] = _struck(value, both, field)
    if changed and trace.delete:
        row.delete()
    elif changed:
        trace.model._base_manager.filter(pk=key).update(**changed)
    return bool(changed)


def _struck(value: Any, pattern: re.Pattern[str], field: Any) -> Any:
    if not value:
        return value
    if isinstance(field, models.JSONField):
        text = json.dumps(value, ensure_ascii=False)
        return json.loads(pattern.sub(ERASED, text))
    if isinstance(field, models.EmailField):
        return "" if pattern.search(value) else value
    return pattern.sub(ERASED, value)[: field.max_length]


def _end_sessions(known: Known) -> int:
    """End the sessions that hold the address or the name, such as in a message that waits to be shown."""
    pattern, found = known.pattern(names=True), []
    for session in Session.objects.iterator(BATCH):
        if pattern.search(json.dumps(session.get_decoded(), ensure_ascii=False, default=str)):
            found.append(session.pk)
    return Session.objects.filter(pk__in=found).delete()[0]


def look_everywhere(words: Iterable[str]) -> Counter[str]:
    """How many rows of which ``table.column`` hold one of the words, in any spelling; all there are.

    Reads the whole database, once a column: seconds on a small one, minutes on a big one. Matches parts of
    words too, so that what it does not find is not there.
    """
    needles = [needle.lower() for word in words if word for needle in spellings(word)]
    found: Counter[str] = Counter()
    if not needles:
        return found
    quoted, like = connection.ops.quote_name, [f"%{_for_like(needle)}%" for needle in needles]
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            for column in connection.introspection.get_table_description(cursor, table):
                text = f"LOWER(CAST({quoted(column.name)} AS TEXT))"
                match = " OR ".join([f"{text} LIKE %s ESCAPE '!'"] * len(like))
                cursor.execute(f"SELECT COUNT(*) FROM {quoted(table)} WHERE {match}", like)  # noqa: S608
                if number := cursor.fetchone()[0]:
                    found[f"{table}.{column.name}"] = number
    # What is kept in another script than it is read in.
    for session in Session.objects.iterator(BATCH):
        text = json.dumps(session.get_decoded(), ensure_ascii=False, default=str).lower()
        found[f"{Session._meta.db_table} (decoded)"] += any(needle in text for needle in needles)
    return +found


def _for_like(needle: str) -> str:
    return re.sub(r"([!%_])", r"!\1", needle)
