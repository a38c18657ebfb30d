"""Pages by keyset: the same cost on page one and on page ten thousand, nothing twice, nothing left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from itsm.api.exceptions import BadQuery
from itsm.ui import keyset

MOST = 200
USUAL = 50
MOST_COLUMNS = 3

#: Name in ``?ordering=`` -> columns that are never NULL.
Orderings = Mapping[str, Sequence[str]]


class Keyset(BasePagination):
    """``?cursor=``, ``?page_size=`` and ``?ordering=``; the answer has ``next``, ``previous`` and ``results``.

    The view says ``orderings`` and ``default_ordering``; ties are settled by the primary key.
    """

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: Any = None) -> list[Any]:
        self.request = request
        order = order_of(request, view.orderings, view.default_ordering)
        try:
            self.page = keyset.paginate(
                queryset, order, request.query_params.get("cursor", ""), size_of(request), strict=True
            )
        except keyset.BadCursor as error:
            raise BadQuery("cursor", _("This cursor cannot be used: %(error)s") % {"error": error}) from error
        return self.page.items

    def link(self, cursor: str) -> str | None:
        if not cursor:
            return None
        return replace_query_param(self.request.build_absolute_uri(), "cursor", cursor)

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self.link(self.page.next), "previous": self.link(self.page.previous), "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri", "description": "Address of the neighbouring page."}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        names = ", ".join(f"`{name}`" for name in view.orderings)
        return [
            _parameter("cursor", {"type": "string"}, "Where to go on; taken from `next` or `previous`."),
            _parameter(
                "page_size", {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}, "Rows on a page."
            ),
            _parameter(
                "ordering", {"type": "string", "default": view.default_ordering},
                f"One or several of {names}, separated by commas; `-` in front turns one round.",
            ),
        ]  # fmt: skip


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


def size_of(request: Request, parameter: str = "page_size") -> int:
    """The wanted number of rows; more than allowed gives the most allowed."""
    text = request.query_params.get(parameter, "")
    if not text:
        return USUAL
    if not text.isascii() or not text.isdigit() or int(text[:9]) < 1:
        raise BadQuery(parameter, _("A whole number from 1 to %d.") % MOST)
    return min(int(text[:9]), MOST)


def order_of(request: Request, orderings: Orderings, default: str) -> list[str]:
    """The columns to order by, ending with the primary key."""
    names = [name.strip() for name in (request.query_params.get("ordering") or default).split(",") if name.strip()]
    columns: list[str] = []
    if len(names) > MOST_COLUMNS:
        raise BadQuery("ordering", _("At most %d columns.") % MOST_COLUMNS)
    for name in names:
        plain = name.removeprefix("-")
        if plain not in orderings:
            known = ", ".join(orderings)
            raise BadQuery("ordering", _("There is no ordering “%(name)s”; there are: %(known)s.") % {
                "name": name[:40], "known": known,
            })  # fmt: skip
        for column in orderings[plain]:
            if column not in (known_column.lstrip("-") for known_column in columns):
                columns.append(f"-{column}" if name.startswith("-") else column)
    last = columns[-1] if columns else "-id"
    if last.lstrip("-") not in ("id", "pk"):
        columns.append("-id" if last.startswith("-") else "id")
    return columns or ["-id"]
