"""Where mail is read from: a file, a folder, or a mailbox by IMAP or POP. Nothing is deleted anywhere."""

import imaplib
import mailbox
import poplib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

from .incoming import MOST_BYTES

PATIENCE = 20  # seconds
MOST_A_TIME = 500
# What goes wrong on the way to a mailbox.
TROUBLE = (OSError, imaplib.IMAP4.error, poplib.error_proto)


def from_path(path: Path) -> Iterator[bytes]:
    """The mails of an mbox file, a Maildir, an .eml file or a folder of such; of huge ones the beginning."""
    if path.is_dir() and (path / "cur").is_dir():
        folder = mailbox.Maildir(path, create=False)
        for key in sorted(folder.keys()):
            with folder.get_file(key) as file:
                yield file.read(MOST_BYTES)
    elif path.is_dir():
        for each in sorted(path.glob("*.eml")):
            yield _beginning(each)
    elif path.suffix == ".eml":
        yield _beginning(path)
    else:
        with closing(mailbox.mbox(path, create=False)) as box:
            for number in box.keys():  # noqa: SIM118  (iterating the box itself would parse every mail)
                with box.get_file(number) as file:
                    yield file.read(MOST_BYTES)


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES)


def from_url(url: str, *, keep_unseen: bool = False) -> Iterator[bytes]:
    """The unseen mails of an IMAP folder, each marked as seen once the next is asked for; or all of a POP
    mailbox's newest. ``keep_unseen`` marks nothing. Raises one of ``TROUBLE``."""
    parts = urlsplit(url)
    name, password = unquote(parts.username or ""), unquote(parts.password or "")
    host = parts.hostname or ""
    if parts.scheme in {"pop", "pops"}:
        yield from _from_pop(host, parts.port, name, password, secure=parts.scheme == "pops")
        return
    secure = parts.scheme == "imaps"
    server = (
        imaplib.IMAP4_SSL(host, parts.port or 993, timeout=PATIENCE)
        if secure
        else imaplib.IMAP4(host, parts.port or 143, timeout=PATIENCE)
    )
    with server:
        server.login(name, password)
        server.select(f'"{unquote(parts.path.strip("/")) or "INBOX"}"', readonly=keep_unseen)
        _status, found = server.uid("SEARCH", "UNSEEN")
        for uid in found[0].decode().split()[:MOST_A_TIME]:
            _status, data = server.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MOST_BYTES}>)")
            raw = next((piece[1] for piece in data if isinstance(piece, tuple)), None)
            if raw is not None:
                yield raw
            if not keep_unseen:
                server.uid("STORE", uid, "+FLAGS", r"(\Seen)")


def _from_pop(host: str, port: int | None, name: str, password: str, *, secure: bool) -> Iterator[bytes]:
    server = (
        poplib.POP3_SSL(host, port or 995, timeout=PATIENCE)
        if secure
        else poplib.POP3(host, port or 110, timeout=PATIENCE)
    )
    try:
        server.user(name)
        server.pass_(password)
        sizes = [line.split() for line in server.list()[1]]
        for number, size in [(int(n), int(s)) for n, s in sizes][-MOST_A_TIME:]:
            lines = server.retr(number)[1] if size <= MOST_BYTES else server.top(number, 5000)[1]
            yield b"\r\n".join(lines)
    finally:
        server.quit()
