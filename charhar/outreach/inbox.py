"""The inbox: every change of a message's state, by one table of moves; what is not in it is refused."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet, TextChoices
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from charhar.contacts import wordings
from charhar.contacts.models import Suppression, TimelineEvent
from charhar.contacts.outbox import queue
from charhar.pages.models import SiteSettings
from charhar.publishing.languages import current_language

from .correspondence import ContactMessage, Route

State = ContactMessage.State
Kind = TimelineEvent.Kind
PERMISSION = "outreach.change_contactmessage"
# Anybody can type anybody's address: no mailbox gets more than so many acknowledgements a day.
ACKNOWLEDGEMENTS_A_DAY = 3


class Move(TextChoices):
    """What can be done with a message."""

    ASSIGN = "assign", gettext_lazy("Assign")
    RELEASE = "release", gettext_lazy("Assign to nobody")
    ANSWER = "answer", gettext_lazy("Send the answer")
    SETTLE = "settle", gettext_lazy("Answered without a letter")
    REOPEN = "reopen", gettext_lazy("Open again")
    SPAM = "spam", gettext_lazy("Spam")
    TAKE_BACK = "take_back", gettext_lazy("No spam")
    HEAR = "hear", gettext_lazy("The person writes again")


# (move, state before) -> state after. A message that becomes new again while it is somebody's is assigned.
MOVES: dict[tuple[Move, State], State] = {
    (Move.ASSIGN, State.NEW): State.ASSIGNED,
    (Move.ASSIGN, State.ASSIGNED): State.ASSIGNED,
    (Move.RELEASE, State.ASSIGNED): State.NEW,
    (Move.ANSWER, State.NEW): State.ANSWERED,
    (Move.ANSWER, State.ASSIGNED): State.ANSWERED,
    (Move.ANSWER, State.ANSWERED): State.ANSWERED,
    (Move.SETTLE, State.NEW): State.ANSWERED,
    (Move.SETTLE, State.ASSIGNED): State.ANSWERED,
    (Move.REOPEN, State.ANSWERED): State.NEW,
    (Move.SPAM, State.NEW): State.SPAM,
    (Move.SPAM, State.ASSIGNED): State.SPAM,
    (Move.TAKE_BACK, State.SPAM): State.NEW,
    (Move.HEAR, State.NEW): State.NEW,
    (Move.HEAR, State.ASSIGNED): State.NEW,
    (Move.HEAR, State.ANSWERED): State.NEW,
    (Move.HEAR, State.SPAM): State.SPAM,
}


def possible(message: ContactMessage) -> set[Move]:
    """What can be done with the message as it stands; nothing with one whose person was erased."""
    if message.person_id is None:
        return set()
    return {move for move in Move if (move, State(message.state)) in MOVES}


@contextmanager
def moving(message: ContactMessage, move: Move) -> Iterator[ContactMessage]:
    """Hold the message's row, make the move and save; raises ``ValidationError`` where it is illegal.

    ``message`` itself is brought up to date as well.
    """
    with transaction.atomic():
        held = (
            ContactMessage.objects.select_for_update(of=("self",)).select_related("person").get(pk=message.pk)
        )
        if move not in possible(held):
            raise ValidationError(
                _("“%(move)s” is not possible: the message is %(state)s."),
                params={"move": move.label, "state": State(held.state).label.lower()},
                code="illegal",
            )
        state = MOVES[move, State(held.state)]
        if move == Move.RELEASE:
            held.assigned_to = None
        elif state == State.NEW and held.assigned_to_id is not None:
            state = State.ASSIGNED
        held.state = state
        if not held.is_waiting:
            held.waiting_since = None
        elif held.waiting_since is None:
            held.waiting_since = timezone.now() if move == Move.HEAR else _last_heard(held)
        yield held
        held.save(update_fields=["state", "assigned_to", "waiting_since", "answered_at"])
    for name in ("state", "assigned_to", "waiting_since", "answered_at"):
        setattr(message, name, getattr(held, name))


def _last_heard(message: ContactMessage) -> datetime.datetime:
    last = message.replies.filter(direction="in").order_by("-at", "-pk").first()
    return last.at if last else message.created_at


def assignable() -> QuerySet[Any]:
    """The staff who may work on messages. One query."""
    backend = "django.contrib.auth.backends.ModelBackend"
    people = get_user_model().objects.with_perm(PERMISSION, backend=backend)  # type: ignore[attr-defined]
    return people.filter(is_staff=True).order_by("username")


def assign(message: ContactMessage, to: Any, *, by: Any) -> None:
    """Give the message to an account and tell it by mail, unless it took it itself; twice is as once."""
    with moving(message, Move.ASSIGN) as held:
        if held.assigned_to_id == to.pk:
            return
        held.assigned_to = to
        name = to.get_full_name() or to.get_username()
        note(held, Kind.ASSIGNED, by=by, text=name)
        if to.email and to.pk != by.pk:
            letter = wordings.compose(
                "message-assigned",
                current_language(),
                {
                    "subject": held.get_subject_display(),
                    "by": by.get_full_name() or by.get_username(),
                    "link": admin_url(held),
                },
            )
            queue(to=to.email, purpose="notice", **letter._asdict())


def release(message: ContactMessage, *, by: Any) -> None:
    """Take the message from whom it was assigned to."""
    with moving(message, Move.RELEASE) as held:
        note(held, Kind.ASSIGNED, by=by, text=_("Nobody"))


def settle(message: ContactMessage, *, by: Any) -> None:
    """Count it as answered: by telephone, or because nothing is to be said."""
    with moving(message, Move.SETTLE) as held:
        answered(held)
        note(held, Kind.ANSWERED, by=by, text=_("without a letter"))


def reopen(message: ContactMessage, *, by: Any) -> None:
    """Let it wait again, since the person wrote last."""
    with moving(message, Move.REOPEN) as held:
        note(held, Kind.NOTE, by=by, text=_("Opened again"))


def mark_spam(message: ContactMessage, *, by: Any) -> None:
    """Put it among the spam. Later messages of the same person are only suggested to be the same."""
    with moving(message, Move.SPAM) as held:
        note(held, Kind.NOTE, by=by, text=_("Marked as spam"))


def take_back(message: ContactMessage, *, by: Any) -> None:
    """It was no spam after all."""
    with moving(message, Move.TAKE_BACK) as held:
        note(held, Kind.NOTE, by=by, text=_("Spam taken back"))


def answered(message: ContactMessage) -> None:
    """The moment of the first answer, for the response times. The caller holds the row and saves."""
    message.answered_at = message.answered_at or timezone.now()


def note(message: ContactMessage, kind: str, *, by: Any = None, text: str = "") -> None:
    """Write an event about the message on its person's timeline; nothing where the person was erased."""
    if message.person is not None:
        TimelineEvent.objects.note(message.person, kind, by=by, text=text, about=message)


