"""Roles and teams with a duty, as the API shows and takes them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from design.models.process import role_choices
from itsm.accounts.models import Team


@extend_schema_field({
    "type": "array",
    "items": {"oneOf": [
        {"type": "string", "description": "Code of a role, or name of a team."},
        {"type": "object", "properties": {"role": {"type": "string"}, "team": {"type": "integer"},
                                          "name": {"type": "string"}}},
    ]},
})  # fmt: skip
class Parties(serializers.Field):
    """Read as ``[{"role": "agent", "name": "Agent"}, {"team": 3, "name": "Service desk"}]``.

    Written the same, or as the code of a role or the name of a team.
    """

    def to_representation(self, value: Any) -> list[dict[str, Any]]:
        words = dict(role_choices())
        return [
            {"team": row.team_id, "name": str(row.team)} if row.team_id
            else {"role": row.role, "name": str(words.get(row.role, row.role))}
            for row in value
        ]  # fmt: skip

    def get_attribute(self, instance: Any) -> Any:
        code = {"responsible": "R", "accountable": "A", "consulted": "C", "informed": "I"}[self.field_name or ""]
        return [row for row in instance.duties.all() if row.duty == code]

    def to_internal_value(self, data: Any) -> list[tuple[str, int | None]]:
        if not isinstance(data, list) or len(data) > 50:
            raise serializers.ValidationError(_("Give a list of roles and teams."))
        return [self._one(one) for one in data]

    def _one(self, given: Any) -> tuple[str, int | None]:
        if isinstance(given, dict):
            given = given.get("role") or given.get("team")
        if isinstance(given, str) and given in dict(role_choices()):
            return given, None
        found = None
        if isinstance(given, int) and not isinstance(given, bool) and 0 < given < 2**31:
            found = Team.objects.filter(is_active=True, pk=given).first()
        elif isinstance(given, str) and given and "\x00" not in given:
            found = Team.objects.filter(is_active=True, name__iexact=given).first()
        if found is None:
            raise serializers.ValidationError(_("There is no role or team “%(name)s”.") % {"name": str(given)[:80]})
        return "", found.pk
