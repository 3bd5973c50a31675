"""What a mail that came is: a bounce, a complaint, an automatic reply or an answer. No database is asked.

Anybody can write anything into a mail, so nothing here raises for its content but ``Unreadable``.
"""

import hashlib
import re
from dataclasses import dataclass, field
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from .threads import message_ids

MOST_BYTES = 2 * 1024 * 1024
MOST_TEXT = 20_000
MOST_PARTS = 200
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
BOUNCE_SUBJECT = re.compile(
    r"undeliver|delivery status|failure notice|mail delivery failed|returned mail|delivery failure|退信", re.I
)
BOUNCE_SENDER = re.compile(r"(mailer-daemon|postmaster)@", re.I)
AUTOMATIC_SUBJECT = re.compile(r"^\s*(auto(matic)?[ -]?(reply|response)|out of (the )?office|自动回复)", re.I)
ADDRESS = re.compile(r"[^\s<>;,:\"']+@[^\s<>;,\"']+")


class Unreadable(Exception):
    """The mail can not be taken apart."""


@dataclass
class Incoming:
    """A mail as far as it matters."""

    key: str
    kind: str = "answer"  # bounce, complaint, automatic, answer
    status: str = ""
    words: str = ""
    recipients: list[str] = field(default_factory=list)
    own_ids: list[str] = field(default_factory=list)  # of our letters that it reports on
    ids: list[str] = field(default_factory=list)  # that it answers
    addressed: str = ""
    reference: str = ""
    sender: str = ""
    text: str = ""
    attachments: str = ""


def read(raw: bytes) -> Incoming:
    """What the mail is; of a huge one only the beginning is read."""
    raw = raw[:MOST_BYTES]
    try:
        mail = message_from_bytes(raw)
        return _sorted(mail, raw)
    except Exception as error:
        raise Unreadable(type(error).__name__) from error


def key_of(raw: bytes) -> str:
    """By what a mail is remembered that can not be taken apart."""
    return hashlib.sha256(raw[:MOST_BYTES]).hexdigest()


def _sorted(mail: Message, raw: bytes) -> Incoming:
    reference = next(iter(message_ids(_header(mail, "Message-ID"))), "")
    key = hashlib.sha256(reference.encode()).hexdigest() if reference else key_of(raw)
    found = Incoming(key, reference=reference)
    kind = str(mail.get_param("report-type", "") or "").lower()
    if mail.get_content_type() == "multipart/report" and kind == "feedback-report":
        _read_complaint(mail, found)
    elif mail.get_content_type() == "multipart/report" and kind == "delivery-status":
        _read_report(mail, found)
    elif _looks_bounced(mail):
        _read_loose_bounce(mail, raw, found)
    elif _is_automatic(mail):
        found.kind = "automatic"
    else:
        _read_answer(mail, found)
    return found


def _parts(mail: Message) -> list[Message]:
    return [part for _number, part in zip(range(MOST_PARTS), mail.walk(), strict=False)]


def _read_report(mail: Message, found: Incoming) -> None:
    """RFC 3464: the recipients' fields, and the headers of the letter that it is about."""
    found.kind = "automatic"  # a report of success
    for part in _parts(mail):
        if part.get_content_type() == "message/delivery-status":
            groups = part.get_payload()
            for group in groups if isinstance(groups, list) else []:
                action = _header(group, "Action").lower()
                if action in {"failed", "delayed"}:
                    found.kind = "bounce"
                    status = STATUS.search(_header(group, "Status"))
                    found.status = status[1] if status else "4.0.0"
                    if action == "delayed":
                        found.status = "4" + found.status[1:]
                    found.words = _plain(_header(group, "Diagnostic-Code"))
                    for name in ("Original-Recipient", "Final-Recipient"):
                        found.recipients += ADDRESS.findall(_header(group, name).rpartition(";")[2])
    found.own_ids = _original_ids(mail)


def _read_complaint(mail: Message, found: Incoming) -> None:
    found.kind = "complaint"
    for part in _parts(mail):
        if part.get_content_type() == "message/feedback-report":
            fields = part.get_payload()
            report = fields[0] if isinstance(fields, list) and fields else message_from_bytes(_bytes(part))
            if _header(report, "Feedback-Type").lower() == "not-spam":
                found.kind = "automatic"
    found.own_ids = _original_ids(mail)


