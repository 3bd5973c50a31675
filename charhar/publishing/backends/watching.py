"""Raise the content version in the very transaction that wrote to a row a public page reads."""

import re
from collections.abc import Callable
from typing import Any

from django.db import transaction

WRITE = re.compile(r'\s*(?:INSERT(?: OR IGNORE)? INTO|UPDATE|DELETE FROM)\s+["]?(\w+)', re.IGNORECASE)


class WatchingMixin:
    """A database wrapper that notices writes to content tables, ``update()`` and ``bulk_*`` included.

    The version row is the last statement before COMMIT, never an early one: writers would otherwise queue
    behind its lock for the length of their transactions. Costs one regular expression a statement and, for a
    transaction that wrote content, one UPDATE.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.content_written = False
        self.content_watch_paused = False  # while migrations run: tables may not be there yet
        self.execute_wrappers.append(self._watch)  # type: ignore[attr-defined]

    def _watch(self, execute: Callable, sql: str, params: Any, many: bool, context: dict) -> Any:
        match = WRITE.match(sql)
        if match is None or self.content_watch_paused or self.content_written:
            return execute(sql, params, many, context)
        from charhar.publishing.version import content_tables

        if match[1] not in content_tables():
            return execute(sql, params, many, context)
        if self.in_atomic_block or not self.get_autocommit():  # type: ignore[attr-defined]
            result = execute(sql, params, many, context)
            self.content_written = True
            return result
        with transaction.atomic(using=self.alias):  # type: ignore[attr-defined]
            result = execute(sql, params, many, context)
            self.content_written = True
        return result

    def raise_content_version(self) -> None:
        """Write the raised version now, if this transaction wrote content; else do nothing."""
        if self.content_written:
            from charhar.publishing.version import raise_version

            self.content_written = False
            raise_version(self)

    def _commit(self) -> Any:
        self.raise_content_version()
        return super()._commit()  # type: ignore[misc]

    def _rollback(self) -> Any:
        self.content_written = False
        return super()._rollback()  # type: ignore[misc]
