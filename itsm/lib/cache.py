"""The shared cache: Redis, but a Redis that is away makes things slower, not broken."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

T = TypeVar("T")

#: After a failure Redis is left alone for so long: otherwise every call of a request would wait for its time-out.
PAUSE = 5.0


class TolerantRedisCache(RedisCache):
    """Answers as an empty cache while Redis is away, and says so in the log once per pause."""

    _paused_until = 0.0

    def _try(self, call: Callable[[], T], otherwise: T) -> T:
        if time.monotonic() < self._paused_until:
            return otherwise
        try:
            return call()
        except RedisError as error:
            # On the class: Django makes one object per thread, and all of them talk to the same server.
            type(self)._paused_until = time.monotonic() + PAUSE
            log.warning("the cache does not answer, going on without it", extra={"error": str(error)})
            return otherwise

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return self._try(lambda: super(TolerantRedisCache, self).add(*args, **kwargs), True)

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        return self._try(lambda: super(TolerantRedisCache, self).get(key, default, version), default)

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._try(lambda: super(TolerantRedisCache, self).set(*args, **kwargs), None)

    def touch(self, *args: Any, **kwargs: Any) -> Any:
        return self._try(lambda: super(TolerantRedisCache, self).touch(*args, **kwargs), False)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        return self._try(lambda: super(TolerantRedisCache, self).delete(*args, **kwargs), False)

    def get_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._try(lambda: super(TolerantRedisCache, self).get_many(*args, **kwargs), {})

    def has_key(self, *args: Any, **kwargs: Any) -> Any:
        return self._try(lambda: super(TolerantRedisCache, self).has_key(*args, **kwargs), False)

    def incr(self, key: Any, delta: int = 1, version: Any = None) -> Any:
        return self._try(lambda: super(TolerantRedisCache, self).incr(key, delta, version), delta)

    def set_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._try(lambda: super(TolerantRedisCache, self).set_many(*args, **kwargs), [])

    def delete_many(self, *args: Any, **kwargs: Any) -> None:
        self._try(lambda: super(TolerantRedisCache, self).delete_many(*args, **kwargs), None)

    def clear(self) -> bool:  # type: ignore[override]
        """Only the keys of this installation: the base class would empty the whole Redis database, queues included."""
        client = self._cache.get_client(write=True)

        def remove() -> bool:
            for key in client.scan_iter(match=f"{self.key_prefix}:*", count=1000):
                client.delete(key)
            return True

        return self._try(remove, False)