def _original_ids(mail: Message) -> list[str]:
    """The Message-ID of the letter that a report carries, whole or its headers alone."""
    for part in _parts(mail)[1:]:
        inner = part.get_payload()
        if part.get_content_type() == "message/rfc822" and isinstance(inner, list) and inner:
            return message_ids(_header(inner[0], "Message-ID"))
        if part.get_content_type() == "text/rfc822-headers":
            return message_ids(_header(message_from_bytes(_bytes(part)), "Message-ID"))
    return []


def _looks_bounced(mail: Message) -> bool:
    empty = mail.get("Return-Path") is not None and _header(mail, "Return-Path") in {"<>", ""}
    from_server = bool(BOUNCE_SENDER.search(_header(mail, "From"))) or empty
    named = bool(BOUNCE_SUBJECT.search(_header(mail, "Subject")))
    return mail.get("X-Failed-Recipients") is not None or (from_server and named)


def _read_loose_bounce(mail: Message, raw: bytes, found: Incoming) -> None:
    """A bounce of no standard: known by one of our Message-IDs in it, its kind by a status in its words."""
    found.kind = "bounce"
    host = re.escape(str(urlsplit(settings.SITE_URL).hostname))
    words = "\n".join(_text(part) for part in _parts(mail) if not part.is_multipart())
    pattern = rf"<[0-9a-f]{{32}}@{host}>"
    found.own_ids = list(dict.fromkeys(re.findall(pattern, words + raw.decode("latin-1"))))[:5]
    status = STATUS.search(words)
    found.status = status[1] if status else "4.0.0"
    found.recipients = ADDRESS.findall(_header(mail, "X-Failed-Recipients"))
    found.words = _plain(words[:300])


def _is_automatic(mail: Message) -> bool:
    said = _header(mail, "Auto-Submitted").lower() or "no"
    precedence = _header(mail, "Precedence").lower()
    return (
        not said.startswith("no")
        or precedence in {"bulk", "junk", "list", "auto_reply"}
        or any(mail.get(name) is not None for name in ("X-Autoreply", "X-Autorespond", "List-Id"))
        or mail.get_content_type() == "multipart/report"
        or bool(AUTOMATIC_SUBJECT.search(_header(mail, "Subject")))
    )


def _read_answer(mail: Message, found: Incoming) -> None:
    found.ids = message_ids(_header(mail, "References")) + message_ids(_header(mail, "In-Reply-To"))
    names = ("To", "Cc", "Delivered-To", "X-Original-To")
    found.addressed = " ".join(_header(mail, name) for name in names)
    found.sender = _plain(_header(mail, "From"))[:300]
    leaves = [part for part in _parts(mail) if not part.is_multipart()]
    attached = [part for part in leaves if part.get_filename()]
    texts = [part for part in leaves if part not in attached]
    for kind in ("text/plain", "text/html"):
        said = [_text(part) for part in texts if part.get_content_type() == kind]
        if any(said):
            text = "\n\n".join(said)
            found.text = (text if kind == "text/plain" else _without_tags(text)).strip()[:MOST_TEXT]
            break
    found.attachments = ", ".join(_plain(_decoded(str(part.get_filename()))) for part in attached)[:500]


def _bytes(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _text(part: Message) -> str:
    raw = _bytes(part)
    charset = (part.get_content_charset() or "utf-8").lower()
    for name in ("gb18030" if charset in {"gb2312", "gbk"} else charset, "utf-8"):
        try:
            text = raw.decode(name)
            break
        except (UnicodeError, LookupError):
            continue
    else:
        text = raw.decode("utf-8", "replace")
    return UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _without_tags(html: str) -> str:
    html = re.sub(r"(?is)<(script|style|head)\b.*?</\1\s*>", "", html)
    html = re.sub(r"(?i)<(br|/p|/div|/tr|/li)\b[^>]*>", "\n", html)
    return re.sub(r"\n{3,}", "\n\n", unescape(re.sub(r"<[^>]*>", "", html)))


def _header(mail: Any, name: str) -> str:
    return _decoded(str(mail.get(name, "")))


def _decoded(value: str) -> str:
    try:
        pieces = decode_header(value)
    except Exception:
        return _plain(value)
    words = ""
    for piece, charset in pieces:
        if isinstance(piece, bytes):
            try:
                words += piece.decode(charset or "utf-8", "replace")
            except LookupError:
                words += piece.decode("utf-8", "replace")
        else:
            words += piece
    return _plain(words)


def _plain(words: str) -> str:
    return " ".join(UNPRINTABLE.sub("", words).split())
