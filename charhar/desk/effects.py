"""What has to happen once because a text went public: letters to its authors, pings to the site's services.

A row is written in the transaction of the move that causes it and due at the moment when readers see the
text. ``tick`` alone acts on it: it claims one at a time in one statement, asks whether the text is in fact
public by then, and settles each by itself, so that one that fails keeps its reason and stops no other. A
letter is queued in the transaction that settles its row, so it is written exactly once. A ping goes out while
no transaction is open; if its process dies before it is settled, it is sent once more, with the same ``id``.
"""

import datetime
import json
import logging
import urllib.request
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from charhar.contacts.letters import letter
from charhar.contacts.outbox import queue
from charhar.publishing.head import absolute
from charhar.publishing.history import snapshots_of
from charhar.publishing.languages import ENGLISH
from charhar.publishing.models import Publishable, Snapshot

from .models import SideEffect

logger = logging.getLogger(__name__)
Event, Kind = SideEffect.Event, SideEffect.Kind

# The moves after which the one before them says nothing of whether readers saw the text.
MOVES = ("publish", "withdraw", "reopen", "trash", "untrash")
# A claim older than any ping can last belonged to a process that is gone.
ABANDONED_AFTER = datetime.timedelta(minutes=15)
KEPT_FOR = datetime.timedelta(days=90)
PING_TIMEOUT = 10


def plan(text: Publishable, snapshot: Snapshot) -> None:
    """Write down, move or drop what follows from a move of ``text``, in the caller's transaction.

    What the system does by itself (importer, demo content) has none. No query but after a move that readers
    see.
    """
    if text.is_copy:
        return
    if snapshot.action in {"withdraw", "trash"}:
        _drop(_waiting(text), _("The text was withdrawn first."))
        if snapshot.action == "withdraw" and text.was_public:
            _write(text, snapshot, Event.WITHDRAWN, snapshot.at)
    elif snapshot.action == "correct":
        _write(text, snapshot, Event.CORRECTED, snapshot.at)
    elif snapshot.action == "publish" and text.publish_at is not None:
        due_at = max(text.publish_at, snapshot.at)
        moved = _waiting(text).filter(event=Event.PUBLISHED)
        if not moved.update(
            due_at=due_at, version=snapshot.version, attempts=0, failure=""
        ) and not _was_seen_already(text, snapshot):
            _write(text, snapshot, Event.PUBLISHED, due_at)


def run_due(now: datetime.datetime | None = None) -> Counter[str]:
    """Do what is due; how many were done, dropped or failed. Call it outside a transaction.

    Where a service does not answer, the rest of its pings wait for the next time.
    """
    now = now or timezone.now()
    counts: Counter[str] = Counter()
    silent: set[str] = set()
    for kind in (Kind.TELL, Kind.PING):
        for effect in _claimed(kind, now, silent):
            try:
                counts[_tell(effect) if kind == Kind.TELL else _ping(effect)] += 1
            except Exception as error:
                logger.warning("A side effect failed: %s", effect, exc_info=True)
                _fail(effect, error)
                counts["failed"] += 1
                silent |= {effect.target} - {""}
    return counts


def try_again(effects: QuerySet[SideEffect]) -> int:
    """Let those that failed be tried anew, now: a person decided so. How many."""
    return effects.filter(done_at=None, attempts__gt=0).update(
        attempts=0, due_at=timezone.now(), claimed_at=None
    )


def give_up(effects: QuerySet[SideEffect]) -> int:
    """Let those that failed be: a person decided so. How many; the reason of the failure is kept."""
    return effects.filter(done_at=None, attempts__gt=0).update(done_at=timezone.now())


def prune(now: datetime.datetime | None = None) -> int:
    """Forget what was settled long ago; how many rows."""
    return SideEffect.objects.filter(done_at__lt=(now or timezone.now()) - KEPT_FOR).delete()[0]


# -- Planning --


def _of(text: Publishable) -> QuerySet[SideEffect]:
    kind = ContentType.objects.get_for_model(text)
    return SideEffect.objects.filter(content_type=kind, object_id=text.pk)


def _waiting(text: Publishable) -> QuerySet[SideEffect]:
    return _of(text).filter(done_at=None)


def _drop(effects: QuerySet[SideEffect], reason: Any) -> None:
    effects.update(done_at=timezone.now(), failure=str(reason))


