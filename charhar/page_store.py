"""Where whole pages are kept: in this process, and where the other processes find them.

A page is stored as it will be sent, compressed, under its address; storing it again replaces it, so that
there is never more than one of an address. Whether a page is still good is for page_cache.py to say.
"""

import fcntl
import gzip
import hashlib
import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.utils.http import http_date

from charhar.publishing.backends.redis_link import Unreachable, link

logger = logging.getLogger(__name__)

Headers = list[tuple[str, str]]
IN_MEMORY = 24 * 1024 * 1024  # bytes a process
LARGEST_IN_MEMORY = 1024 * 1024
IN_REDIS_FOR = 24 * 3600  # seconds
# Fast rather than small: half a millisecond for an article, and within 3 % of the best.
LEVEL = 5
# What a page's headers say anew for each coding.
OWN_HEADERS = {"Content-Length", "ETag", "Last-Modified", "Vary"}
LOCKS = 256
LONGEST_WAIT = 1.0  # seconds that a page is waited for while another process makes it
LONGEST_RENDER = 10_000  # milliseconds after which a machine that died no longer keeps others from rendering


@dataclass(slots=True)
class Page:
    """One page as it is sent: which version it shows, until when by the clock, and its compressed bytes."""

    key: str
    version: str
    valid_until: float
    etag: str
    modified: str
    headers: Headers
    packed: bytes
    # What is made of it on the way, by coding: the headers as they are sent and the bytes.
    answers: dict[str, tuple[Headers, bytes]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, key: str, version: str, valid_until: float, headers: Headers, body: bytes) -> "Page":
        """A page just rendered, with the headers that Django gave it. Costs its compression."""
        return cls(
            key=key,
            version=version,
            valid_until=valid_until,
            etag=hashlib.blake2b(body, digest_size=12).hexdigest(),
            modified=next((value for name, value in headers if name == "Last-Modified"), http_date()),
            headers=[one for one in headers if one[0] not in OWN_HEADERS],
            packed=gzip.compress(body, LEVEL, mtime=0),
        )

    @property
    def plain(self) -> bytes:
        """The page's bytes, not compressed."""
        return gzip.decompress(self.packed)

    def to_bytes(self) -> bytes:
        """One line of JSON, then the compressed bytes."""
        said = [
            self.key,
            self.version,
            self.valid_until,
            self.etag,
            self.modified,
            self.headers,
            len(self.packed),
        ]
        return json.dumps(said).encode() + b"\n" + self.packed

    @classmethod
    def from_bytes(cls, raw: bytes, key: str) -> "Page | None":
        """What ``to_bytes`` made of the page at ``key``; None for anything else, such as half of it."""
        head, _line, packed = raw.partition(b"\n")
        try:
            kept, version, valid_until, etag, modified, headers, size = json.loads(head)
        except (ValueError, TypeError):
            return None
        if kept != key or size != len(packed):
            return None
        return cls(key, version, valid_until, etag, modified, [tuple(h) for h in headers], packed)


class Memory:
    """The pages of this process. The oldest give way; one that is wanted comes back from the shared store."""

    def __init__(self, most: int = IN_MEMORY) -> None:
        self.most, self.size = most, 0
        self.pages: dict[str, Page] = {}
        self.get = self.pages.get
        self.lock = threading.Lock()

    def put(self, page: Page) -> None:
        """Keep a page, unless it is a very large one."""
        if len(page.packed) > LARGEST_IN_MEMORY:
            return
        with self.lock:
            old = self.pages.pop(page.key, None)
            self.size += len(page.packed) - (len(old.packed) if old else 0)
            self.pages[page.key] = page
            while self.size > self.most:
                self.size -= len(self.pages.pop(next(iter(self.pages))).packed)


class Store(Protocol):
    """What the processes share. Trouble of its own means a page that is not found or not kept, no error."""

    def load(self, key: str) -> Page | None:
        """The page at a key, whatever its version."""

    def save(self, page: Page) -> None:
        """Keep a page in place of what stood at its key."""

    def rendering(self, key: str) -> Any:
        """A context: True for the one who is to render the page at a key, False while another does."""


