"""Redis as a cache whose failure is a miss, never an error page."""

import logging
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError, ResponseError

from .redis_link import Link, link

logger = logging.getLogger(__name__)


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache; without an answer, reads miss and writes are dropped, with a log line.

    Nobody waits for a Redis that is known to be silent: see redis_link.py.
    """

    @property
    def _link(self) -> Link:
        return link(self._servers[0])  # type: ignore[attr-defined]

    def _try(self, verb: str, otherwise: Any, *args: Any, **kwargs: Any) -> Any:
        if self._link.down:
            return otherwise
        try:
            return getattr(super(), verb)(*args, **kwargs)
        except ResponseError as error:
            logger.warning("Redis refused %s: %s", verb, error)
        except (RedisError, OSError) as error:
            self._link.lost(error)
        return otherwise

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._try("get", default, key, default, version)

    def get_many(self, keys: Any, version: int | None = None) -> Any:
        return self._try("get_many", {}, keys, version)

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return self._try("add", False, *args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> Any:
        return self._try("set", None, *args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        return self._try("delete", False, *args, **kwargs)

    def set_many(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        return self._try("set_many", list(data), data, *args, **kwargs)

    def delete_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._try("delete_many", None, *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> Any:
        return self._try("touch", False, *args, **kwargs)

    def has_key(self, *args: Any, **kwargs: Any) -> Any:
        return self._try("has_key", False, *args, **kwargs)

    def clear(self) -> Any:
        return self._try("clear", False)
