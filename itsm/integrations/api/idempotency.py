"""``Idempotency-Key``: a POST repeated with the same key is answered again, not done again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import orjson
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from itsm.api.exceptions import BadQuery
from itsm.api.renderers import dumps
from itsm.integrations.models import IdempotencyKey
from itsm.lib.errors import Invalid

HEADER = "Idempotency-Key"
LONGEST = 200
KEPT_HEADERS = ("ETag", "Location")


def once(request: Request, handler: Callable[..., Response], *args: Any, **kwargs: Any) -> Response:
    """Call ``handler`` unless this key was answered before.

    The key's row is inserted in the transaction of the work, so a second request with it waits for the first: it
    then finds the answer, or, when the first failed, an unused key.
    """
    key = request.headers.get(HEADER, "")
    if not key:
        return handler(request, *args, **kwargs)
    if len(key) > LONGEST or not key.isprintable():
        raise BadQuery(HEADER, _("At most %d printable characters.") % LONGEST)
    request_hash = hash_of(request)
    with transaction.atomic():
        row = _reserve(request, key, request_hash)
        if row is not None:
            response = handler(request, *args, **kwargs)
            row.status = response.status_code
            row.headers = {name: response[name] for name in KEPT_HEADERS if name in response}
            row.body = dumps(response.data).decode()
            row.save(update_fields=["status", "headers", "body"])
            return response
    return _replay(request, key, request_hash)


def _reserve(request: Request, key: str, request_hash: str) -> IdempotencyKey | None:
    try:
        with transaction.atomic():
            return IdempotencyKey.objects.create(user=request.user, key=key, request_hash=request_hash)
    except IntegrityError:
        return None


def _replay(request: Request, key: str, request_hash: str) -> Response:
    row = IdempotencyKey.objects.get(user=request.user, key=key)
    if row.request_hash != request_hash:
        raise Invalid({HEADER: _("This key was used for another request.")})
    headers = {**row.headers, "Idempotency-Replayed": "true"}
    return Response(orjson.loads(row.body), status=row.status, headers=headers)


def hash_of(request: Request) -> str:
    """What makes two requests the same: address and content. Of files the content, not the random boundary."""
    total = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if (request.content_type or "").startswith("multipart/"):
        for name in sorted(request.data):
            for value in request.data.getlist(name):
                total.update(f"\n{name}=".encode())
                if hasattr(value, "chunks"):
                    total.update(str(value.name).encode())
                    for chunk in value.chunks():
                        total.update(chunk)
                    value.seek(0)
                else:
                    total.update(str(value).encode())
    else:
        # Parsed and written again: white space makes no other request. Keys keep their order, which is enough.
        total.update(dumps(request.data))
    return total.hexdigest()
