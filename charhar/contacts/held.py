"""What the site holds about people, row by row: the one list that export, erasure and merging go by.

Every table with a way to ``Person`` stands here, or a test fails: so nothing can be forgotten in one of them.
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
    # For what hangs on the rows besides columns, such as a file; called before they go or are cleared.
    before_erasure: Callable[[QuerySet], None] | None = field(default=None)

    def rows(self, person: Person) -> QuerySet:
        """The rows about ``person``, oldest first."""
        return self.model._default_manager.filter(**{self.person: person}).order_by("pk")


_held: dict[str, Held] = {}


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


def everything_held() -> list[Held]:
    """Every table that was made known, in the order of their making: what refers to others comes first."""
    return list(_held.values())


def hold_own_tables() -> None:
    """The tables of this app."""
    hold(
        OutgoingMail._meta.label,
        shown=("to", "purpose", "subject", "text", "state", "created_at", "sent_at"),
        on_erasure={
            "person": None, "to": "", "subject": "", "text": "", "html": "", "values": {}, "headers": {},
            "error": "", "key": None,
        },
    )  # fmt: skip
    hold(Consent._meta.label, shown=("purpose", "version", "text", "source", "given_at", "withdrawn_at"))
    hold(TimelineEvent._meta.label, shown=("at", "kind", "text"))
