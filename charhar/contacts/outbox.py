"""The way out for mail: written with the change that causes it, sent after the commit, retried by ``tick``.

A message is claimed in one statement before the server hears of it, so that no two senders take the same one.
What the server refused is known not to be sent and is tried again or given up; where the server fell silent
the message may have gone out, so it is *uncertain* and waits for a person to decide.
"""

import datetime
import logging
import smtplib
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from .models import OutgoingMail, Person, give_up_time

logger = logging.getLogger(__name__)
State = OutgoingMail.State

# How long a reader may be kept waiting for the mail server, and for how long after a failure nobody is.
READERS_PATIENCE = 4
QUIET_AFTER_FAILURE = datetime.timedelta(minutes=1)
# A claim older than any send can last belonged to a process that is gone.
ABANDONED_AFTER = datetime.timedelta(minutes=15)
BATCH = 500


def queue(
    *,
    to: str,
    subject: str,
    text: str,
    purpose: str,
    html: str = "",
    person: Person | None = None,
    headers: Mapping[str, str] | None = None,
    not_before: datetime.datetime | None = None,
) -> OutgoingMail:
    """Write a message down in the caller's transaction and send it once that has been committed.

    With ``not_before``, ``tick`` sends it from that moment on; until then its text may still be added to.
    Never raises because of the mail server; the page that caused the message waits ``READERS_PATIENCE``
    seconds at most for a server that does not answer.
    """
    mail = OutgoingMail.objects.create(
        person=person,
        purpose=purpose,
        to=to,
        sender=settings.DEFAULT_FROM_EMAIL,
        subject=" ".join(subject.split())[:300],
        text=text,
        html=html,
        headers=dict(headers or {}),
        next_try_at=not_before or timezone.now(),
    )
    if not_before is None:
        transaction.on_commit(partial(deliver_now, mail.pk), robust=True)
    return mail


def deliver_now(pk: int) -> None:
    """Try one message at once, unless the server failed within the last minute: then ``tick`` will."""
    recently = timezone.now() - QUIET_AFTER_FAILURE
    if OutgoingMail.objects.filter(state=State.PENDING, tried_at__gte=recently).exists():
        return
    _deliver([pk], get_connection(timeout=READERS_PATIENCE))


def deliver_due(now: datetime.datetime | None = None) -> Counter[str]:
    """Send what is due, at most ``BATCH`` messages; how many ended in which state.

    Call it outside a transaction: each message is settled by itself.
    """
    now = now or timezone.now()
    counts: Counter[str] = Counter()
    counts[State.UNCERTAIN] += OutgoingMail.objects.filter(
        state=State.SENDING, tried_at__lt=now - ABANDONED_AFTER
    ).update(state=State.UNCERTAIN, error="The process that was sending it ended.")
    counts[State.FAILED] += OutgoingMail.objects.filter(state=State.PENDING, give_up_at__lte=now).update(
        state=State.FAILED
    )
    due = list(OutgoingMail.objects.due(now).values_list("pk", flat=True)[:BATCH])
    if due:
        counts += _deliver(due, get_connection())
    return +counts


def send_again(mail: OutgoingMail) -> bool:
    """Let a failed or uncertain message be tried again: a person decided so. False where it is neither."""
    return bool(
        OutgoingMail.objects.filter(pk=mail.pk, state__in=[State.FAILED, State.UNCERTAIN]).update(
            state=State.PENDING,
            next_try_at=timezone.now(),
            give_up_at=give_up_time(),
            tried_at=None,
            error="",
        )
    )


def _deliver(keys: list[int], connection: Any) -> Counter[str]:
    """Send the messages over one connection, opened anew after whatever went wrong on it."""
    counts: Counter[str] = Counter()
    is_open = False
    try:
        for position, pk in enumerate(keys):
            if not is_open:
                try:
                    connection.open()
                except (OSError, smtplib.SMTPException) as error:
                    logger.warning("The mail server can not be reached: %s", error)
                    _postpone(pk, error)
                    counts[State.PENDING] += len(keys) - position
                    break
                is_open = True
            state, is_open = _send(pk, connection)
            if state:
                counts[state] += 1
            if not is_open:
                _close(connection)
    finally:
        _close(connection)
    return counts


def _close(connection: Any) -> None:
    # A server that has fallen silent may also fail to say goodbye.
    with suppress(OSError, smtplib.SMTPException):
        connection.close()


def _postpone(pk: int, error: Exception) -> None:
    now = timezone.now()
    OutgoingMail.objects.filter(pk=pk, state=State.PENDING).update(
        tried_at=now, next_try_at=now + QUIET_AFTER_FAILURE, error=_words(error)
    )


def _send(pk: int, connection: Any) -> tuple[str, bool]:
    """Claim and send one message: its state now (empty: another has it), and whether the connection held."""
    claimed_at = timezone.now()
    if not OutgoingMail.objects.filter(pk=pk, state=State.PENDING).update(
        state=State.SENDING, tried_at=claimed_at, attempts=F("attempts") + 1
    ):
        return "", True
    mail = OutgoingMail.objects.get(pk=pk)
    settle = partial(_settle, pk, claimed_at)
    try:
        message = _message(mail)
        message.message()
    except (ValueError, LookupError) as error:
        return settle(State.FAILED, error=_words(error)), True
    try:
        connection.send_messages([message])
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
        if _is_passing(error):
            again = timezone.now() + datetime.timedelta(minutes=min(60, 2**mail.attempts))
            return settle(State.PENDING, error=_words(error), next_try_at=again), False
        return settle(State.FAILED, error=_words(error)), False
    except smtplib.SMTPNotSupportedError as error:
        return settle(State.FAILED, error=_words(error)), False
    except Exception as error:
        logger.exception("It is not known whether message %s was sent", mail.message_id)
        return settle(State.UNCERTAIN, error=_words(error)), False
    return settle(State.SENT, sent_at=timezone.now(), error=""), True


def _settle(pk: int, claimed_at: datetime.datetime, state: str, **fields: Any) -> str:
    """Write the outcome, if the claim is still ours."""
    OutgoingMail.objects.filter(
        pk=pk, state__in=[State.SENDING, State.UNCERTAIN], tried_at=claimed_at
    ).update(state=state, **fields)
    return state


def _message(mail: OutgoingMail) -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(
        mail.subject,
        mail.text,
        mail.sender,
        [mail.to],
        headers={"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated", **mail.headers},
    )
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    return message


def _is_passing(error: smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused) -> bool:
    """Whether the server's answer is one of those (4xx) that ask to be tried again."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _reply in error.recipients.values()]
    else:
        codes = [error.smtp_code]
    return all(400 <= code < 500 for code in codes)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]
