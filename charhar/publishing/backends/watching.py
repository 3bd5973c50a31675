"""Raise the content version in the very transaction that wrote to a row a public page reads."""

import datetime
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db import transaction

if TYPE_CHECKING:
    from charhar.publishing.version import Version

READ = re.compile(r"\s*SELECT\b", re.IGNORECASE)
# Searched, not matched: a statement written by hand may begin with a comment or with WITH.
WRITE = re.compile(
    r"""\b(?:(?:INSERT|MERGE|REPLACE)(?:\s+OR\s+\w+)?\s+INTO|UPDATE(?:\s+OR\s+\w+)?|DELETE\s+FROM|TRUNCATE)
    (?:\s+TABLE)?(?:\s+ONLY)?\s+(?:"?\w+"?\.)?"?(\w+)""",
    re.IGNORECASE | re.VERBOSE,
)


def tables_written(sql: Any) -> set[str]:
    """The tables that a statement writes to, so far as its text says; a word too many does no harm."""
    text = sql if isinstance(sql, str) else sql.as_string(None)  # psycopg's composed statements
    return set() if READ.match(text) else set(WRITE.findall(text))


class WatchingMixin:
    """A database wrapper that notices writes to content tables, ``update()`` and ``bulk_*`` included.

    The version row is the last statement before COMMIT, never an early one: writers would otherwise queue
    behind its lock for the length of their transactions. Once that is committed, the mirror follows. Costs
    one regular expression a statement and, for a transaction that wrote content, one UPDATE (on PostgreSQL
    with a lock before it) and the renaming of a link, or a round trip to Redis.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.content_written = False
        self.version_raised: Version | None = None  # in the transaction that is still open
        self.content_watch_paused = False  # while migrations run: tables may not be there yet
        self.execute_wrappers.append(self._watch)  # type: ignore[attr-defined]

    def _watch(self, execute: Callable, sql: str, params: Any, many: bool, context: dict) -> Any:
        tables = set() if self.content_watch_paused or self.content_written else tables_written(sql)
        if not tables:
            return execute(sql, params, many, context)
        from charhar.publishing.version import content_tables

        if tables.isdisjoint(content_tables()):
            return execute(sql, params, many, context)
        if self.in_atomic_block or not self.get_autocommit():  # type: ignore[attr-defined]
            result = execute(sql, params, many, context)
            self.content_written = True
            return result
        with transaction.atomic(using=self.alias):  # type: ignore[attr-defined]
            result = execute(sql, params, many, context)
            self.content_written = True
        return result

    def raise_content_version(self, now: datetime.datetime | None = None) -> None:
        """Write the raised version now, if this transaction wrote content; else do nothing."""
        if self.content_written:
            from charhar.publishing.version import raise_version

            self.version_raised = raise_version(self, now)
            self.content_written = False

    def connect(self) -> None:
        """A new connection has no transaction; what the lost one had written went with it."""
        self.content_written, self.version_raised = False, None
        super().connect()  # type: ignore[misc]

    def _commit(self) -> Any:
        try:
            self.raise_content_version()
        except BaseException:
            # Also a worker's SystemExit: left open, SQLite would commit the content without its version.
            self._rollback()
            raise
        raised, self.version_raised = self.version_raised, None
        result = super()._commit()  # type: ignore[misc]
        if raised is not None:
            from charhar.publishing.mirror import mirror

            mirror().raise_to(raised)
        return result

    def _rollback(self) -> Any:
        self.content_written, self.version_raised = False, None
        return super()._rollback()  # type: ignore[misc]

    def _savepoint_rollback(self, sid: str) -> Any:
        # The version may have been raised within the savepoint, for writes from before it.
        self.content_written |= self.version_raised is not None
        return super()._savepoint_rollback(sid)  # type: ignore[misc]
