"""What holds a thread together: Message-IDs, and an address that only this site can have made."""

import re
from collections.abc import Iterable

from django.conf import settings
from django.db.models import Q
from django.utils.crypto import constant_time_compare, salted_hmac

from charhar.contacts.models import OutgoingMail

from .correspondence import ContactMessage, Reply

SALT = "charhar.outreach.threads"
MESSAGE_ID = re.compile(r"<[^<>\s]{1,240}>")
TOKEN = re.compile(r"\+m(\d{1,15})\.([0-9a-f]{20})@", re.IGNORECASE)
MOST_REFERENCES = 10


def message_ids(header: str) -> list[str]:
    """The Message-IDs that stand in a header, in order."""
    return MESSAGE_ID.findall(header)


def _sign(pk: int) -> str:
    return salted_hmac(SALT, str(pk), algorithm="sha256").hexdigest()[:20]


def return_address(message: ContactMessage) -> str:
    """The message's own address in the mailbox that is read, or nothing where none is known."""
    local, _at, domain = settings.INBOX_ADDRESS.rpartition("@")
    return f"{local}+m{message.pk}.{_sign(message.pk)}@{domain}" if local else ""


def by_address(addresses: str) -> ContactMessage | None:
    """The message whose own address stands among those that a mail was sent to. One query at most."""
    for pk, signature in TOKEN.findall(addresses):
        if constant_time_compare(signature.lower(), _sign(int(pk))):
            return ContactMessage.objects.filter(pk=int(pk), person__isnull=False).first()
    return None


def by_ids(ids: Iterable[str]) -> ContactMessage | None:
    """The message in whose thread one of the Message-IDs stands. Two queries at most."""
    wanted = list(ids)[-2 * MOST_REFERENCES :]
    if not wanted:
        return None
    found = ContactMessage.objects.filter(
        Q(acknowledgement__message_id__in=wanted) | Q(replies__reference__in=wanted), person__isnull=False
    )
    return found.order_by("-pk").first()


def own_mail(ids: Iterable[str]) -> OutgoingMail | None:
    """The letter of this site that one of the Message-IDs is of. One query."""
    return OutgoingMail.objects.select_related("person").filter(message_id__in=list(ids)).first()


def headers(message: ContactMessage) -> dict[str, str]:
    """By which headers a new letter joins the thread. Two queries."""
    replies = list(message.replies.exclude(reference="").values_list("direction", "reference"))
    first = message.acknowledgement.message_id if message.acknowledgement else ""
    ids = [first] * bool(first) + [reference for _direction, reference in replies]
    if not ids:
        return {}
    heard = [reference for direction, reference in replies if direction == Reply.Direction.IN]
    return {
        "In-Reply-To": heard[-1] if heard else ids[-1],
        "References": " ".join(dict.fromkeys([*ids[:1], *ids[1:][-MOST_REFERENCES:]])),
    }