def _write(text: Publishable, snapshot: Snapshot, event: str, due_at: datetime.datetime) -> None:
    if snapshot.user_id is None:
        return
    targets = [(Kind.TELL, ""), *((Kind.PING, url) for url in settings.PING_URLS)]
    kind = ContentType.objects.get_for_model(text)
    SideEffect.objects.bulk_create(
        [
            SideEffect(
                kind=what, target=url, event=event, content_type=kind, object_id=text.pk,
                version=snapshot.version, due_at=due_at,
                payload={"by": snapshot.user_id, "note": _public_note(text, snapshot)},
            )
            for what, url in targets
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def _public_note(text: Publishable, snapshot: Snapshot) -> str:
    """What readers are told of a correction; the history's own note may say more, or be for staff alone."""
    last = text.corrections[-1]["note"] if snapshot.action == "correct" and text.corrections else ""
    return last if snapshot.note.startswith(last) else ""


def _was_seen_already(text: Publishable, snapshot: Snapshot) -> bool:
    """Whether readers saw the text before it was now published once more. At most two queries."""
    moves = snapshots_of(text).filter(version__lt=snapshot.version, action__in=MOVES)
    last = moves.values_list("action", "at", "version").first()
    if last is None or last[0] != "publish" or text.publish_at is None:
        return False
    return text.publish_at <= last[1] or _of(text).filter(version=last[2]).exists()


# -- Doing --


def _claimed(kind: str, now: datetime.datetime, silent: set[str]) -> Iterator[SideEffect]:
    """The due ones, each claimed before it is given out; none that another process has."""
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - ABANDONED_AFTER)
    due = SideEffect.objects.filter(
        free, kind=kind, done_at=None, due_at__lte=now, attempts__lt=SideEffect.MOST_ATTEMPTS
    )
    for pk, target in list(due.order_by("due_at", "pk").values_list("pk", "target")):
        if target in silent:
            continue
        if due.filter(pk=pk).update(claimed_at=timezone.now(), attempts=F("attempts") + 1):
            yield SideEffect.objects.get(pk=pk)


def _text_of(effect: SideEffect) -> Any:
    """The text if what the effect tells is true by now; else the effect is moved or dropped, and None."""
    model: Any = effect.content_type.model_class()
    text = None if model is None else model.versions.filter(pk=effect.object_id).first()
    row = SideEffect.objects.filter(pk=effect.pk)
    if text is not None and effect.event == Event.PUBLISHED and text.is_scheduled and not text.trashed_at:
        row.update(due_at=text.publish_at, claimed_at=None, attempts=0)
    elif text is None or not (text.is_gone if effect.event == Event.WITHDRAWN else text.is_published):
        _drop(row, _("It was no longer true when its turn came."))
    else:
        return text
    return None


def _tell(effect: SideEffect) -> str:
    with transaction.atomic():
        held = SideEffect.objects.select_for_update().filter(
            pk=effect.pk, claimed_at=effect.claimed_at, done_at=None
        )
        if not held.exists():
            return "dropped"
        text = _text_of(effect)
        if text is None:
            return "dropped"
        language = getattr(text, "language", ENGLISH)
        context = {
            "text": text,
            "event": effect.event,
            "note": effect.payload["note"],
            "url": absolute(text.get_absolute_url()),
        }
        note = letter("text-public", language, context)
        people = {p.pk: p for p in text.people_to_tell() if p.is_active and p.email}
        people.pop(effect.payload["by"], None)
        for person in people.values():
            queue(to=person.email, purpose="text-public", **note._asdict())
        held.update(done_at=timezone.now(), failure="")
    return "done"


def _ping(effect: SideEffect) -> str:
    text = _text_of(effect)
    if text is None:
        return "dropped"
    body = {
        "id": f"{effect.content_type.model}-{effect.object_id}-{effect.version}",
        "event": effect.event,
        "url": absolute(text.get_absolute_url()),
        "language": getattr(text, "language", ""),
        "title": str(text),
    }
    request = urllib.request.Request(  # noqa: S310 (the addresses are settings, checked to be http or https)
        effect.target,
        json.dumps(body, ensure_ascii=False).encode(),
        {"Content-Type": "application/json", "User-Agent": f"Charhar ({settings.SITE_URL})"},
        method="POST",
    )
    with _opener.open(request, timeout=PING_TIMEOUT):
        pass
    SideEffect.objects.filter(pk=effect.pk, claimed_at=effect.claimed_at).update(
        done_at=timezone.now(), failure=""
    )
    return "done"


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A ping goes where the setting says and nowhere else."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirects)


def _fail(effect: SideEffect, error: Exception) -> None:
    again = timezone.now() + datetime.timedelta(minutes=min(360, 2**effect.attempts))
    SideEffect.objects.filter(pk=effect.pk, claimed_at=effect.claimed_at, done_at=None).update(
        claimed_at=None, due_at=again, failure=f"{type(error).__name__}: {error}"[:500]
    )
