"""Which text stands in which list, kept as rows and counts: a list of a million costs what one of ten does.

A list's page is read from ``ListRow`` by one index, its length and years from ``ListCount`` by months, and a
far page by leaping over whole months. Three things keep them true:

1. Triggers in the database write down (``ListTouch``) every text whose own columns or whose rows under
   subjects, authors and tags are written to, in whatever way: ``update()``, ``bulk_create`` and SQL by hand
   included.
2. ``settle`` runs as the content version is raised, which every such transaction ends with: it asks each text
   written down where it stands now, compares that with its rows, and writes the difference to rows and
   counts. On PostgreSQL the version's row is locked before, so that one transaction settles after the other
   and none ever waits for another's counts.
3. Time: a text whose hour comes, or is over, is as good as written to. ``counted_at`` is the moment that the
   rows hold for; ``settle`` takes in what has a moment between that and now, and the version is raised at
   each such moment before a page is made. So the rows are exactly what ``published()`` gives, and nothing is
   added or taken off when they are read.

A migration may replace tables and their triggers with them, so these are taken away before one and made anew
after it. Everything is counted anew only where a migration may have written to what lists are made from, or
where the triggers were not those of this code: their names carry a sign of the rules that rows follow.
"""

import datetime
import hashlib
import inspect
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from django.apps import apps
from django.db import connection, transaction
from django.db.migrations import operations
from django.db.models import CharField, Q, Value
from django.utils import timezone

from .kinds import kinds_of_text
from .languages import CHINESE, ENGLISH
from .list_models import ListCount, ListRow, ListTouch
from .models import ContentVersion, State

AT_ONCE = 500
ALONE = "alone"
UNDATED = datetime.date.min
# Lists of which the parts by kind are counted as well, by years.
BY_KIND = frozenset({"expert"})
MEDIA = "media"


class Place(NamedTuple):
    """A text's row in a list; see ``ListRow``."""

    what: str
    text: int
    under: str
    subject: int
    language: str
    alone: bool
    kind: str
    elsewhere: bool
    date: datetime.date
    publish_at: datetime.datetime

    def counted(self) -> Iterator[tuple[str, int, str, int]]:
        """The counts that the row is in."""
        month = self.date.year * 100 + self.date.month
        for edition in (self.language, ALONE) if self.alone else (self.language,):
            yield self.under, self.subject, edition, month
            if self.under in BY_KIND:
                for kind in (self.kind, MEDIA) if self.elsewhere else (self.kind,):
                    yield f"{self.under}:{kind}", self.subject, edition, self.date.year * 100


def batches(keys: Iterable[int], size: int) -> Iterator[list[int]]:
    """Keys, so many at a time."""
    rest = iter(keys)
    while some := list(islice(rest, size)):
        yield some


def listed_models() -> list[Any]:
    """The kinds of text that stand in lists."""
    return [model for model in kinds_of_text() if model.LIST_COLUMNS]


def places_of(model: Any, keys: Iterable[int], now: datetime.datetime) -> Iterator[Place]:
    """Where those of some texts stand that readers see at ``now``. Four queries."""
    keys = list(keys)
    texts = {
        text["pk"]: text
        for text in model.objects.published(now)
        .filter(pk__in=keys)
        .order_by()
        .values("pk", "language", "date", "publish_at", "translation_of", *model.LIST_KIND)
    }
    english = [pk for pk, text in texts.items() if text["language"] == ENGLISH]
    originals = {texts[pk]["translation_of"]: pk for pk in english if texts[pk]["translation_of"]}
    chinese = model.objects.published(now).filter(language=CHINESE).order_by()
    paired = set(chinese.filter(translation_of__in=english).values_list("translation_of", flat=True))
    if originals:
        paired |= {originals[pk] for pk in chinese.filter(pk__in=originals).values_list("pk", flat=True)}
    what = str(model._meta.model_name)
    for pk, under, subject in model.stands_in(texts):
        text = texts[pk]
        kind, elsewhere = model.list_kind(text)
        alone = text["language"] == ENGLISH and pk not in paired
        yield Place(
            what, pk, under, subject, text["language"], alone, kind, elsewhere,
            text["date"] or UNDATED, text["publish_at"],
        )  # fmt: skip


