"""Every change of a text's state: one table of transitions and a few functions.

Each function holds permission, checks, save, snapshot and search row in one transaction; the content version
is that transaction's last statement (``backends/watching.py``). ``user=None`` is the system itself: importer,
demo content, the clock.
"""

import datetime
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import checklist
from .history import canonical, snapshots_of, take_snapshot
from .locks import Locked, heed, held_against, who_and_when
from .models import Action, Publishable, Snapshot, State
from .signals import text_recorded
from .translation import note_versions


class Transition(NamedTuple):
    """From which states, to which one, and which grant it needs."""

    sources: frozenset[str]
    target: str
    permission: str


TRANSITIONS = {
    "submit": Transition(frozenset({State.DRAFT}), State.REVIEW, Action.SUBMIT),
    "send_back": Transition(frozenset({State.REVIEW}), State.DRAFT, Action.CHANGE),
    "publish": Transition(
        frozenset({State.DRAFT, State.REVIEW, State.PUBLISHED, State.WITHDRAWN}),
        State.PUBLISHED,
        Action.PUBLISH,
    ),
    "withdraw": Transition(frozenset({State.PUBLISHED}), State.WITHDRAWN, Action.WITHDRAW),
    "reopen": Transition(frozenset({State.WITHDRAWN}), State.DRAFT, Action.PUBLISH),
}

# What closes the writing of content: of a scheduled text, readers will see it without another decision.
SAVES = frozenset({"save", "restore"})

# What a working copy goes through itself; it is published, scheduled and closed by ``copies``.
COPY_TRANSITIONS = frozenset({"submit", "send_back"})


def available(text: Publishable, user: Any) -> list[str]:
    """The transitions that this person may make now, in the table's order."""
    if text.trashed_at is not None or held_against(text, user):
        return []
    return [
        name
        for name, (sources, _target, permission) in TRANSITIONS.items()
        if text.state in sources
        and (not text.is_copy or name in COPY_TRANSITIONS)
        and text.may(user, permission)
    ]


def record(
    text: Publishable,
    *,
    user: Any,
    action: str,
    note: str = "",
    override: str = "",
    heed_lock: bool = True,
) -> None:
    """Close a save: next version, snapshot, search row. Call it last, after inlines and relations.

    Translations follow a new slug of their original, each with a snapshot of its own. Raises ``Locked`` where
    somebody else has locked the text, unless the clock does in ``user``'s name what was decided before, and
    ``checklist.Unready`` where a person takes from a scheduled text what it must have, without ``override``.
    """
    heed_lock = heed_lock and user is not None
    with transaction.atomic():
        if heed_lock:
            heed(text, user)
        if action in SAVES and text.is_scheduled:
            said = checklist.approve(text, user, text.publish_at, override=override, holder=text.corrects)
            note = "\n".join(filter(None, [note, said]))
        _close(text, user, action, note, heed_lock)


def _close(text: Any, user: Any, action: str, note: str, heed_lock: bool) -> None:
    versions = type(text).versions
    before = versions.select_for_update().values_list("version", flat=True).get(pk=text.pk)
    last = None if text.is_copy else snapshots_of(text).filter(version=before).first()
    text.version = before + 1
    snapshot = take_snapshot(text, user=user, action=action, note=note)
    noted = note_versions(text, last, snapshot) if text.is_translated and not text.is_copy else []
    text.save(update_fields=["version", "updated_at", *noted])
    _carry_copy_along(text, before, last, snapshot)
    text_recorded.send(type(text), text=text, snapshot=snapshot)
    for translation in _left_behind(text):
        if heed_lock:
            heed(translation, user)
        translation.slug = text.slug
        translation.save(update_fields=["slug", "updated_at"])
        _close(translation, user, "save", "", heed_lock)


def _left_behind(text: Any) -> Any:
    """The translations that do not share the slug of their original any more. One query."""
    if not text.is_translated or text.corrects_id or text.translation_of_id:
        return []
    translations = text.translations(manager="versions").filter(corrects__isnull=True)
    return translations.exclude(slug=text.slug)


def _carry_copy_along(text: Publishable, before: int, last: Snapshot | None, snapshot: Snapshot) -> None:
    """An open copy stays based on its text's last version while only dates, state or owner changed.

    So does that of a translation whose slug followed its original's: a correction writes no other.
    """
    versions: Any = type(text).versions
    copies = versions.filter(corrects=text.pk, based_on=before, trashed_at__isnull=True)
    if last is None or not copies.exists():
        return
    if getattr(text, "translation_of_id", None):
        last.data["fields"]["slug"] = text.slug
    if canonical(last.data) == canonical(snapshot.data):
        copies.update(based_on=text.version)


def submit(text: Publishable, user: Any = None) -> None:
    """Hand a draft to review."""
    _move(text, "submit", user)


def send_back(text: Publishable, user: Any = None, note: str = "") -> None:
    """Hand a text back to its author, with a note."""
    _move(text, "send_back", user, note)


