"""Locked texts: nobody but who locked one saves or moves it, and nobody at all trashes or deletes it.

The lock stands on the text itself and holds for its working copies too. What the clock does (a scheduled
publication, a due correction) was decided before and goes on.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from .models import Publishable


class Locked(ValidationError):
    """Somebody has locked the text against what was tried."""


class LockedError(ProtectedError):
    """A locked text was to be deleted, by itself or along with something else."""


def locked_row(text: Publishable) -> Publishable:
    """The row that carries the lock: of a working copy, the text that it corrects."""
    return text.corrects or text


def held_against(text: Publishable, user: Any) -> bool:
    """Whether somebody else than ``user`` has locked the text, as it was read from the database."""
    row = locked_row(text)
    return row.locked_at is not None and (
        user is None or row.locked_by_id is None or row.locked_by_id != user.pk
    )


def who_and_when(text: Publishable) -> str:
    """“Locked by Ada Sample since March 3, 2026, 09:00 (Beijing time, UTC+8).”"""
    row = locked_row(text)
    who = row.locked_by and (row.locked_by.get_full_name() or row.locked_by.get_username())
    when = date_format(timezone.localtime(row.locked_at), "F j, Y, H:i")
    return _("Locked by %(who)s since %(when)s (Beijing time, UTC+8).") % {
        "who": who or _("somebody who has left"),
        "when": when,
    }


def heed(text: Publishable, user: Any) -> None:
    """Raise ``Locked`` where somebody else than ``user`` has locked the text by now. One query."""
    row = type(text).versions.select_related("locked_by").filter(pk=text.corrects_id or text.pk).first()
    if row is not None and held_against(row, user):
        raise Locked(
            _("Nothing was saved: “%(text)s” is locked. %(lock)s Ask them, or an editor, to unlock it.")
            % {"text": row, "lock": who_and_when(row)}
        )


def refuse_deletion(sender: type[Publishable], instance: Publishable, **kwargs: Any) -> None:
    """Before any deletion, in bulk and by cascade too: raises ``LockedError`` for a locked text."""
    row = (
        sender.versions.select_related("locked_by")
        .filter(pk=instance.corrects_id or instance.pk, locked_at__isnull=False)
        .first()
    )
    if row is not None:
        raise LockedError(
            _("“%(text)s” can not be deleted. %(lock)s") % {"text": row, "lock": who_and_when(row)}, {row}
        )
