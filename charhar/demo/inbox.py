"""Sample messages in the inbox, one of them answered, and what is often answered. No mail is sent."""

import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from charhar.contacts.models import OutgoingMail, Person, TimelineEvent
from charhar.outreach.models import ContactMessage, Reply, ReplyTemplate

from .stock import read_yaml

State = ContactMessage.State
Kind = TimelineEvent.Kind


def load_inbox() -> tuple[int, int]:
    """Make the messages and templates; how many are new, and how many were there.

    None is made where one is there already: samples are never mixed with what people really wrote.
    """
    left = ContactMessage.objects.count() + ReplyTemplate.objects.count()
    if left:
        return 0, left
    rows = read_yaml("messages")
    by = get_user_model().objects.filter(username="secretary").first()
    with transaction.atomic():
        for fields in rows["templates"]:
            ReplyTemplate.objects.create(**fields)
        for fields in rows["messages"]:
            _message(fields, by)
    return len(rows["templates"]) + len(rows["messages"]), 0


def _message(fields: dict[str, Any], by: Any) -> None:
    """One message, with its notes on the timeline and its answer."""
    own = {name: value for name, value in fields.items() if name not in {"hours", "assigned", "answer"}}
    at = _ago(fields["hours"])
    person = Person.objects.meet(own["email"], name=own["name"], language=own.get("language", "en"))
    message = ContactMessage.objects.create(
        person=person, created_at=at, waiting_since=at, day=timezone.localdate(at), digest="", **own
    )
    TimelineEvent.objects.note(person, Kind.WROTE, about=message, at=at)
    if fields.get("assigned") and by is not None:
        message.state, message.assigned_to = State.ASSIGNED, by
        at += datetime.timedelta(minutes=40)
        TimelineEvent.objects.note(
            person, Kind.ASSIGNED, by=by, text=by.get_full_name(), about=message, at=at
        )
    if answer := fields.get("answer"):
        _answer(message, answer["text"], by, _ago(answer["hours"]))
    message.save()


def _answer(message: ContactMessage, text: str, by: Any, at: datetime.datetime) -> None:
    mail = OutgoingMail.objects.create(
        person=message.person,
        purpose="answer",
        to=message.email,
        sender=settings.DEFAULT_FROM_EMAIL,
        subject=f"Re: {message.get_subject_display()} (sample)",
        text=text,
        state=OutgoingMail.State.SENT,
        attempts=1,
        created_at=at,
        tried_at=at,
        sent_at=at,
    )
    Reply.objects.create(
        message=message,
        direction=Reply.Direction.OUT,
        text=text,
        by=by,
        mail=mail,
        reference=mail.message_id,
        at=at,
    )
    message.state, message.answered_at, message.waiting_since = State.ANSWERED, at, None
    TimelineEvent.objects.note(message.person, Kind.ANSWERED, by=by, about=message, at=at)


def _ago(hours: int) -> datetime.datetime:
    return timezone.now() - datetime.timedelta(hours=hours)
