"""What becomes of mail that came: bounces settle letters and suppress addresses, answers join their thread.

A report counts only where it names a Message-ID of a letter of ours, which nobody but the letter's recipient
knows, and only for the address that this very letter went to: a forged one suppresses nobody else.
"""

import datetime
import logging
from collections import Counter
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from charhar.contacts.addresses import email_key
from charhar.contacts.models import OutgoingMail, Suppression, TimelineEvent
from charhar.contacts.outbox import hold_back

from . import incoming, replies, threads
from .correspondence import ReceivedMail, Reply
from .incoming import Incoming

logger = logging.getLogger(__name__)
Kind = ReceivedMail.Kind
SOFT_BOUNCES = 3
SOFT_WITHIN = datetime.timedelta(days=30)


def read_all(mails: Iterable[bytes], *, dry_run: bool = False) -> Counter[str]:
    """Read mails one after the other; how many were of which kind, those known already as "known".

    Each is settled in its own transaction; one that can not be read is counted and stops no other. With
    ``dry_run`` everything is done and undone.
    """
    counts: Counter[str] = Counter()
    for raw in mails:
        try:
            mail = incoming.read(raw)
        except incoming.Unreadable as error:
            logger.warning("A mail could not be read: %s", error)
            mail = Incoming(incoming.key_of(raw), kind="broken")
        with transaction.atomic():
            counts[_settle(mail)] += 1
            if dry_run:
                transaction.set_rollback(True)
    return counts


def _settle(mail: Incoming) -> str:
    """Remember the mail and do what follows from it, once; its kind."""
    row, is_new = ReceivedMail.objects.get_or_create(key=mail.key, defaults={"kind": Kind.FOREIGN})
    if not is_new:
        return "known"
    kind = mail.kind
    if kind == "answer":
        kind = _answer(mail)
    elif kind in {"bounce", "complaint"}:
        kind = _report(mail, row)
    row.kind, row.status = kind, mail.status[:20]
    row.save(update_fields=["kind", "status", "mail"])
    return str(kind)


def _answer(mail: Incoming) -> str:
    if mail.reference and OutgoingMail.objects.filter(message_id=mail.reference).exists():
        return Kind.AUTOMATIC  # a copy of our own letter
    message = threads.by_ids(mail.ids) or threads.by_address(mail.addressed)
    if message is None:
        return Kind.FOREIGN
    replies.hear(
        message, text=mail.text, sender=mail.sender, reference=mail.reference, attachments=mail.attachments
    )
    return Kind.ANSWER


def _report(mail: Incoming, row: ReceivedMail) -> str:
    letter = threads.own_mail(mail.own_ids)
    sent = {OutgoingMail.State.SENT, OutgoingMail.State.UNCERTAIN, OutgoingMail.State.FAILED}
    if letter is None or letter.state not in sent:
        return Kind.FOREIGN
    if mail.recipients and email_key(letter.to) not in {email_key(each) for each in mail.recipients}:
        return Kind.FOREIGN
    row.mail = letter
    if mail.kind == "complaint":
        _suppress(letter, Suppression.Reason.COMPLAINT, "")
        return Kind.COMPLAINT
    words = incoming.ADDRESS.sub("…", f"{mail.status} {mail.words}".strip())
    if mail.status.startswith("4"):
        if _soft_bounces(letter) + 1 >= SOFT_BOUNCES:
            _suppress(letter, Suppression.Reason.BOUNCE, words)
        return Kind.DELAY
    OutgoingMail.objects.filter(pk=letter.pk, state__in=sent).update(
        state=OutgoingMail.State.FAILED, claim="", error=words[:500]
    )
    _suppress(letter, Suppression.Reason.BOUNCE, words)
    reply = Reply.objects.filter(mail=letter).select_related("message").first()
    if reply is not None and reply.message.person_id is not None:
        replies.undelivered(reply.message)
    return Kind.BOUNCE


def _soft_bounces(letter: OutgoingMail) -> int:
    """How many letters to the same person failed for now, of late; the one at hand not among them."""
    since = timezone.now() - SOFT_WITHIN
    soft = ReceivedMail.objects.filter(kind=Kind.DELAY, at__gte=since, mail__person=letter.person_id)
    return soft.exclude(mail=letter).values("mail").distinct().count() if letter.person_id else 0


def _suppress(letter: OutgoingMail, reason: str, words: str) -> None:
    """No more letters to many: only for a person whose own address the letter went to."""
    person = letter.person
    if person is None or person.email_key != email_key(letter.to):
        return
    if Suppression.objects.add_address(letter.to, reason, note=words[:300]):
        TimelineEvent.objects.note(person, TimelineEvent.Kind.SUPPRESSED, text=words[:300])
    hold_back(person)
