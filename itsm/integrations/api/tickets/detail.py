"""One ticket in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from itsm.api.fields import Moment
from itsm.integrations.api.refs import person
from itsm.integrations.api.shapes import Named, NamedWithSlug, PersonName, shape
from itsm.integrations.api.tickets import access, rows
from itsm.tickets.models import Ticket

if TYPE_CHECKING:
    from itsm.accounts.models import User

#: Relations a detail shows, fetched with the ticket in one query.
RELATED = (
    "requester", "opened_by", "assignee", "organisation", "service", "offering", "category", "team", "restricted_to",
)  # fmt: skip
#: Of no concern to whoever is not at the desk.
INSIDE = ("is_vip", "priority_reason", "restricted_to", "transfer_count")


def _named(value: Any, *more: str) -> dict[str, Any] | None:
    return (
        None if value is None else {"id": value.pk, "name": str(value), **{name: getattr(value, name) for name in more}}
    )


def represent(ticket: Ticket, user: User, base: str) -> dict[str, Any]:
    """A ticket as the detail shows it, without what its own kind adds."""
    inside = access.sees_inside(ticket, user)
    shown = {
        "id": ticket.pk,
        "number": ticket.number,
        "kind": ticket.kind,
        "kind_label": str(ticket.kind_info.label),
        "url": base + rows.address(ticket.kind, ticket.number),
        "title": ticket.title,
        "description": ticket.description,
        "state": ticket.state,
        "state_label": ticket.state_label,
        "phase": ticket.phase,
        "hold_reason": ticket.hold_reason,
        "hold_until": ticket.hold_until,
        "impact": ticket.impact,
        "urgency": ticket.urgency,
        "priority": ticket.priority,
        "priority_reason": ticket.priority_reason,
        "is_major": ticket.is_major,
        "is_vip": ticket.is_vip,
        "awaiting_reply": ticket.awaiting_reply,
        "channel": ticket.channel,
        "requester": person(ticket.requester, user),
        "opened_by": person(ticket.opened_by, user),
        "assignee": person(ticket.assignee, user),
        "organisation": _named(ticket.organisation),
        "team": _named(ticket.team),
        "restricted_to": _named(ticket.restricted_to),
        "service": _named(ticket.service, "slug"),
        "offering": _named(ticket.offering, "slug"),
        "category": _named(ticket.category),
        "custom": access.custom_shown(ticket, inside),
        "opened_at": ticket.opened_at,
        "updated_at": ticket.updated_at,
        "first_response_at": ticket.first_response_at,
        "resolved_at": ticket.resolved_at,
        "closed_at": ticket.closed_at,
        "reopen_count": ticket.reopen_count,
        "transfer_count": ticket.transfer_count,
        "external_id": ticket.external_id,
        "sla": {
            "state": ticket.sla_state,
            "metric": ticket.sla_metric,
            "due_at": ticket.due_at,
            "warn_at": ticket.warn_at,
        },
        "version": ticket.version,
    }
    if not inside:
        for name in INSIDE:
            del shown[name]
    return shown


DETAIL_FIELDS: dict[str, serializers.Field] = {
    **rows.ROW_FIELDS,
    "description": serializers.CharField(allow_blank=True, help_text="Markdown."),
    "hold_until": Moment(allow_null=True),
    "impact": serializers.IntegerField(min_value=1, max_value=3),
    "urgency": serializers.IntegerField(min_value=1, max_value=3),
    "priority_reason": serializers.CharField(required=False, help_text="For the desk."),
    "is_vip": serializers.BooleanField(required=False, help_text="For the desk."),
    "opened_by": PersonName(allow_null=True),
    "organisation": Named(allow_null=True),
    "restricted_to": Named(allow_null=True, required=False),
    "offering": NamedWithSlug(allow_null=True),
    "custom": serializers.DictField(),
    "first_response_at": Moment(allow_null=True),
    "closed_at": Moment(allow_null=True),
    "transfer_count": serializers.IntegerField(required=False, help_text="For the desk."),
    "external_id": serializers.CharField(allow_blank=True),
}


def schema(name: str, **more: serializers.Field) -> Any:
    """How the documentation describes a detail of a kind that adds ``more``."""
    return shape(name, {**DETAIL_FIELDS, **more})
