"""The way out for mail: written with the change that causes it, sent after the commit, retried by ``tick``.

Messages are claimed, a few at a time, in one statement before the server hears of them, so that no two
senders take the same one. A claimed message stands as *uncertain* until the server has answered: a process
that is killed leaves it so, and it waits for a person to decide. What the server refused is known not to be
sent and is tried again or given up; where the server fell silent it may have gone out and stays uncertain.
"""

import datetime
import logging
import secrets
import smtplib
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from .models import Mailing, OutgoingMail, Person, Suppression, give_up_time
from .printing import Message, Press, Printed, one_line

logger = logging.getLogger(__name__)
State = OutgoingMail.State

# How long a reader may be kept waiting for the mail server, and for how long after a failure nobody is.
READERS_PATIENCE = 4
QUIET_AFTER_FAILURE = datetime.timedelta(minutes=1)
BATCH = 500
# Claimed together, and so at most as many of unknown fate when a process is killed.
CLAIM = 10
# What the server has taken is written down together, but not later than this.
SETTLE_AFTER = 1.0
# ``tick`` runs each minute; what it has not sent by then, the next one sends.
SECONDS_A_TICK = 50.0


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
    key: str | None = None,
) -> OutgoingMail:
    """Write a message down in the caller's transaction and send it once that has been committed.

    With ``not_before``, ``tick`` sends it from that moment on; until then its text may still be added to.
    With ``key``, a message that was written under the same key before is given back and nothing is sent.
    Never raises because of the mail server; the page that caused the message waits ``READERS_PATIENCE``
    seconds at most for a server that does not answer.
    """
    fields = {
        "person": person,
        "purpose": purpose,
        "to": to,
        "sender": settings.DEFAULT_FROM_EMAIL,
        "subject": one_line(subject),
        "text": text,
        "html": html,
        "headers": dict(headers or {}),
        "next_try_at": not_before or timezone.now(),
    }
    if key is None:
        mail = OutgoingMail.objects.create(**fields)
    else:
        mail, is_new = OutgoingMail.objects.get_or_create(key=key, defaults=fields)
        if not is_new:
            return mail
    if not_before is None:
        transaction.on_commit(partial(deliver_now, mail.pk), robust=True)
    return mail


def address_mailing(
    mailing: Mailing, recipients: Iterable[tuple[Person, dict[str, str], dict[str, str]]]
) -> int:
    """Freeze who gets a mailing: a row for each (person, values, headers), once an address; how many rows.

    Suppressed addresses get a row too, in that state, so that the numbers add up. Call it in the transaction
    that makes the mailing; three queries for every 500 recipients.
    """
    number = 0
    now = timezone.now()
    seen: set[str] = set()
    batch: list[tuple[Person, dict[str, str], dict[str, str]]] = []

    def write() -> None:
        unwanted = Suppression.objects.among(person.email for person, _values, _headers in batch)
        OutgoingMail.objects.bulk_create(
            OutgoingMail(
                person=person,
                mailing=mailing,
                purpose=mailing.purpose,
                to=person.email,
                sender=mailing.sender,
                values=values,
                headers=headers,
                state=State.SUPPRESSED if person.email in unwanted else State.PENDING,
                next_try_at=mailing.begins_at,
                give_up_at=mailing.begins_at + (give_up_time() - now),
            )
            for person, values, headers in batch
        )
        batch.clear()

    for recipient in recipients:
        person = recipient[0]
        if person.email_key in seen:
            continue
        seen.add(person.email_key)
        batch.append(recipient)
        number += 1
        if len(batch) == BATCH:
            write()
    if batch:
        write()
    return number


def hold_back(person: Person) -> int:
    """Suppress whatever waits for ``person`` in letters to many: they want no more; how many messages."""
    return OutgoingMail.objects.filter(person=person, mailing__isnull=False, state=State.PENDING).update(
        state=State.SUPPRESSED
    )