def settle(since: datetime.datetime, now: datetime.datetime) -> None:
    """Bring rows and counts up to ``now`` for what was written to, or came or went by the clock meanwhile.

    Two queries where nothing has; some twelve for up to ``AT_ONCE`` texts.
    """
    touched: dict[str, set[int]] = {}
    touches = list(ListTouch.objects.values_list("pk", "what", "text"))
    for _pk, what, text in touches:
        touched.setdefault(what, set()).add(text)
    for what, text in _due(*sorted((since, now))):
        touched.setdefault(what, set()).add(text)
    for model in listed_models():
        for keys in batches(sorted(touched.get(str(model._meta.model_name), ())), AT_ONCE):
            _settle(model, set(keys), now)
    if touches:
        with connection.cursor() as cursor:
            cursor.executemany(
                "DELETE FROM publishing_listtouch WHERE id = %s", [(pk,) for pk, _what, _text in touches]
            )


def _due(after: datetime.datetime, until: datetime.datetime) -> Iterable[tuple[str, int]]:
    """The texts that a moment between these two makes visible or hides. One query."""
    texts = [
        model.versions.filter(**{f"{column}__gt": after, f"{column}__lte": until})
        .filter(state=State.PUBLISHED)
        .order_by()
        .values_list(Value(model._meta.model_name, CharField()), "pk")
        for model in listed_models()
        for column in model.clock_columns
    ]
    return texts[0].union(*texts[1:]) if texts else ()


def _settle(model: Any, keys: set[int], now: datetime.datetime) -> None:
    pairs = model.versions.filter(Q(pk__in=keys) | Q(translation_of__in=keys), translation_of__isnull=False)
    for pair in pairs.order_by().values_list("pk", "translation_of"):
        keys.update(pair)
    columns = ("pk", *Place._fields)
    stored = ListRow.objects.filter(what=model._meta.model_name, text__in=keys).values_list(*columns)
    before = {Place(*values): pk for pk, *values in stored}
    after = set(places_of(model, keys, now))
    gone = [pk for place, pk in before.items() if place not in after]
    come = [place for place in after if place not in before]
    difference: Counter[tuple[str, int, str, int]] = Counter()
    for place in come:
        difference.update(place.counted())
    for place in before:
        if place not in after:
            difference.subtract(place.counted())
    with connection.cursor() as cursor:
        if gone:
            cursor.executemany("DELETE FROM publishing_listrow WHERE id = %s", [(pk,) for pk in gone])
        _insert(cursor, come)
        _add(cursor, {key: number for key, number in difference.items() if number})


def _insert(cursor: Any, places: Iterable[Place]) -> None:
    columns, marks = ", ".join(Place._fields), ", ".join(["%s"] * len(Place._fields))
    stored = connection.ops.adapt_datetimefield_value
    rows = [(*place[:-2], str(place.date), stored(place.publish_at)) for place in places]
    if rows:
        cursor.executemany(f"INSERT INTO publishing_listrow ({columns}) VALUES ({marks})", rows)  # noqa: S608


def _add(cursor: Any, numbers: dict[tuple[str, int, str, int], int]) -> None:
    if numbers:
        cursor.executemany(
            """INSERT INTO publishing_listcount (under, subject, edition, period, number)
            VALUES (%s, %s, %s, %s, %s) ON CONFLICT (under, subject, edition, period)
            DO UPDATE SET number = publishing_listcount.number + excluded.number""",
            [(*key, number) for key, number in sorted(numbers.items())],
        )


def recount(now: datetime.datetime) -> None:
    """Make all rows and counts anew, in one transaction; nobody else may write content meanwhile.

    Reads every text's dates, not its body: some minutes of work for a million texts.
    """
    with transaction.atomic():
        version = ContentVersion.objects.select_for_update().get()
        numbers: Counter[tuple[str, int, str, int]] = Counter()
        for model in (ListTouch, ListRow, ListCount):
            model.objects.all().delete()
        with connection.cursor() as cursor:
            for model in listed_models():
                keys = model.versions.order_by("pk").values_list("pk", flat=True).iterator(10_000)
                for some in batches(keys, 10 * AT_ONCE):
                    places = list(places_of(model, some, now))
                    _insert(cursor, places)
                    for place in places:
                        numbers.update(place.counted())
            _add(cursor, numbers)
        ContentVersion.objects.filter(pk=version.pk).update(counted_at=now)


# -- The triggers -----------------------------------------------------------------------------------


class Watched(NamedTuple):
    """A table, the columns that name a text in it, and those whose change matters: all where none is."""

    what: str
    table: str
    names: tuple[str, ...]
    matter: tuple[str, ...] = ()


