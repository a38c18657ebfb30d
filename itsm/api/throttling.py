"""So many requests a minute for each token, person or address."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework.throttling import BaseThrottle

log = logging.getLogger(__name__)


class PerMinute(BaseThrottle):
    """A counter for each minute. Without a cache nobody is held: a broken limit must not stop the desk."""

    def allow_request(self, request: Any, view: Any) -> bool:
        minute = int(time.time() // 60)
        key = f"api:{self._who(request)}:{minute}"
        try:
            count = 1 if cache.add(key, 1, 70) else cache.incr(key)
        except ValueError:  # It ran out between the two.
            return True
        except Exception as error:  # noqa: BLE001 - whatever the cache is, it is not worth a refusal
            log.warning("request not counted", extra={"error": str(error)})
            return True
        return count <= settings.API_REQUESTS_PER_MINUTE

    def wait(self) -> float:
        return 60 - time.time() % 60

    def _who(self, request: Any) -> str:
        if request.auth is not None:
            return f"t{request.auth.pk}"
        if request.user.is_authenticated:
            return f"u{request.user.pk}"
        return f"a{self.get_ident(request)}"
