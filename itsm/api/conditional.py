"""``ETag``, ``If-None-Match`` and ``If-Match``. Writes accept a condition, they do not demand one."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from itsm.api.renderers import dumps
from itsm.lib.errors import Stale

_TAG = re.compile(r'(?:W/)?"([^"]*)"')


def tag_of(record: Any, shown: Any = None) -> str:
    """``"<id>-<version>"``; for a record without a version, a digest of what is shown of it."""
    version = getattr(record, "version", None)
    return f'"{record.pk}-{version if version is not None else digest(dumps(shown))}"'


def digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=10).hexdigest()


def tags_in(header: str) -> list[str]:
    return _TAG.findall(header)


def expected(request: Request) -> list[str] | None:
    """The tags of ``If-Match``; None when there is no condition (or ``*``, which any record meets)."""
    header = request.headers.get("If-Match", "").strip()
    return None if header in ("", "*") else tags_in(header)


def check(request: Request, current: str) -> None:
    """Refuse with 412 unless ``current`` is among the expected tags. Call it with the row locked."""
    wanted = expected(request)
    if wanted is not None and current.strip('"') not in wanted:
        raise Stale(_("Somebody changed this meanwhile."), current={"etag": current})


def version(request: Request, record: Any) -> int | None:
    """The version a write of this record has to find, or None. Refuses at once when it is another already."""
    if expected(request) is None:
        return None
    check(request, tag_of(record))
    return int(record.version)


def finish(request: Request, response: Response) -> None:
    """Give a rendered reading its tag, and turn it into 304 when the client has it already."""
    if response.status_code != 200 or getattr(response, "streaming", False):
        return
    if "ETag" not in response:
        response["ETag"] = f'W/"{digest(response.content)}"'
    header = request.headers.get("If-None-Match", "").strip()
    if header and (header == "*" or tags_in(response["ETag"])[0] in tags_in(header)):
        response.status_code = 304
        response.content = b""
        del response["Content-Type"]
