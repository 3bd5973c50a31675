"""One way to Redis for all of a process: quick where it answers, given up at once where it does not.

A Redis that has gone silent would otherwise cost every request its timeout. Here the first to notice waits 50
milliseconds; from then on nobody asks, until a thread of its own has heard from Redis again.
"""

import logging
import os
import threading
import time
from functools import cache
from typing import Any

from redis import ConnectionPool
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as NoAnswer

logger = logging.getLogger(__name__)

PATIENCE = 0.05  # seconds
PAUSE = 0.5  # seconds between two looks for a Redis that was lost


class Unreachable(Exception):
    """Redis did not answer, or not with what was asked for."""


class Link:
    """A connection for each thread, and what the process knows of Redis' health."""

    def __init__(self, url: str) -> None:
        # The pool only reads the address; each thread keeps the connection it makes.
        self.pool = ConnectionPool.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
        self.forget()
        os.register_at_fork(after_in_child=self.forget)

    def forget(self) -> None:
        """Begin anew, as a process just forked must: its parent's sockets and threads are not its own."""
        self.down, self.own, self.lock = False, threading.local(), threading.Lock()

    def ask(self, *command: Any) -> Any:
        """Redis' answer, in bytes. One round trip; Unreachable where none comes, at once if that is known."""
        if self.down:
            raise Unreachable("Redis does not answer")
        try:
            return self._ask(*command)
        except ResponseError as error:  # it is there, but full, loading or a mere copy
            raise Unreachable(str(error)) from error
        except (RedisError, OSError) as error:
            self.lost(error)
            raise Unreachable(str(error)) from error

    def _ask(self, *command: Any) -> Any:
        kept = getattr(self.own, "connection", None)
        if kept is not None:
            try:
                return self._over(kept, *command)
            except NoAnswer:
                raise
            except ConnectionLost:
                pass  # Redis was started anew, or cut an idle line: ask over a new one
        self.own.connection = fresh = self.pool.make_connection()
        return self._over(fresh, *command)

    def _over(self, connection: Any, *command: Any) -> Any:
        try:
            connection.send_command(*command)
            return connection.read_response()
        except ResponseError:
            raise
        except (RedisError, OSError):
            # What comes late would be taken for the answer to the next question.
            self.own.connection = None
            connection.disconnect()
            raise

    def lost(self, error: Exception) -> None:
        """Somebody waited in vain: let nobody else wait, and look for Redis beside the requests."""
        with self.lock:
            if self.down:
                return
            self.down = True
        logger.warning("Redis does not answer (%s); going on without it", error)
        threading.Thread(target=self._look, daemon=True, name="looks for Redis").start()

    def _look(self) -> None:
        while True:
            time.sleep(PAUSE)
            try:
                connection = self.pool.make_connection()
                connection.send_command("PING")
                connection.read_response()
                connection.disconnect()
            except Exception as error:  # whatever answers there, the looking goes on
                logger.debug("Redis does not answer yet: %s", error)
                continue
            logger.warning("Redis answers again")
            self.down = False
            return


@cache
def link(url: str) -> Link:
    """The process's link to the Redis at an address."""
    return Link(url)