def pause(mailing: Mailing) -> bool:
    """Send nothing more of a mailing for now; messages under way are finished. False where it was paused."""
    return bool(
        Mailing.objects.filter(pk=mailing.pk, state=Mailing.State.RUNNING).update(state=Mailing.State.PAUSED)
    )


def resume(mailing: Mailing) -> bool:
    """Go on with a paused mailing, with the full time to try. False where it was not paused."""
    with transaction.atomic():
        if not Mailing.objects.filter(pk=mailing.pk, state=Mailing.State.PAUSED).update(
            state=Mailing.State.RUNNING
        ):
            return False
        mailing.mail.filter(state=State.PENDING).update(give_up_at=give_up_time())
    return True


def call_off(mailing: Mailing) -> int:
    """Suppress whatever of a mailing still waits: nobody more is to get it; how many messages."""
    return mailing.mail.filter(state=State.PENDING).update(state=State.SUPPRESSED)


def deliver_now(pk: int) -> None:
    """Try one message at once, unless the server failed within the last minute: then ``tick`` will."""
    recently = timezone.now() - QUIET_AFTER_FAILURE
    if OutgoingMail.objects.filter(state=State.PENDING, tried_at__gte=recently).exists():
        return
    _Postman(get_connection(timeout=READERS_PATIENCE)).deliver([pk])


def deliver_due(now: datetime.datetime | None = None, *, seconds: float = SECONDS_A_TICK) -> Counter[str]:
    """Send what is due, letters to one before letters to many; how many ended in which state.

    Ends when nothing is due any more, when the server can not be reached, or after about ``seconds``; the
    next ``tick`` goes on. Call it outside a transaction: each message is settled by itself.
    """
    began = time.monotonic()
    now = now or timezone.now()
    counts: Counter[str] = Counter()
    counts[State.FAILED] += (
        OutgoingMail.objects.filter(state=State.PENDING, give_up_at__lte=now)
        .exclude(mailing__state=Mailing.State.PAUSED)
        .update(state=State.FAILED)
    )
    postman: _Postman | None = None
    seen: set[int] = set()
    try:
        while time.monotonic() - began < seconds:
            keys = [key for key in _next_keys(now) if key not in seen]
            if not keys:
                break
            seen.update(keys)
            postman = postman or _Postman(get_connection())
            counts += postman.deliver(keys, until=began + seconds)
            if postman.trouble is not None:
                break
    finally:
        if postman:
            postman.close()
    return +counts


def _next_keys(now: datetime.datetime) -> list[int]:
    """What to send next: letters to one, and when there is none, a part of each mailing that may go on."""
    keys = list(OutgoingMail.objects.due(now).filter(mailing=None).values_list("pk", flat=True)[:BATCH])
    if keys:
        return keys
    for mailing in Mailing.objects.filter(state=Mailing.State.RUNNING, begins_at__lte=now).order_by(
        "begins_at", "pk"
    ):
        keys += _share(mailing, now)
    return keys


def _share(mailing: Mailing, now: datetime.datetime) -> list[int]:
    """The next recipients of a mailing, no more than its rate allows within a minute."""
    allowed = 100
    if mailing.per_minute is not None:
        since = timezone.now() - datetime.timedelta(minutes=1)
        allowed = min(allowed, mailing.per_minute - mailing.mail.filter(tried_at__gt=since).count())
    if allowed <= 0:
        return []
    due = OutgoingMail.objects.due(now).filter(mailing=mailing)
    return list(due.values_list("pk", flat=True)[:allowed])


def send_again(mail: OutgoingMail) -> bool:
    """Let a failed or uncertain message be tried again: a person decided so. False where it is neither.

    A message that is being sent at this moment also stands as uncertain; it is left alone for a minute.
    """
    settled = timezone.now() - QUIET_AFTER_FAILURE
    changed = (
        OutgoingMail.objects.filter(pk=mail.pk, state__in=[State.FAILED, State.UNCERTAIN])
        .exclude(state=State.UNCERTAIN, claim__gt="", tried_at__gt=settled)
        .update(
            state=State.PENDING,
            claim="",
            next_try_at=timezone.now(),
            give_up_at=give_up_time(),
            tried_at=None,
            error="",
        )
    )
    return bool(changed)


