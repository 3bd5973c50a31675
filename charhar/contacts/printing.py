"""Messages as they travel. A letter to many is set once; for each recipient only what differs is put in.

Building a message part by part and writing it out takes longer than handing it to the server. What can not
be put in so plainly (a name in the subject, an encoded text, an address not in ASCII) is built as any other.
"""

from collections.abc import Mapping
from email.utils import formatdate
from typing import Any, NamedTuple

from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import sanitize_address

from .models import Mailing, OutgoingMail

# RFC 5322: the longest line that every server takes, and what may be put into one of ours.
LONGEST_LINE, LONGEST_VALUE = 998, 400
# What each recipient's message has of its own.
OWN = (b"to:", b"message-id:", b"date:")


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its ``{{name}}`` marks filled in."""
    for name, value in values.items():
        text = text.replace("{{" + name + "}}", value)
    return text


def one_line(subject: str) -> str:
    """A subject as a header can hold it."""
    return " ".join(subject.split())[:300]


class Message(EmailMultiAlternatives):
    """Built once: before the server hears of it, so that what can not be built is known not to be sent."""

    _built: Any = None

    def message(self, *args: Any, **kwargs: Any) -> Any:
        if self._built is None:
            self._built = super().message(*args, **kwargs)
        return self._built


class Printed(NamedTuple):
    """A message that is bytes already, with the addresses of its envelope."""

    sender: str
    to: str
    data: bytes


class _Sheet(NamedTuple):
    """A letter to many, set: the head without what is each recipient's own, and all that follows."""

    sender: str
    head: bytes
    body: bytes


class Press:
    """Makes messages, and keeps what it has set of each letter to many as long as it is kept itself."""

    def __init__(self, *, plain: bool = False) -> None:
        """``plain`` says that the messages go to a mail server and nobody looks at them as objects."""
        self.plain = plain
        self._mailings: dict[int, Mailing] = {}
        self._sheets: dict[int, _Sheet | None] = {}

    def message(self, mail: OutgoingMail) -> Message | Printed:
        """The message, ready; one query for each mailing. Raises ``ValueError`` for what can not be sent."""
        mailing = self._mailing(mail)
        words = mailing or mail
        headers = {"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated", **mail.headers}
        if self.plain and mailing is not None and (printed := self._print(mailing, mail, headers)):
            return printed
        subject = one_line(filled(words.subject, mail.values))
        text = filled(words.text, mail.values)
        message = Message(subject, text, mail.sender, [mail.to], headers=headers)
        if words.html:
            message.attach_alternative(filled(words.html, mail.values), "text/html")
        message.message()
        return message

    def _mailing(self, mail: OutgoingMail) -> Mailing | None:
        if mail.mailing_id is None:
            return None
        if mail.mailing_id not in self._mailings:
            self._mailings[mail.mailing_id] = Mailing.objects.get(pk=mail.mailing_id)
        return self._mailings[mail.mailing_id]

    def _print(self, mailing: Mailing, mail: OutgoingMail, headers: Mapping[str, str]) -> Printed | None:
        """The message from the letter as it was set, or None where it has to be built."""
        if mailing.pk not in self._sheets:
            self._sheets[mailing.pk] = _set(mailing)
        sheet = self._sheets[mailing.pk]
        own = {**headers, "To": mail.to}
        if sheet is None or not all(_is_plain(each) for each in (*own, *own.values(), *mail.values.values())):
            return None
        lines = [f"{name}: {value}\r\n" for name, value in {**own, "Date": formatdate()}.items()]
        body = sheet.body
        for name, value in mail.values.items():
            body = body.replace(b"{{" + name.encode() + b"}}", value.encode())
        data = "".join(lines).encode("ascii") + sheet.head + b"\r\n" + body
        return Printed(sheet.sender, mail.to, data)


def _is_plain(value: str) -> bool:
    """Whether a value can be put into a header or a line as it stands."""
    return len(value) <= LONGEST_VALUE and value.isascii() and value.isprintable()


def _set(mailing: Mailing) -> _Sheet | None:
    """The letter, set with its marks still open; None where marks would not stand as they are."""
    if "{{" in mailing.subject:
        return None
    message = Message(one_line(mailing.subject), mailing.text, mailing.sender, ["nobody@example.org"])
    if mailing.html:
        message.attach_alternative(mailing.html, "text/html")
    head, _gap, body = message.message().as_bytes(linesep="\r\n").partition(b"\r\n\r\n")
    codings = [line for line in f"{head!r}{body!r}".lower().split("\\r\\n") if "transfer-encoding" in line]
    if any(each.endswith(("base64", "quoted-printable")) for each in codings):
        return None
    if max(map(len, body.split(b"\r\n"))) > LONGEST_LINE - LONGEST_VALUE:
        return None
    # A folded header goes on in lines that begin with a space.
    fields = head.replace(b"\r\n ", b"\n ").replace(b"\r\n\t", b"\n\t").split(b"\r\n")
    kept = [each.replace(b"\n", b"\r\n") for each in fields if not each.lower().startswith(OWN)]
    sender = sanitize_address(mailing.sender, "utf-8")
    return _Sheet(sender, b"".join(each + b"\r\n" for each in kept), body)
