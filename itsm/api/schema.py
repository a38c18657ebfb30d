"""How the OpenAPI document is made: what every operation has in common is said here once."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from itsm.api.exceptions import MEDIA_TYPE

HEADER = OpenApiParameter.HEADER
FIELDS = OpenApiParameter("fields", str, description="Only these members of a record, separated by commas.")
SEARCH = OpenApiParameter("q", str, description="Search: every word has to occur. For tickets also a number.")
KNOWN = OpenApiParameter("If-None-Match", str, HEADER, description="An `ETag`: 304 when nothing has changed since.")
MATCH = OpenApiParameter(
    "If-Match", str, HEADER, description="The `ETag` that was read: 412 when it has changed since."
)
ONCE = OpenApiParameter(
    "Idempotency-Key", str, HEADER,
    description="Any text of up to 200 characters. The same key and body within a day give the first answer again, "
    "with `Idempotency-Replayed: true`; the same key with another body 422.",
)  # fmt: skip


class Problem(serializers.Serializer):
    """A refusal (RFC 9457)."""

    type = serializers.CharField(help_text="`urn:itsm:problem:<code>`")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="A sentence for people, in their language.")
    code = serializers.CharField(help_text="A word for programs: `invalid`, `denied`, `refused`, `guard`, `stale`, …")
    errors = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), required=False, help_text="Messages by field."
    )
    reasons = serializers.ListField(child=serializers.CharField(), required=False, help_text="Everything in the way.")
    links = serializers.ListField(
        child=serializers.DictField(child=serializers.CharField()), required=False,
        help_text="Where it is dealt with: `reason` and `url` of the page.",
    )  # fmt: skip
    current = serializers.DictField(required=False, help_text="With 412: what is stored now.")
    request_id = serializers.CharField(required=False, help_text="Find the request in the log by it.")


#: Status -> when.
REFUSALS = {
    "400": "The address or the body cannot be read.",
    "401": "No token, or one that is not valid any more.",
    "403": "The roles or the scopes do not include this.",
    "404": "There is no such record, or you may not see it.",
    "409": "Not possible now; `reasons` say why.",
    "412": "`If-Match` does not fit any more.",
    "422": "Fields that do not fit; see `errors`.",
    "429": "Too many requests; wait `Retry-After` seconds.",
}


SUMMARIES = {"list": "List", "create": "Add", "retrieve": "Read", "partial_update": "Change", "destroy": "Delete"}


class Schema(AutoSchema):
    """Adds the common parameters and refusals."""

    def get_summary(self) -> str | None:
        return super().get_summary() or SUMMARIES.get(getattr(self.view, "action", ""))

    def get_override_parameters(self) -> list[Any]:
        method = self.method
        if "/api/v1/" not in self.path or self.path == "/api/v1/":
            return []
        found: list[Any] = []
        if method == "GET":
            found += [FIELDS, KNOWN]
            if self._is_list_view():
                found.append(SEARCH)
        elif method == "POST":
            found.append(ONCE)
        if method in ("PATCH", "DELETE") or (method == "POST" and "{" in self.path):
            found.append(MATCH)
        return found

    def get_description(self) -> str:
        scope = self._scope()
        text = super().get_description() or ""
        return f"{text}\n\nScope: `{scope}`.".strip() if scope else text

    def _scope(self) -> str:
        # The permission class knows; asking it keeps this package free of models.
        for permission in self.view.get_permissions():
            name = getattr(permission, "scope_name", None)
            if name is not None:
                return str(name(self.view, self.method))
        return ""

    def _get_response_bodies(self, direction: str = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        if "/api/v1/" not in self.path or self.path == "/api/v1/":
            return bodies
        self.resolve_serializer(Problem, "response")
        for code in REFUSALS:
            if self._may_refuse(code) and code not in bodies:
                bodies[code] = {"$ref": f"#/components/responses/Refused{code}"}
        return bodies

    def _may_refuse(self, code: str) -> bool:
        writes = self.method != "GET"
        if code == "404":
            return "{" in self.path
        if code == "412":
            return writes and "{" in self.path
        return writes or code not in ("409", "422")


def finish(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Name the tags once, in order, and describe every refusal once."""
    _drop_limits_of_choices(result["components"]["schemas"])
    schema = {"$ref": "#/components/schemas/Problem"}
    result["components"]["responses"] = {
        f"Refused{code}": {"description": text, "content": {MEDIA_TYPE: {"schema": schema}}}
        for code, text in REFUSALS.items()
    }
    result["tags"] = [{"name": name} for name in sorted(_tags(result))]
    return result


def _drop_limits_of_choices(node: Any) -> None:
    """A choice needs no smallest and largest value, and those are another on each database."""
    if isinstance(node, dict):
        if "enum" in node or "oneOf" in node or "allOf" in node or "$ref" in node:
            node.pop("minimum", None)
            node.pop("maximum", None)
        for value in node.values():
            _drop_limits_of_choices(value)
    elif isinstance(node, list):
        for value in node:
            _drop_limits_of_choices(value)


def _tags(result: dict[str, Any]) -> set[str]:
    return {
        tag
        for methods in result.get("paths", {}).values()
        for operation in methods.values()
        if isinstance(operation, dict)
        for tag in operation.get("tags", [])
    }
