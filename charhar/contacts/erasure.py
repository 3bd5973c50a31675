"""Erasure: everything about one person goes, and what totals are made of stays without the person."""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import Storage
from django.db import connection, models, transaction
from django.db.models import ProtectedError, RestrictedError

from .held import Held, everything_held
from .models import Consent, OutgoingMail, Person, Suppression, TimelineEvent
from .traces import ERASED, Known, strike_out

BATCH = 500


class Planned(NamedTuple):
    """What an erasure would do with the rows of one table."""

    held: Held
    rows: int

    @property
    def title(self) -> str:
        """The rows' name, in the language of the page."""
        return str(self.held.model._meta.verbose_name_plural)

    @property
    def is_kept(self) -> bool:
        """Whether the rows stay for the totals, without the person."""
        return self.held.on_erasure is not None


class Erased(NamedTuple):
    """What an erasure has done: rows of each table that went, that stay without the person, were mended."""

    deleted: Counter[str]
    cleared: Counter[str]
    struck_out: Counter[str]
    suppressed: bool


def plan(person: Person) -> list[Planned]:
    """What is held about ``person``, table by table, and what would become of it. One query a table."""
    found = [Planned(held, held.rows(person).order_by().count()) for held in everything_held()]
    return [each for each in found if each.rows]


def erase(person: Person, *, by: Any = None, suppress: bool = True) -> Erased:
    """Erase everything about ``person``; nothing, or all of it. ``by`` is the account that decided so.

    Where mail had gone to the address, it is put on the suppression list, as a keyed hash, so that no letter
    to many reaches it again through an old list. Reads the text columns of all tables about people.
    """
    deleted: Counter[str] = Counter()
    cleared: Counter[str] = Counter()
    with transaction.atomic():
        person = Person.objects.select_for_update().get(pk=person.pk)
        known = Known(person)
        suppressed = suppress and _was_mailed(person)
        if suppressed:
            for address in known.addresses:
                Suppression.objects.add_address(address, Suppression.Reason.ERASURE)
        # Looked up before anything changes: the way to a row may lead over one that is cut loose first.
        found = [(held, list(held.rows(person).values_list("pk", flat=True))) for held in everything_held()]
        _clear_log(Person, [person.pk])
        for held, keys in found:
            _clear_log(held.model, keys)
            for rows in _in_parts(held.model, keys):
                if held.before_erasure is not None:
                    held.before_erasure(rows)
                _drop_files(held.model, rows)
                if held.on_erasure is not None:
                    cleared[held.model._meta.label] += _clear(held.model, rows, held.on_erasure)
        deleted += _delete([(held.model, keys) for held, keys in found if held.on_erasure is None])
        person.delete()
        struck_out = strike_out(known)
        TimelineEvent.objects.note(None, TimelineEvent.Kind.ERASED, by=by)
    _forget_pages()
    return Erased(+deleted, +cleared, struck_out, suppressed)


def _in_parts(model: type[models.Model], keys: list[Any]) -> Iterator[models.QuerySet]:
    for start in range(0, len(keys), BATCH):
        yield model._base_manager.filter(pk__in=keys[start : start + BATCH])


def _was_mailed(person: Person) -> bool:
    sent = OutgoingMail.State.SENT, OutgoingMail.State.UNCERTAIN
    return (
        OutgoingMail.objects.filter(person=person, state__in=sent).exists()
        or Consent.objects.filter(person=person, purpose=Consent.Purpose.UPDATES).exists()
    )


def _clear_log(model: type[models.Model], keys: list[Any]) -> None:
    """What the admin's log calls the rows; who did what and when stays."""
    kind = ContentType.objects.get_for_model(model)
    for start in range(0, len(keys), BATCH):
        part = [str(key) for key in keys[start : start + BATCH]]
        LogEntry.objects.filter(content_type=kind, object_id__in=part).update(
            object_repr=ERASED, change_message=""
        )


def _drop_files(model: type[models.Model], rows: models.QuerySet) -> None:
    """The files of the rows go once the erasure is certain."""
    for field in model._meta.concrete_fields:
        if isinstance(field, models.FileField):
            for name in rows.exclude(**{field.name: ""}).values_list(field.name, flat=True):
                transaction.on_commit(partial(_drop_file, field.storage, name))


def _drop_file(storage: Storage, name: str) -> None:
    if name:
        storage.delete(name)


def _clear(model: type[models.Model], rows: models.QuerySet, on_erasure: Mapping[str, Any]) -> int:
    """Take the person out of rows that stay; how many."""
    changes = dict(on_erasure)
    for field in model._meta.concrete_fields:
        if isinstance(field, models.FileField):
            changes.setdefault(field.name, "")
    return rows.update(**changes) if changes else rows.count()


def _delete(waiting: list[tuple[type[models.Model], list[Any]]]) -> Counter[str]:
    """Delete the rows of all these tables, whichever of them keeps another from going."""
    deleted: Counter[str] = Counter()
    while waiting:
        kept = []
        for model, keys in waiting:
            try:
                with transaction.atomic():
                    for rows in _in_parts(model, keys):
                        deleted[model._meta.label] += rows.delete()[1].get(model._meta.label, 0)
            except (ProtectedError, RestrictedError):
                kept.append((model, keys))
        if len(kept) == len(waiting):
            names = ", ".join(model._meta.label for model, _keys in kept)
            raise RuntimeError(f"These tables keep each other from going: {names}")
        waiting = kept
    return deleted


def _forget_pages() -> None:
    """Let SQLite's write-ahead file, which still has the old pages, be written back and emptied."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
