"""Two entries of one person: how they are found, and how they become one with the history of both.

What moves is what ``held`` lists, so that no table is forgotten. An app whose rows can not simply change
hands, because there may be one a person only, says with ``before_merging`` what is done with them first.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from .held import Held, everything_held
from .models import Person, TimelineEvent

# Mailboxes that many organisations have, and that say nothing of who reads them.
COMMON = {"admin", "contact", "hello", "info", "mail", "me", "office", "press", "secretariat", "webmaster"}
MOST_FOUND = 100

Prepare = Callable[[Person, Person], None]
_prepares: list[Prepare] = []


def before_merging(prepare: Prepare) -> Prepare:
    """Have ``prepare(kept, gone)`` called in the merging transaction, before any row changes hands."""
    if prepare not in _prepares:
        _prepares.append(prepare)
    return prepare


class Group(NamedTuple):
    """Entries that may be one person, and why they look so."""

    why: Any
    people: list[Person]


def fold(words: str) -> str:
    """What two spellings of a name have in common: not width, case, accents, points or the words' order."""
    plain = unicodedata.normalize("NFKD", words).casefold()
    letters = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(sorted(letters.split()))


def mailbox(email: str) -> str:
    """What stands before the @, without what follows a plus; empty for one that many have."""
    local = email.rpartition("@")[0].partition("+")[0].casefold()
    return "" if local in COMMON or len(local) < 3 else local


def duplicates() -> list[Group]:
    """Entries that look like one person, the likeliest first, at most ``MOST_FOUND`` groups.

    Two queries; reads the names of all people, about a second for 100,000.
    """
    named: dict[tuple[str, str], list[int]] = defaultdict(list)
    by_name: dict[str, list[int]] = defaultdict(list)
    by_mailbox: dict[str, list[int]] = defaultdict(list)
    rows = Person.objects.order_by("pk").values_list("pk", "name", "organisation", "email_key")
    for pk, name, organisation, email in rows.iterator(5000):
        if folded := fold(name):
            by_name[folded].append(pk)
            if of := fold(organisation):
                named[folded, of].append(pk)
        if local := mailbox(email):
            by_mailbox[local].append(pk)
    found: list[tuple[Any, list[int]]] = []
    seen: set[tuple[int, ...]] = set()
    for why, groups in (
        (_("same name and organisation"), named.values()),
        (_("same name"), by_name.values()),
        (_("same address before the @"), by_mailbox.values()),
    ):
        for keys in groups:
            if len(keys) > 1 and tuple(keys) not in seen and len(found) < MOST_FOUND:
                seen.add(tuple(keys))
                found.append((why, keys[:10]))
    people = Person.objects.in_bulk({key for _why, keys in found for key in keys})
    return [Group(why, [people[key] for key in keys if key in people]) for why, keys in found]


def what_moves(gone: Person) -> list[tuple[str, int]]:
    """What would change hands if ``gone`` became part of another entry; writes nothing. A query a table."""
    counts = [(held.model._meta.verbose_name_plural, held.rows(gone).count()) for held in everything_held()]
    return [(str(name), count) for name, count in counts if count]


def merge(kept: Person, gone: Person, *, by: Any = None) -> None:
    """Make ``gone`` a part of ``kept``: every row, its name where none is known, and a line in the timeline.

    Of rows that there may be once a person only, ``kept``'s own stays. Raises ``ValueError`` for one and the
    same entry, and ``Person.DoesNotExist`` where one of the two is gone already.
    """
    if kept.pk == gone.pk:
        raise ValueError("A person can not be merged with itself.")
    with transaction.atomic():
        people = {
            person.pk: person
            for person in Person.objects.select_for_update().filter(pk__in=[kept.pk, gone.pk]).order_by("pk")
        }
        if len(people) < 2:
            raise Person.DoesNotExist
        kept, gone = people[kept.pk], people[gone.pk]
        moved = what_moves(gone)
        for prepare in _prepares:
            prepare(kept, gone)
        for held in everything_held():
            if "__" not in held.person:  # what hangs on other rows goes along with them
                _move(held, kept, gone)
        for name in ("name", "organisation", "country"):
            if not getattr(kept, name):
                setattr(kept, name, getattr(gone, name))
        kept.save()
        words = "\n".join(f"{name}: {count}" for name, count in moved)
        TimelineEvent.objects.note(kept, TimelineEvent.Kind.MERGED, by=by, text=f"{gone}\n{words}".strip())
        gone.delete()


def _move(held: Held, kept: Person, gone: Person) -> None:
    rows = held.rows(gone)
    try:
        with transaction.atomic():
            rows.update(**{held.person: kept})
            return
    except IntegrityError:
        pass
    for pk in list(rows.values_list("pk", flat=True)):
        try:
            with transaction.atomic():
                held.model._default_manager.filter(pk=pk).update(**{held.person: kept})
        except IntegrityError:
            continue  # one a person: the row of the one who stays is kept
