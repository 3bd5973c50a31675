"""What one may do next with a text, and how the admin says where it stands. Every move is the workflow's."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from . import copies, workflow
from .admin_forms import beijing
from .locks import held_against
from .models import Action, Publishable, State
from .moments import moment_named


class Move(NamedTuple):
    """A button that changes a text's state: what it says will happen, which field it reads, what it did."""

    name: str
    label: Any
    says: Any
    does: Callable[[Publishable, Any, dict[str, Any]], None]
    done: Any
    asks: str = ""
    dated: Any = ""  # what the button says once its field holds a moment to come, with ``%s`` for that


def moves_for(text: Publishable, user: Any) -> list[Move]:
    """The buttons that this person gets for a text as it stands: permitted and sensible ones only."""
    may = set(workflow.available(text, user))
    public_once = text.was_public
    moves = []
    if "submit" in may:
        moves.append(
            Move(
                "_submit",
                _("Submit for review"),
                _("Editors see that it is ready; readers do not see it."),
                lambda text, user, given: workflow.submit(text, user),
                _("“%s” is handed in for review."),
            )
        )
    if "send_back" in may:
        judges = text.may(user, Action.PUBLISH)
        moves.append(
            Move(
                "_send_back",
                _("Send back") if judges else _("Take back"),
                _("A draft again; the note stands in its history.") if judges else _("A draft again."),
                lambda text, user, given: workflow.send_back(text, user, note=given.get("note", "")),
                _("“%s” is a draft again."),
                "note" if judges else "",
            )
        )
    if "publish" in may and (text.state != State.PUBLISHED or text.is_scheduled):
        moves.append(
            Move(
                "_publish",
                _("Publish again") if text.state == State.WITHDRAWN else _("Publish now"),
                _("Readers see it at once."),
                lambda text, user, given: workflow.publish(text, user, override=given["override"]),
                _("“%s” is published; readers see it now."),
            )
        )
        if not public_once:
            moves.append(
                Move(
                    "_schedule",
                    _("Change the time") if text.is_scheduled else _("Schedule"),
                    _("Readers see it from that moment."),
                    lambda text, user, given: workflow.publish(
                        text, user, at=given["publish_from"], override=given["override"]
                    ),
                    _("“%s” is scheduled."),
                    "publish_from",
                    _("Reschedule for %s (UTC+8)") if text.is_scheduled else _("Schedule for %s (UTC+8)"),
                )
            )
    if "withdraw" in may:
        moves.append(
            Move(
                "_withdraw",
                _("Withdraw"),
                _("Readers get the reason in its place."),
                lambda text, user, given: workflow.withdraw(text, user, reason=given.get("reason", "")),
                _("“%s” is withdrawn."),
                "reason",
            )
            if public_once
            else Move(
                "_withdraw",
                _("Take off the schedule"),
                _("A draft again; it will not appear."),
                lambda text, user, given: workflow.withdraw(text, user),
                _("“%s” is a draft again."),
            )
        )
    if "reopen" in may:
        moves.append(
            Move(
                "_reopen",
                _("Reopen as a draft"),
                _("Readers find nothing there until it is published again."),
                lambda text, user, given: workflow.reopen(text, user),
                _("“%s” is a draft again."),
            )
        )
    corrected = text.corrects
    if corrected is not None and corrected.may(user, Action.PUBLISH) and not held_against(text, user):
        moves += _moves_with_copy(text)
    return moves + _moves_with_lock(text, user)


def _moves_with_lock(text: Publishable, user: Any) -> list[Move]:
    if text.pk is None or text.is_copy or text.trashed_at is not None or held_against(text, user):
        return []
    if text.locked_at is not None:
        return [
            Move(
                "_unlock",
                _("Save and unlock"),
                _("Everybody can do again what they may do."),
                lambda text, user, given: workflow.unlock(text, user),
                _("“%s” is unlocked."),
            )
        ]
    if not text.may(user, Action.PUBLISH):
        return []
    return [
        Move(
            "_lock",
            _("Save and lock"),
            _("Nobody else can save or move it, and nobody can delete it, until it is unlocked."),
            lambda text, user, given: workflow.lock(text, user),
            _("“%s” is locked."),
        )
    ]


def _moves_with_copy(copy: Publishable) -> list[Move]:
    moves = [
        Move(
            "_publish_correction",
            _("Publish correction now"),
            _("Readers see it at once, in place of the live text."),
            lambda copy, user, given: copies.publish_copy(
                copy, user, note=given["public_note"], override=given["override"]
            ),
            _("The correction of “%s” is published; readers see it now."),
        ),
        Move(
            "_schedule_correction",
            _("Change the time") if copy.state == State.PUBLISHED else _("Schedule correction"),
            _("Readers see it from that moment, and the live text until then."),
            lambda copy, user, given: copies.publish_copy(
                copy,
                user,
                at=given["publish_from"],
                note=given["public_note"],
                override=given["override"],
            ),
            _("The correction of “%s” is scheduled."),
            "publish_from",
            _("Reschedule for %s (UTC+8)")
            if copy.state == State.PUBLISHED
            else _("Schedule correction for %s (UTC+8)"),
        ),
    ]
    if copy.state == State.PUBLISHED:
        moves.append(
            Move(
                "_unschedule_correction",
                _("Take off the schedule"),
                _("A working copy again; readers go on seeing the live text."),
                lambda copy, user, given: copies.unschedule(copy, user),
                _("The correction of “%s” is off the schedule."),
            )
        )
    return moves