def named(key: str) -> str:
    """A key as 32 hexadecimal digits."""
    return hashlib.blake2b(key.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


class Files:
    """A folder that the processes of one machine share: a file a page, renamed into place.

    Each release has its own folder in it; those of earlier ones go when room is made.
    """

    def __init__(self, folder: Path, release: str, most: int) -> None:
        self.all_releases, self.folder, self.most = folder, folder / release, most
        self.written = most  # so that the first to write looks what an earlier process left
        self.complained = 0.0

    def load(self, key: str) -> Page | None:
        """Read one file."""
        try:
            raw = self._path(key).read_bytes()
        except OSError:
            return None
        return Page.from_bytes(raw, key)

    def save(self, page: Page) -> None:
        """Write one file; once a sixteenth of the room was written, the oldest make room."""
        path = self._path(page.key)
        fresh = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
        raw = page.to_bytes()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(raw)
            os.replace(fresh, path)
        except OSError as error:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            if time.monotonic() > self.complained + 60:
                self.complained = time.monotonic()
                logger.warning("Pages can not be kept in %s: %s", self.folder, error)
            return
        self.written += len(raw)
        if self.written > self.most // 16:
            self.written = 0
            self.make_room()

    def make_room(self) -> None:
        """Delete the oldest pages until a quarter of the room is free. Looks at every file."""
        found = []
        for path in self.all_releases.glob("*/[0-9a-f][0-9a-f]/*"):
            with suppress(OSError):  # another process replaced or deleted it
                state = path.stat()
                found.append((state.st_mtime, state.st_size, path))
        size = sum(bytes_ for _written, bytes_, _path in found)
        if size <= self.most:
            return
        for _written, bytes_, path in sorted(found):
            if size <= self.most * 3 // 4:
                return
            with suppress(OSError):
                path.unlink()
            size -= bytes_

    @contextmanager
    def rendering(self, key: str) -> Iterator[bool]:
        """By a lock on one of a few files, which the system lifts when its holder dies."""
        try:
            folder = self.folder / "locks"
            folder.mkdir(parents=True, exist_ok=True)
            name = str(int(named(key)[:4], 16) % LOCKS)
            lock = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            yield True
            return
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
            else:
                yield True
        finally:
            os.close(lock)

    def _path(self, key: str) -> Path:
        name = named(key)
        return self.folder / name[:2] / name


class Redis:
    """Redis, for any number of machines; pages that nobody wanted for a day go by themselves."""

    def __init__(self, url: str, release: str) -> None:
        self.link, self.prefix = link(url), f"charhar:{release}"

    def load(self, key: str) -> Page | None:
        """One round trip."""
        try:
            raw = self.link.ask(b"GET", f"{self.prefix}:page:{named(key)}")
        except Unreachable:
            return None
        return None if raw is None else Page.from_bytes(raw, key)

    def save(self, page: Page) -> None:
        """One round trip."""
        name = f"{self.prefix}:page:{named(page.key)}"
        with suppress(Unreachable):
            self.link.ask(b"SET", name, page.to_bytes(), b"EX", IN_REDIS_FOR)

    @contextmanager
    def rendering(self, key: str) -> Iterator[bool]:
        """By a key that goes by itself when its holder died. Two round trips."""
        name = f"{self.prefix}:rendering:{named(key)}"
        try:
            got = self.link.ask(b"SET", name, b"1", b"NX", b"PX", LONGEST_RENDER)
        except Unreachable:
            yield True
            return
        try:
            yield got is not None
        finally:
            if got is not None:
                with suppress(Unreachable):
                    self.link.ask(b"DEL", name)


def shared_store(release: str) -> Store:
    """The store that the settings name: Redis where there is one, else PAGE_CACHE_DIR."""
    if settings.REDIS_URL:
        return Redis(settings.REDIS_URL, release)
    return Files(settings.PAGE_CACHE_DIR, release, settings.PAGE_CACHE_BYTES)
