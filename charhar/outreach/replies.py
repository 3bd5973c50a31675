"""Answers by mail: written in the admin, sent through the outbox, part of a thread; each once."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from charhar.contacts import wordings
from charhar.contacts.models import TimelineEvent
from charhar.contacts.outbox import queue
from charhar.pages.models import SiteSettings

from . import threads
from .correspondence import ContactMessage, Reply
from .inbox import Move, answered, moving, note, reply_headers

MOST_QUOTED = 4_000


class Overtaken(ValidationError):
    """The thread has gone on since the form was opened."""


def answer(message: ContactMessage, text: str, *, by: Any, key: str, seen: int) -> Reply:
    """Send ``text`` to the person who wrote; the same form (``key``) sent again gives back what it made.

    ``seen`` is the key of the last reply that its writer saw, 0 for none: raises ``Overtaken`` where there is
    a newer one, and ``ValidationError`` where the message can not be answered. One transaction; the letter
    goes out after it.
    """
    mark = f"{message.pk}:{key}"
    with transaction.atomic():
        ContactMessage.objects.select_for_update().get(pk=message.pk)
        found = Reply.objects.filter(key=mark).first()
        if found is not None:
            return found
        if last_seen(message) != seen:
            raise Overtaken(
                _(
                    "The thread has gone on since you opened it. Please read what is new; what you typed "
                    "stands below and has not been sent."
                )
            )
        with moving(message, Move.ANSWER) as held:
            letter = _letter(held, text, by)
            mail = queue(
                to=held.email,
                person=held.person,
                purpose="answer",
                headers={
                    **reply_headers(held, SiteSettings.load()),
                    **threads.headers(held),
                    "Auto-Submitted": "no",
                },
                key=f"answer:{mark}",
                **letter._asdict(),
            )
            reply = Reply.objects.create(
                message=held,
                direction=Reply.Direction.OUT,
                text=text,
                by=by,
                mail=mail,
                reference=mail.message_id,
                key=mark,
            )
            answered(held)
            note(held, TimelineEvent.Kind.ANSWERED, by=by)
    return reply


def last_seen(message: ContactMessage) -> int:
    """The key of the last reply, 0 for none. One query."""
    return message.replies.order_by("-pk").values_list("pk", flat=True).first() or 0


def hear(message: ContactMessage, *, text: str, sender: str, reference: str, attachments: str = "") -> Reply:
    """Add an answer that came by mail to its thread; the message waits again, except among the spam."""
    with moving(message, Move.HEAR) as held:
        reply = Reply.objects.create(
            message=held,
            direction=Reply.Direction.IN,
            text=text,
            sender=sender[:300],
            reference=reference,
            attachments=attachments[:500],
        )
        note(held, TimelineEvent.Kind.WROTE)
    return reply


def undelivered(message: ContactMessage) -> None:
    """An answer could not be delivered: the message waits again."""
    with moving(message, Move.HEAR) as held:
        note(held, TimelineEvent.Kind.NOTE, text=_("An answer could not be delivered."))


def _letter(message: ContactMessage, text: str, by: Any) -> Any:
    """The staff's words in the frame of an answer: greeting and signature are in its wording."""
    heard = message.replies.filter(direction=Reply.Direction.IN).last()
    said, at = (heard.text, heard.at) if heard else (message.message, message.created_at)
    quoted = "\n".join(f"> {line}".rstrip() for line in said[:MOST_QUOTED].splitlines())
    with translation.override(message.language):
        values = {
            "text": text,
            "name": message.name,
            "by": by.get_full_name(),
            "subject": message.get_subject_display(),
            "site": SiteSettings.load().name,
            "date": date_format(timezone.localtime(at), "DATE_FORMAT"),
            "quoted": quoted,
        }
    return wordings.compose("message-answer", message.language, values)
