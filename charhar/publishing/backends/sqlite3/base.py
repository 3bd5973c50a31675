"""SQLite that keeps the content version."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db.backends.sqlite3 import base

from charhar.publishing.backends.watching import WatchingMixin


class EagerReturningCursor(base.SQLiteCursorWrapper):
    """Fetch what INSERT ... RETURNING returns at once, so that the transaction around it may commit."""

    _returned: Iterator | None = None

    def execute(self, query: str, params: Any = None) -> Any:
        self._returned = None
        result = super().execute(query, params)
        if " RETURNING " in query:
            self._returned = iter(super().fetchall())
        return result

    def fetchone(self) -> Any:
        return super().fetchone() if self._returned is None else next(self._returned, None)

    def fetchmany(self, size: int | None = None) -> list:
        size = self.arraysize if size is None else size
        return super().fetchmany(size) if self._returned is None else list(islice(self._returned, size))

    def fetchall(self) -> list:
        return super().fetchall() if self._returned is None else list(self._returned)

    def __iter__(self) -> Any:
        return super().__iter__() if self._returned is None else self._returned


class DatabaseWrapper(WatchingMixin, base.DatabaseWrapper):
    """Django's SQLite wrapper, watched."""

    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=EagerReturningCursor)