def publish(
    text: Publishable, user: Any = None, at: datetime.datetime | None = None, override: str = ""
) -> None:
    """Publish now, or from a moment to come; also puts another date on what is scheduled.

    A text without a date to show gets the day of its publication. Raises ``checklist.Unready`` where the text
    lacks what it must have and no ``override`` gives a permitted reason; ``ValidationError`` where it would
    expire before it appears.
    """
    with transaction.atomic():
        _begin(text, "publish", user)
        now = timezone.now()
        if at is None:
            at = text.publish_at if text.was_public and text.publish_at else now
        if text.is_published and at > now:
            raise ValidationError(_("The text is already public; withdraw it before giving it a later date."))
        if text.expire_at is not None and text.expire_at <= at:
            raise ValidationError({"expire_at": _("The text would expire before it is published.")})
        changes: dict[str, Any] = {"publish_at": at, "withdrawn_at": None, "withdrawal_reason": ""}
        if hasattr(text, "date"):
            day = timezone.localdate(at)
            follows = (
                text.publish_at is not None
                and not text.was_public
                and text.date == timezone.localdate(text.publish_at)
            )
            if text.date is None or follows:
                changes["date"] = text.date = day
        note = checklist.approve(text, user, at, override=override)
        _finish(text, "publish", user, note, **changes)


def withdraw(text: Publishable, user: Any = None, reason: str = "") -> None:
    """Take a public text back; its address answers 410 with the reason. A scheduled one becomes a draft."""
    with transaction.atomic():
        _begin(text, "withdraw", user)
        if not text.was_public:
            _finish(text, "withdraw", user, reason, state=State.DRAFT, publish_at=None)
            return
        if not reason.strip():
            raise ValidationError(
                _("Say why the text is withdrawn: readers who follow its address will see the reason.")
            )
        _finish(text, "withdraw", user, reason, withdrawn_at=timezone.now(), withdrawal_reason=reason.strip())


def reopen(text: Publishable, user: Any = None) -> None:
    """Make a withdrawn text a draft again; its address goes on answering for it."""
    _move(text, "reopen", user, withdrawn_at=None)


def lock(text: Publishable, user: Any) -> None:
    """Lock a text, its working copies with it, for everybody but ``user``; see ``locks``."""
    with transaction.atomic():
        _lock(text)
        _require(text, user, Action.PUBLISH)
        if text.is_copy or text.trashed_at is not None:
            raise ValidationError(_("A working copy or a text in the trash can not be locked."))
        heed(text, user)
        if text.locked_at is None:
            text.locked_by, text.locked_at = user, timezone.now()
            text.save(update_fields=["locked_by", "locked_at", "updated_at"])
        record(text, user=user, action="lock")


def unlock(text: Publishable, user: Any) -> None:
    """Unlock a text: by who locked it, or by anybody who may publish it."""
    with transaction.atomic():
        _lock(text)
        if text.locked_by_id is None or text.locked_by_id != user.pk:
            _require(text, user, Action.PUBLISH)
        if text.locked_at is not None:
            text.locked_by = text.locked_at = None
            text.save(update_fields=["locked_by", "locked_at", "updated_at"])
        record(text, user=user, action="unlock")


def trash(text: Publishable, user: Any = None) -> None:
    """Move a text to the trash; its address stays reserved. A public text is withdrawn first.

    A scheduled one is taken off the schedule. A locked one stays where it is, whoever asks.
    """
    if text.is_copy:
        raise ValidationError(_("A working copy is discarded, not moved to the trash."))
    with transaction.atomic():
        _lock(text)
        _require(text, user, Action.TRASH)
        if text.locked_at is not None:
            raise Locked(
                _("“%(text)s” can not go to the trash: it is locked. %(lock)s")
                % {"text": text, "lock": who_and_when(text)}
            )
        if text.is_published:
            raise ValidationError(
                _("A public text can not go to the trash; withdraw it first, with a reason.")
            )
        if text.trashed_at is None:
            text.trashed_at = timezone.now()
            if text.is_scheduled:  # else it would appear by itself once it is brought back
                text.state, text.publish_at = State.DRAFT, None
            text.save(update_fields=["trashed_at", "state", "publish_at", "updated_at"])
            record(text, user=user, action="trash")


def untrash(text: Publishable, user: Any = None) -> None:
    """Bring a text back from the trash, with its address, links and key."""
    if text.is_copy:
        raise ValidationError(_("This working copy is closed; restore it from the text's history."))
    with transaction.atomic():
        _lock(text)
        _require(text, user, Action.TRASH)
        if text.trashed_at is not None:
            text.trashed_at = None
            text.save(update_fields=["trashed_at", "updated_at"])
            record(text, user=user, action="untrash")


def _require(text: Publishable, user: Any, action: str) -> None:
    if user is not None and not text.may(user, action):
        raise PermissionDenied(f"{user} may not {action} {text}")


def _lock(text: Publishable) -> None:
    """Hold the row and read it anew: rights, checks and snapshot go by the text as it stands by now."""
    text.refresh_from_db(from_queryset=type(text).versions.select_for_update())


def _begin(text: Publishable, name: str, user: Any) -> None:
    _lock(text)
    transition = TRANSITIONS[name]
    if text.is_copy and name not in COPY_TRANSITIONS:
        raise ValidationError(_("A working copy has no publication of its own."))
    _require(text, user, transition.permission)
    if user is not None:
        heed(text, user)
    if text.trashed_at is not None:
        raise ValidationError(_("The text lies in the trash; bring it back first."))
    if text.state not in transition.sources:
        raise ValidationError(
            _("“%(text)s” is %(state)s by now; reload the page to see what can be done.")
            % {"text": text, "state": State(text.state).label}
        )


def _finish(text: Publishable, name: str, user: Any, note: str = "", **changes: Any) -> None:
    changes = {"state": TRANSITIONS[name].target, **changes}
    for field, value in changes.items():
        setattr(text, field, value)
    text.save(update_fields=[*changes, "updated_at"])
    record(text, user=user, action=name, note=note)


def _move(text: Publishable, name: str, user: Any, note: str = "", **changes: Any) -> None:
    with transaction.atomic():
        _begin(text, name, user)
        _finish(text, name, user, note, **changes)
