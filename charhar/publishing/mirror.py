"""The mirror: the content version where it can be read without asking the database.

On one machine it is a symbolic link whose target is the version, so that one system call reads it whole and
renaming another into place replaces it whole. Several machines share it in Redis. It is raised after each
commit that wrote content, never lowered within an epoch, and compared with the database about once a second
(``compare``), for those who were killed between commit and raising.
"""

import fcntl
import logging
import os
import time
from functools import cache
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.db import DatabaseError, connection

from .backends.redis_link import Unreachable, link
from .version import Version, read_version, renew_epoch

logger = logging.getLogger(__name__)

QUIET = 60  # seconds between two complaints of the same trouble
REDIS_KEY = b"charhar:content-version"
# Compared and set at once, whatever other machines do meanwhile.
RAISE = b"""
local epoch, number = (redis.call('GET', KEYS[1]) or ''):match('^(%x+)%.(%d+)$')
if epoch ~= ARGV[1] or tonumber(number) < tonumber(ARGV[2]) then
    redis.call('SET', KEYS[1], ARGV[1] .. '.' .. ARGV[2])
end
return 1
"""


class Mirror(Protocol):
    """Where the version is mirrored."""

    def read(self) -> str | None:
        """The mirrored version's ``key``; None where there is none or it can not be read."""

    def raise_to(self, version: Version) -> None:
        """Show this version from now on, unless the same epoch's number is as high already."""


class FileMirror:
    """A symbolic link in a folder that the processes of one machine share. Reading costs one system call."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, str(folder / "version")
        self.trusted = True  # until an old link can be neither replaced nor deleted
        self.complained = float(-QUIET)

    def read(self) -> str | None:
        """The mirrored key, or None."""
        if not self.trusted:
            return None
        try:
            return os.readlink(self.path)
        except OSError:
            return None

    def raise_to(self, version: Version) -> None:
        """Rename the new link into place, one process at a time.

        Where that fails, as on a full disk, no link is better than an old one: readers then ask the database.
        In a folder that can not be written at all, each process finds that out when it compares.
        """
        if self.read() == version.key:
            return
        try:
            self._replace(version)
            self.trusted = True
        except OSError as error:
            if time.monotonic() > self.complained + QUIET:
                self.complained = time.monotonic()
                logger.warning("The content version can not be mirrored in %s: %s", self.folder, error)
            try:
                Path(self.path).unlink(missing_ok=True)
            except OSError:
                self.trusted = False

    def _replace(self, version: Version) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.folder / "version.lock", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            epoch, _dot, number = (self.read() or "").partition(".")
            if epoch == f"{version.epoch:x}" and int(number) >= version.number:
                return
            fresh = f"{self.path}.new"  # only the holder of the lock makes one
            Path(fresh).unlink(missing_ok=True)
            os.symlink(version.key, fresh)
            os.replace(fresh, self.path)
        finally:
            os.close(lock)


class RedisMirror:
    """One key in Redis, for any number of machines. Reading costs one round trip."""

    def __init__(self, url: str) -> None:
        self.link = link(url)

    def read(self) -> str | None:
        """The mirrored key; None where Redis does not answer or has lost it."""
        try:
            kept = self.link.ask(b"GET", REDIS_KEY)
        except Unreachable:
            return None
        return None if kept is None else kept.decode()

    def raise_to(self, version: Version) -> None:
        """Raise the key, in one round trip; without Redis nothing can be mirrored, and nobody can read it."""
        try:
            self.link.ask(b"EVAL", RAISE, 1, REDIS_KEY, f"{version.epoch:x}", version.number)
        except Unreachable as error:
            logger.warning("The content version can not be mirrored in Redis: %s", error)


@cache
def _mirror(redis_url: str, folder: Path) -> Mirror:
    return RedisMirror(redis_url) if redis_url else FileMirror(folder)


def mirror() -> Mirror:
    """The mirror that the settings name: Redis where there is one, else PAGE_CACHE_DIR."""
    return _mirror(settings.REDIS_URL, settings.PAGE_CACHE_DIR)


def compare() -> None:
    """Raise the mirror to what the database says. One query; a database that does not answer changes nothing.

    A database that was brought back from a backup counts below its mirror; it is given a new epoch, so that
    no page made before can ever stand for one made after. The mirror is read first: whatever it shows was
    committed by then.
    """
    shown = mirror().read()
    try:
        version = read_version()
        epoch, _dot, number = (shown or "").partition(".")
        if epoch == f"{version.epoch:x}" and int(number) > version.number:
            logger.warning("The database went back in time; its content version begins a new epoch")
            renew_epoch(version)
            version = read_version()
    except DatabaseError as error:
        logger.warning("The content version can not be compared: %s", error)
        connection.close()
        return
    if shown != version.key:
        mirror().raise_to(version)