def admin_url(message: ContactMessage) -> str:
    """The whole address of the message in the admin."""
    return settings.SITE_URL + reverse("admin:outreach_contactmessage_change", args=[message.pk])


# -- What a new message causes ----------------------------------------------------------------------


def tell(message: ContactMessage, note_of: Any) -> None:
    """A note with a link and nothing personal to whom the message's subject is routed, else to the site's
    own address; ``note_of`` makes the letter. Three queries."""
    site = SiteSettings.load()
    route = Route.objects.filter(subject=message.subject).first()
    addresses = [route.address] if route and route.address else []
    if route:
        people = route.accounts.filter(is_active=True, is_staff=True).exclude(email="")
        addresses += people.values_list("email", flat=True)
    for address in dict.fromkeys(addresses or [site.email or settings.SERVER_EMAIL]):
        queue(to=address, purpose="notice", **note_of(site)._asdict())


def acknowledge(message: ContactMessage) -> None:
    """Tell the sender that the message has come, once, without a word of what was typed.

    Nobody's mailbox is flooded by it, and none hears whose address failed or complained, or whose messages
    were marked as spam. The caller holds the person's row: two can not both be the last.
    """
    person = message.person
    if person is None:
        return
    since = timezone.now() - datetime.timedelta(days=1)
    if person.mail.filter(purpose="received", created_at__gt=since).count() >= ACKNOWLEDGEMENTS_A_DAY:
        return
    if person.messages.filter(state=State.SPAM).exists() or Suppression.objects.among([message.email]):
        return
    site = SiteSettings.load()
    letter = wordings.compose(
        "message-acknowledged",
        message.language,
        {"subject": message.get_subject_display(), "site": site.name, "phone": site.phone},
    )
    message.acknowledgement = queue(
        to=message.email,
        person=person,
        purpose="received",
        headers=reply_headers(message, site),
        key=f"received:message:{message.pk}",
        **letter._asdict(),
    )
    message.save(update_fields=["acknowledgement"])


def relay_key(pk: int) -> str:
    """The key of the letter that sends a message on to the expert it is for."""
    return f"relay:message:{pk}"


def reply_headers(message: ContactMessage, site: SiteSettings) -> dict[str, str]:
    """Where answers to a letter about the message come back to."""
    from .threads import return_address

    address = return_address(message) or site.email
    return {"Reply-To": address} if address else {}