def watched_tables() -> Iterator[Watched]:
    """Every table that decides where texts stand."""
    for model in listed_models():
        what = str(model._meta.model_name)
        yield Watched(what, model._meta.db_table, ("id", "translation_of_id"), model.LIST_COLUMNS)
        for table, column in model.list_tables():
            yield Watched(what, table, (column,))


def watch() -> None:
    """Make the triggers, in place of those there are."""
    unwatch()
    with connection.cursor() as cursor:
        for watched in watched_tables():
            for event in ("INSERT", "UPDATE", "DELETE"):
                for statement in _trigger(watched, event):
                    cursor.execute(statement)


def unwatch() -> None:
    """Take the triggers away."""
    with connection.cursor() as cursor:
        for name in _there():
            if connection.vendor == "postgresql":
                cursor.execute(f"DROP FUNCTION {name}() CASCADE")
            else:
                cursor.execute(f"DROP TRIGGER {name}")


@contextmanager
def set_aside() -> Iterator[None]:
    """Within, nothing is written down, so that very many texts can be brought in; then all is counted."""
    unwatch()
    try:
        yield
    finally:
        watch()
        recount(timezone.now())


def is_watched() -> bool:
    """Whether the triggers are there, all of them, and of these rules."""
    events = ("INSERT", "UPDATE", "DELETE")
    return _there() == {_name(watched, event) for watched in watched_tables() for event in events}


def _there() -> set[str]:
    """The names of the triggers there are, of whatever rules."""
    names = {
        "postgresql": "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'standing%'",
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'standing%'",
    }
    with connection.cursor() as cursor:
        cursor.execute(names[connection.vendor])
        return {name for (name,) in cursor.fetchall()}


@cache
def _rules() -> str:
    """A sign of the code that says where a text stands: another as soon as that is written otherwise."""
    makers = [places_of, Place, *(inspect.getmodule(model.stands_in) for model in listed_models())]
    sources = [repr(sorted(BY_KIND)), *(inspect.getsource(maker) for maker in makers if maker is not None)]
    return hashlib.sha256("".join(sources).encode()).hexdigest()[:6]


def _name(watched: Watched, event: str) -> str:
    return f"standing_{_rules()}_{watched.table}_{event.lower()}"


# What writes no row that was there before.
HARMLESS = (
    operations.CreateModel, operations.AddIndex, operations.RemoveIndex, operations.RenameIndex,
    operations.AddConstraint, operations.RemoveConstraint, operations.AlterModelOptions,
    operations.AlterModelManagers,
)  # fmt: skip


def may_move_texts(app_label: str, operation: Any) -> bool:
    """Whether a migration's operation may change where texts stand; what is not known to be harmless may."""
    if isinstance(operation, HARMLESS):
        return False
    if not isinstance(operation, operations.AddField | operations.RemoveField | operations.AlterField):
        return True
    watched = {watched.table: watched for watched in watched_tables()}
    for model in apps.get_app_config(app_label).get_models(include_auto_created=True):
        if model._meta.model_name == operation.model_name_lower and model._meta.db_table in watched:
            columns = watched[model._meta.db_table].matter
            return not columns or not {operation.name, f"{operation.name}_id"}.isdisjoint(columns)
    return False


def _trigger(watched: Watched, event: str) -> Iterator[str]:
    """The statements that make one trigger. All names in them are our own models'."""
    postgresql, name = connection.vendor == "postgresql", _name(watched, event)
    sides = {"INSERT": ["NEW"], "UPDATE": ["OLD", "NEW"], "DELETE": ["OLD"]}[event]
    marks = " ".join(
        f"INSERT INTO publishing_listtouch (what, text) SELECT '{watched.what}', {side}.{column}"
        f" WHERE {side}.{column} IS NOT NULL;"
        for side in sides
        for column in watched.names
    )
    differs = "IS DISTINCT FROM" if postgresql else "IS NOT"
    changed = " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in watched.matter)
    when = f" WHEN ({changed})" if changed and event == "UPDATE" else ""
    head = f"CREATE TRIGGER {name} AFTER {event} ON {watched.table} FOR EACH ROW{when}"
    if not postgresql:
        yield f"{head} BEGIN {marks} END"
        return
    yield (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql"
        f" AS $$ BEGIN {marks} RETURN NULL; END $$"
    )
    yield f"{head} EXECUTE FUNCTION {name}()"