class Panel(NamedTuple):
    """A part of a text's page that a subclass of ``PublishableAdmin`` adds.

    ``place`` is ``top`` (in the form, before its fields), ``aside`` (in the form, at the end of the desk) or
    ``below`` (after the form, where a panel may hold forms of its own). The template sees ``panel``.
    """

    place: str
    template: str
    context: dict[str, Any]


class Desk(NamedTuple):
    """What stands beside the form: where the text is, what saving does, what can be done next."""

    badge: Any
    says: Any
    may_save: bool
    save_label: Any
    save_says: Any
    moves: list[tuple[Move, Any]]
    may_trash: bool
    may_correct: bool
    may_discard: bool
    correction: tuple[Any, ...]  # the fields that say how readers are told of a correction
    copy: Any  # the text's open working copy, where there is one
    outdated: bool


def status_of(text: Publishable) -> tuple[str, str]:
    """The status by the clock, as a code for its sign and in words."""
    if text.is_copy:
        return _status_of_copy(text)
    if text.trashed_at is not None:
        return "trash", text.status_label
    if text.is_scheduled:
        return "scheduled", text.status_label
    if text.is_expired:
        return "expired", text.status_label
    return text.state, text.status_label


def _status_of_copy(copy: Publishable) -> tuple[str, Any]:
    if copy.trashed_at is not None:
        return "trash", _("Closed working copy")
    if copy.failure:
        return "failed", _("Correction failed")
    if copy.state == State.PUBLISHED:
        return "scheduled", _("Correction scheduled")
    if copy.state == State.REVIEW:
        return "review", _("Correction in review")
    return "draft", _("Working copy")


def correction_in_list(text: Any) -> SafeString:
    """What a list says of a text's open working copy, from ``with_correction``; empty where there is none."""
    if text.copy_state is None:
        return SafeString("")
    if text.copy_failure:
        said: Any = _("Correction failed")
    elif text.copy_state == State.PUBLISHED:
        said = _("Correction scheduled for %s") % short(text.copy_due)
    elif text.copy_state == State.REVIEW:
        said = _("Correction in review")
    else:
        said = _("Correction in progress")
    return format_html('<br><span class="correction">{}</span>', said)


def badge(text: Publishable) -> SafeString:
    """The status as lists show it, a lock included; its title says since or until when."""
    code, label = status_of(text)
    moment = {"published": text.publish_at, "scheduled": text.publish_at, "expired": text.expire_at}.get(code)
    lock = format_html(' <span class="correction">{}</span>', _("Locked")) if text.locked_at else ""
    return format_html(
        '<span class="status status-{}" title="{}">{}</span>{}',
        code,
        beijing(moment) if moment else "",
        label,
        lock,
    )


def short(moment: Any) -> str:
    """A moment as lists show it, in Beijing time."""
    return date_format(timezone.localtime(moment), "M j, Y, H:i")


def explained(text: Publishable) -> Any:
    """What readers see of the text now, and since or until when, in a sentence."""
    code, _label = status_of(text)
    if text.is_copy:
        return _explained_copy(text, code)
    if code == "trash":
        return _("Readers do not see it; its address stays reserved.")
    if code == "scheduled" and text.publish_at:
        return _("Readers see it from %s.") % beijing(text.publish_at)
    if code == "expired" and text.expire_at:
        return _(
            "Readers see since %s that it has expired. Empty “expires” and save to show it again."
        ) % beijing(text.expire_at)
    if code == State.PUBLISHED and text.publish_at:
        return _("Readers see it since %s.") % beijing(text.publish_at)
    if code == State.WITHDRAWN and text.withdrawn_at:
        return _("Withdrawn on %(when)s. Readers see: “%(reason)s”") % {
            "when": beijing(text.withdrawn_at),
            "reason": text.withdrawal_reason,
        }
    return _("Readers do not see it.")


def _explained_copy(copy: Publishable, code: str) -> Any:
    if code == "trash":
        return _("It was published or discarded. What it held stays in the history.")
    if code == "failed":
        return (
            _("It could not be published when it was due: %s Readers go on seeing the live text.")
            % copy.failure
        )
    if code == "scheduled" and copy.publish_at:
        return _("Readers see this correction from %s, and the live text until then.") % beijing(
            copy.publish_at
        )
    return _("Readers go on seeing the live text.")


def saving(text: Publishable) -> tuple[Any, Any]:
    """What the button to save is called for a text as it stands, and what saving does to readers."""
    if text.is_copy:
        return _("Save working copy"), _("Readers go on seeing the live text.")
    if text.state == State.DRAFT:
        return _("Save draft"), _("Readers will not see it.")
    if text.state == State.REVIEW:
        return _("Save"), _("It stays in review; readers will not see it.")
    if text.is_published:
        return _("Save dates and links"), _("At once. What the text says is changed in a working copy.")
    if text.is_scheduled:
        return _("Save"), _("Readers will see it as it is then.")
    return _("Save"), _("Readers go on seeing that it is gone.")


def save_label(text: Publishable) -> tuple[Any, Any]:
    """The same as the page shows it: the button says what will happen, as far as that fits on one."""
    name, says = saving(text)
    if text.is_scheduled and text.publish_at:
        moment = moment_named(text.publish_at)
        return _("%(save)s: readers will see it from %(moment)s") % {"save": name, "moment": moment}, ""
    if text.is_copy or text.state in (State.DRAFT, State.REVIEW):
        return _("%s: readers will not see it") % name, ""
    return name, says
