"""Working copies: the only way in which the content of a text that readers see is written.

A copy is an ordinary row that ``corrects`` the live one and is ``based_on`` its version. Publishing it writes
all its content into the live row, in one transaction; scheduling it leaves that to the clock: to whichever
request or ``tick`` first finds it due. Every function locks the live row, then the copy.
"""

import datetime
import logging
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import checklist, workflow
from .history import fill, serialise, snapshots_of, write
from .kinds import kinds_of_text
from .locks import heed
from .models import Action, Publishable, State
from .permissions import may_correct

logger = logging.getLogger(__name__)


class Outdated(ValidationError):
    """The live text was written since the copy was made: publishing it would undo that."""


class Applied(NamedTuple):
    """How many due corrections were published, and how many could not be."""

    published: int
    failed: int


def is_frozen(text: Publishable) -> bool:
    """Whether the text's content may be written by a correction alone: readers see it."""
    return text.is_published


def open_copy_of(text: Publishable) -> Any:
    """The text's open working copy, or None. One query."""
    versions: Any = type(text).versions
    return versions.filter(corrects=text.pk, trashed_at__isnull=True).first()


def open_copy(live: Publishable, user: Any = None) -> Any:
    """The text's one open working copy; made, with all that is content, where there is none.

    Raises ``PermissionDenied``, and ``ValidationError`` for what has no copies: a copy, or trash.
    """
    if user is not None and not may_correct(user, live):
        raise PermissionDenied(f"{user} may not correct {live}")
    with transaction.atomic():
        live = _locked(type(live), live.pk)
        if live.is_copy or live.trashed_at is not None:
            raise ValidationError(_("This text can not be corrected: it is a working copy or in the trash."))
        copy = open_copy_of(live)
        if copy is not None:
            return copy
        carried = {"created_by": live.created_by, "assigned_to": live.assigned_to}
        if live.is_translated:
            names = ("language", "translation_of_id", "translated_version")
            carried |= {name: getattr(live, name) for name in names}
        model: Any = type(live)
        copy = model(corrects=live, based_on=live.version, **carried)
        write(copy, serialise(live))
        workflow.record(copy, user=user, action="open")
    return copy


def publish_copy(
    copy: Publishable,
    user: Any = None,
    at: datetime.datetime | None = None,
    note: str = "",
    override: str = "",
) -> Any:
    """Put the copy's content before readers, now or at a moment to come; returns the live text.

    ``note`` is the public correction note; empty, the correction is a minor one, of which nothing is shown.
    Raises ``PermissionDenied``; ``Outdated`` where the live text was written since; ``checklist.Unready``
    where something must be mended and no ``override`` gives a permitted reason; ``ValidationError`` where
    the copy is closed, the text is not published or would not be valid. All is written or nothing.
    """
    with transaction.atomic():
        live, copy = _both(copy)
        if user is not None and not live.may(user, Action.PUBLISH):
            raise PermissionDenied(f"{user} may not publish a correction of {live}")
        if user is not None:
            heed(live, user)
        _check(live, copy)
        now = timezone.now()
        overridden = checklist.approve(copy, user, at or now, override=override, holder=live)
        if at is not None and at > now:
            return _schedule(live, copy, user, at, note.strip(), overridden)
        return _apply(live, copy, user, note.strip(), now, overridden)


def unschedule(copy: Publishable, user: Any = None) -> None:
    """Take a correction off the schedule: an open working copy again. Raises ``PermissionDenied``."""
    with transaction.atomic():
        live, copy = _both(copy)
        if user is not None and not live.may(user, Action.PUBLISH):
            raise PermissionDenied(f"{user} may not unschedule a correction of {live}")
        if copy.trashed_at is not None:
            raise ValidationError(_("This working copy is closed: it was published or discarded meanwhile."))
        copy.state, copy.publish_at, copy.failure, copy.correction_note = State.DRAFT, None, "", ""
        copy.save(update_fields=["state", "publish_at", "failure", "correction_note", "updated_at"])
        workflow.record(copy, user=user, action="unschedule")


def discard_copy(copy: Publishable, user: Any = None) -> None:
    """Close the copy unpublished; what it held stays in the history. One that is closed stays as it is.

    Raises ``PermissionDenied``.
    """
    with transaction.atomic():
        _live, copy = _both(copy)
        if copy.trashed_at is not None:
            return
        if user is not None and not copy.may(user, Action.CHANGE):
            raise PermissionDenied(f"{user} may not discard {copy}")
        _close(copy)
        workflow.record(copy, user=user, action="discard")


def restore(text: Publishable, data: dict[str, Any], version: str, user: Any = None) -> tuple[Any, list[str]]:
    """Bring an earlier content back: of what readers see into its working copy, else into the text itself.

    Returns the row that now holds it, and the names of what it pointed at that is gone. ``version`` is what
    the history calls it. Raises ``PermissionDenied``, and ``ValidationError`` where a text that has no copy
    can not be so any more (its address was given away) or lies in the trash.
    """
    with transaction.atomic():
        target = open_copy(text, user) if is_frozen(text) else text
        target = _locked(type(target), target.pk)
        if target.trashed_at is not None:
            raise ValidationError(_("It is closed or in the trash, so nothing can be restored into it."))
        if user is not None and not target.may(user, Action.CHANGE):
            raise PermissionDenied(f"{user} may not change {target}")
        if not target.is_copy:
            fill(target, data)
            target.full_clean()
        lost = write(target, data)
        workflow.record(target, user=user, action="restore", note=version)
    return target, lost


