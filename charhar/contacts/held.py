"""What the site holds about people, row by row: the one list that export, erasure and merging go by.

Every table with a way to ``Person`` stands here, or a test fails: so nothing can be forgotten in one of them.
Beside them stand the columns of other tables in which somebody's address may turn up all the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db.models import Model, QuerySet

from .models import Consent, OutgoingMail, Person, TimelineEvent


@dataclass(frozen=True)
class Held:
    """One table that holds something about people.

    ``person`` is the path to the person; ``shown`` what an export gives of a row; ``on_erasure`` what a row
    becomes when its person is erased: None deletes it, a mapping of columns leaves it for the totals with
    those columns changed and the way to the person cut.
    """

    model: type[Model]
    person: str
    shown: tuple[str, ...]
    on_erasure: Mapping[str, Any] | None = None
    # For what hangs on the rows besides columns; called before they go or are cleared. Files go anyway.
    before_erasure: Callable[[QuerySet], None] | None = field(default=None)

    def rows(self, person: Person) -> QuerySet:
        """The rows about ``person``, oldest first."""
        return self.model._default_manager.filter(**{self.person: person}).order_by("pk")


@dataclass(frozen=True)
class Trace:
    """Columns without a way to a person in which somebody's address may stand all the same, such as a log's.

    On erasure the address is struck out there, and with ``names`` the name too; with ``delete`` the whole row
    goes. The columns of tables that are held need no trace: addresses are struck out in all of their rows.
    """

    model: type[Model]
    columns: tuple[str, ...]
    names: bool = False
    delete: bool = False


_held: dict[str, Held] = {}
_traces: dict[str, Trace] = {}
_mentions: list[Callable[[Person], str]] = []


def hold(
    label: str,
    *,
    shown: tuple[str, ...],
    person: str = "person",
    on_erasure: Mapping[str, Any] | None = None,
    before_erasure: Callable[[QuerySet], None] | None = None,
) -> None:
    """Make a table (``"members.Term"``) known as one that holds something about people."""
    _held[label] = Held(apps.get_model(label), person, shown, on_erasure, before_erasure)


def trace(label: str, *columns: str, names: bool = False, delete: bool = False) -> None:
    """Make columns known in which somebody's address may stand though the row is not about them."""
    _traces[label] = Trace(apps.get_model(label), columns, names, delete)


def mention(say: Callable[[Person], str]) -> None:
    """Make known what else may have a person's address and is not theirs alone, such as a staff account.

    ``say`` gives a sentence, or nothing; an export mentions it, and an erasure leaves it alone.
    """
    if say not in _mentions:
        _mentions.append(say)


def everything_held() -> list[Held]:
    """Every table that was made known, in the order of their making: what refers to others comes first."""
    return list(_held.values())


def held_of(model: type[Model]) -> Held | None:
    """How a table is held, or None where it holds nothing about people."""
    return _held.get(model._meta.label)


def every_trace() -> list[Trace]:
    """Every table in which addresses may stand without a way to their person."""
    return list(_traces.values())


def mentions_of(person: Person) -> list[str]:
    """What else has the person's address, in sentences."""
    return [sentence for say in _mentions if (sentence := say(person))]


def hold_back_what_waits(mail: QuerySet) -> None:
    """Nothing goes out any more to somebody who is being erased."""
    mail.filter(state=OutgoingMail.State.PENDING).update(state=OutgoingMail.State.SUPPRESSED)


def hold_own_tables() -> None:
    """The tables of this app, and of what every site has: accounts, sign-ins, the admin's log."""
    from .personal import account_of

    hold(
        OutgoingMail._meta.label,
        shown=("to", "purpose", "subject", "text", "state", "created_at", "sent_at"),
        on_erasure={
            "person": None, "to": "", "subject": "", "text": "", "html": "", "values": {}, "headers": {},
            "error": "", "key": None,
        },
        before_erasure=hold_back_what_waits,
    )  # fmt: skip
    hold(Consent._meta.label, shown=("purpose", "version", "text", "source", "given_at", "withdrawn_at"))
    hold(TimelineEvent._meta.label, shown=("at", "kind", "text"))
    trace("contacts.Mailing", "title", "subject", "text", "html")
    trace("contacts.Suppression", "note")
    trace("admin.LogEntry", "object_repr", "change_message", names=True)
    for label in ("axes.AccessAttempt", "axes.AccessFailureLog", "axes.AccessLog"):
        trace(label, "username", "path_info", delete=True)
    mention(account_of)