class _Postman:
    """Sends messages over one connection, opened anew after whatever went wrong on it."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.press = Press(plain=isinstance(connection, EmailBackend))
        self.is_open = False
        self.trouble: Exception | None = None  # why the server can not be reached
        self.claim = ""
        self.taken: list[int] = []  # of this claim, by the server; not written down yet
        self.settled = time.monotonic()

    def deliver(self, keys: list[int], *, until: float | None = None) -> Counter[str]:
        """Claim and send the messages; how many ended in which state. Stops when the server is gone."""
        counts: Counter[str] = Counter()
        try:
            for start in range(0, len(keys), CLAIM):
                if until is not None and time.monotonic() > until:
                    break
                if not self._is_ready():
                    _postpone(keys[start], self.trouble)
                    counts[State.PENDING] += len(keys) - start
                    break
                counts += self._send_claimed(keys[start : start + CLAIM])
                if self.trouble is not None:
                    counts[State.PENDING] += len(keys[start + CLAIM :])
                    break
        finally:
            self._settle_taken()
            if until is None:
                self.close()
        return counts

    def close(self) -> None:
        """Say goodbye; a server that has fallen silent may also fail at that."""
        self.is_open = False
        with suppress(OSError, smtplib.SMTPException):
            self.connection.close()

    def _is_ready(self) -> bool:
        if self.is_open:
            return True
        try:
            self.connection.open()
        except (OSError, smtplib.SMTPException) as error:
            logger.warning("The mail server can not be reached: %s", error)
            self.trouble = error
            return False
        self.is_open = True
        return True

    def _send_claimed(self, keys: list[int]) -> Counter[str]:
        """Claim and send some; how many ended in which state.

        What the server took last is written down with the claim: one query where it takes all, and never
        more than one claim of unknown fate. Whoever calls settles what was taken at the end.
        """
        counts: Counter[str] = Counter()
        claim = secrets.token_hex(16)
        mails = _claim(keys, claim, taken=self.taken, taken_by=self.claim)
        self.claim, self.taken, self.settled = claim, [], time.monotonic()
        done = 0
        try:
            for mail in mails:
                if not self._is_ready():
                    break
                done += 1
                state = self._send(mail)
                counts[state] += 1
                if state == State.SENT:
                    self.taken.append(mail.pk)
                if not self.is_open:
                    self.close()
                if time.monotonic() - self.settled > SETTLE_AFTER:
                    self._settle_taken()
        finally:
            # Whatever ends this short of a kill, messages that the server has not heard of wait again.
            if untried := [mail.pk for mail in mails[done:]]:
                counts[State.PENDING] += _give_back(untried, claim)
                if self.trouble is not None:
                    _postpone(untried[0], self.trouble)
        return counts

    def _settle_taken(self) -> None:
        _settle_sent(self.taken, self.claim)
        self.taken, self.settled = [], time.monotonic()

    def _send(self, mail: OutgoingMail) -> str:
        """Send one claimed message; its state now, which the caller has to write where it is *sent*.

        Leaves ``is_open`` false where the connection broke.
        """
        settle = partial(_settle, mail)
        try:
            message = self.press.message(mail)
        except (ValueError, LookupError) as error:
            return settle(State.FAILED, error=_words(error))
        try:
            self._hand_over(message)
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
            self.is_open = False
            if _is_passing(error):
                again = timezone.now() + datetime.timedelta(minutes=min(60, 2**mail.attempts))
                return settle(State.PENDING, error=_words(error), next_try_at=again)
            return settle(State.FAILED, error=_words(error))
        except smtplib.SMTPNotSupportedError as error:
            self.is_open = False
            return settle(State.FAILED, error=_words(error))
        except Exception as error:
            logger.exception("It is not known whether message %s was sent", mail.message_id)
            self.is_open = False
            return settle(State.UNCERTAIN, error=_words(error))
        return State.SENT

    def _hand_over(self, message: Message | Printed) -> None:
        if isinstance(message, Printed):
            self.connection.connection.sendmail(message.sender, [message.to], message.data)
        else:
            self.connection.send_messages([message])


def _claim(keys: list[int], claim: str, *, taken: list[int], taken_by: str) -> list[OutgoingMail]:
    """Take those of the messages that still wait; nobody else has them from here on. One query.

    The same query writes down that the server took the messages ``taken`` of the claim ``taken_by``: it is
    the commit that costs, not the rows. What was paused since it was looked for is left. The statement is
    written out: this is asked for every ten letters of a newsletter, and putting it together took longer than
    running it.
    """
    mail, mailing = OutgoingMail._meta.db_table, Mailing._meta.db_table
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    is_next = "state = %s"
    settles = f" OR (id IN ({_marks(taken)}) AND claim = %s)" if taken else ""
    changed = OutgoingMail.objects.raw(
        # Only names of tables and as many marks as there are keys are put in; what is asked for goes beside.
        f"UPDATE {mail} SET state = CASE WHEN {is_next} THEN %s ELSE %s END,"  # noqa: S608
        f" claim = CASE WHEN {is_next} THEN %s ELSE '' END,"
        f" tried_at = CASE WHEN {is_next} THEN %s ELSE tried_at END,"
        f" attempts = CASE WHEN {is_next} THEN attempts + 1 ELSE attempts END,"
        f" sent_at = CASE WHEN {is_next} THEN sent_at ELSE %s END,"
        f" error = CASE WHEN {is_next} THEN error ELSE '' END"
        f" WHERE (id IN ({_marks(keys)}) AND {is_next} AND NOT EXISTS"
        f" (SELECT 1 FROM {mailing} m WHERE m.id = {mail}.mailing_id AND m.state = %s)){settles}"
        " RETURNING *",
        [
            *[State.PENDING, State.UNCERTAIN, State.SENT, State.PENDING, claim, State.PENDING, now],
            *[State.PENDING, State.PENDING, now, State.PENDING, *keys, State.PENDING, Mailing.State.PAUSED],
            *([*taken, taken_by] if taken else []),
        ],
    )
    return sorted(
        (each for each in changed if each.claim == claim), key=lambda each: (each.next_try_at, each.pk)
    )


def _marks(keys: list[int]) -> str:
    return ", ".join(["%s"] * len(keys))


def _give_back(keys: list[int], claim: str) -> int:
    return OutgoingMail.objects.filter(pk__in=keys, claim=claim, state=State.UNCERTAIN).update(
        state=State.PENDING, claim="", tried_at=None, attempts=F("attempts") - 1
    )


def _postpone(pk: int, error: Exception | None) -> None:
    now = timezone.now()
    OutgoingMail.objects.filter(pk=pk, state=State.PENDING).update(
        tried_at=now, next_try_at=now + QUIET_AFTER_FAILURE, error=_words(error)
    )


def _settle(mail: OutgoingMail, state: str, **fields: Any) -> str:
    """Write the outcome, if the claim is still ours."""
    OutgoingMail.objects.filter(pk=mail.pk, claim=mail.claim).update(state=state, claim="", **fields)
    return state


def _settle_sent(keys: list[int], claim: str) -> None:
    """Write down that the server has taken the messages, where the claim is still ours."""
    if keys:
        OutgoingMail.objects.filter(pk__in=keys, claim=claim).update(
            state=State.SENT, claim="", sent_at=timezone.now(), error=""
        )


def built(mail: OutgoingMail) -> bytes:
    """The message as it travels, headers and all."""
    message = Press(plain=True).message(mail)
    return message.data if isinstance(message, Printed) else message.message().as_bytes(linesep="\r\n")


def _is_passing(error: smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused) -> bool:
    """Whether the server's answer is one of those (4xx) that ask to be tried again."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _reply in error.recipients.values()]
    else:
        codes = [error.smtp_code]
    return all(400 <= code < 500 for code in codes)


def _words(error: Exception | None) -> str:
    return f"{type(error).__name__}: {error}"[:500]