def apply_due(now: datetime.datetime | None = None) -> Applied:
    """Publish every scheduled correction that is due, in due order, each in a transaction of its own.

    One that can not be published keeps the reason in ``failure``, is not tried again, and stops no other. One
    query a kind of text where nothing is due.
    """
    now = now or timezone.now()
    published = failed = 0
    for model, key in _due(now):
        try:
            with transaction.atomic():
                published += _apply_one(model, key, now)
        except OperationalError:  # a lock or the connection, not the correction: still due, tried again
            logger.warning(
                "A due correction could not be tried: %s %s", model._meta.label, key, exc_info=True
            )
        except Exception as error:
            logger.exception("A due correction could not be published: %s %s", model._meta.label, key)
            reason = " ".join(error.messages) if isinstance(error, ValidationError) else repr(error)
            model.versions.filter(pk=key, trashed_at__isnull=True).update(failure=reason)  # type: ignore[attr-defined]
            failed += 1
    return Applied(published, failed)


def _due(now: datetime.datetime) -> list[tuple[type[Publishable], int]]:
    found = [
        (moment, key, model)
        for model in kinds_of_text()
        for moment, key in model.versions.filter(
            corrects__isnull=False,
            state=State.PUBLISHED,
            publish_at__lte=now,
            trashed_at__isnull=True,
            failure="",
        ).values_list("publish_at", "pk")
    ]
    return [(model, key) for _moment, key, model in sorted(found, key=lambda row: (row[0], row[1]))]


def _apply_one(model: type[Publishable], key: int, now: datetime.datetime) -> bool:
    """Publish one due copy; False where another request just did, or took it off the schedule."""
    live, copy = _both(model.versions.get(pk=key))
    if copy.trashed_at is not None or copy.failure or not copy.publish_at or copy.publish_at > now:
        return False
    if copy.state != State.PUBLISHED:
        return False
    _check(live, copy)
    scheduled = snapshots_of(copy).filter(action="schedule").select_related("user").first()
    user = scheduled.user if scheduled else None
    _apply(live, copy, user, copy.correction_note, copy.publish_at, heed_lock=False)
    return True


def _locked(model: type[Publishable], key: Any) -> Any:
    return model.versions.select_for_update().get(pk=key)


def _both(copy: Publishable) -> tuple[Any, Any]:
    """The live row and its copy as they are now, locked in this order."""
    return _locked(type(copy), copy.corrects_id), _locked(type(copy), copy.pk)


def _check(live: Publishable, copy: Publishable) -> None:
    if copy.trashed_at is not None:
        raise ValidationError(_("This working copy is closed: it was published or discarded meanwhile."))
    if live.trashed_at is not None or live.state != State.PUBLISHED:
        raise ValidationError(_("The text itself is not published now, so there is nothing to correct."))
    if live.version != copy.based_on:
        raise Outdated(
            _(
                "The live text has moved on since this working copy was begun (version %(base)s, now"
                " %(now)s). Nothing was published. Begin a new copy and take over what is still wanted."
            )
            % {"base": copy.based_on, "now": live.version}
        )


def _schedule(live: Any, copy: Any, user: Any, at: datetime.datetime, note: str, overridden: str = "") -> Any:
    if live.expire_at is not None and live.expire_at <= at:
        raise ValidationError({"publish_from": _("The text expires before that moment.")})
    copy.state, copy.publish_at, copy.correction_note, copy.failure = State.PUBLISHED, at, note, ""
    copy.save(update_fields=["state", "publish_at", "correction_note", "failure", "updated_at"])
    workflow.record(copy, user=user, action="schedule", note=_both_notes(note, overridden))
    return live


def _apply(
    live: Any,
    copy: Any,
    user: Any,
    note: str,
    moment: datetime.datetime,
    overridden: str = "",
    *,
    heed_lock: bool = True,
) -> Any:
    """Write the copy's content into the live row and close it. ``moment`` is when readers were to see it."""
    data = serialise(copy)
    fill(live, data)
    live.full_clean()
    if live.is_translated:  # the correction may be what brings a translation up to date
        live.translated_version = max(
            filter(None, [live.translated_version, copy.translated_version]), default=None
        )
    data["fields"]["slug"] = live.slug  # a translation shares its original's, whatever the copy says
    if note:
        live.modified_at = moment
        live.corrections = [*live.corrections, {"at": moment.isoformat(), "note": note}]
    write(live, data)
    _close(copy)
    said = _both_notes(note, overridden)
    workflow.record(live, user=user, action="correct", note=said, heed_lock=heed_lock)
    return live


def _both_notes(note: str, overridden: str) -> str:
    """The public note, and beneath it what the history alone says of an override."""
    return "\n".join(filter(None, [note, overridden]))


def _close(copy: Any) -> None:
    copy.trashed_at, copy.state, copy.publish_at = timezone.now(), State.DRAFT, None
    copy.save(update_fields=["trashed_at", "state", "publish_at", "updated_at"])
