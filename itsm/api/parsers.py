"""Reading bodies: strict UTF-8 JSON of limited size."""

from __future__ import annotations

from typing import Any

import orjson
from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from itsm.api import renderers
from itsm.api.exceptions import TooLarge


class JSON(BaseParser):
    """The framework's own parser reads a body of any length; this one stops at the limit."""

    media_type = "application/json"
    renderer_class = renderers.JSON

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        limit = settings.API_MAX_BODY_BYTES
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge(limit)
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(_("This is not JSON: %(error)s") % {"error": error}) from error
