"""What may be sent to open or change a ticket."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers

from itsm.accounts.models import Team, User
from itsm.api.fields import Ref, Strict
from itsm.catalogue.models import Service, ServiceOffering
from itsm.integrations.api.refs import PersonRef, viewer
from itsm.lib.errors import Invalid
from itsm.tickets.models import TicketCategory
from itsm.tickets.services import reference
from itsm.tickets.states import Channel, Impact, Priority, Urgency

LONGEST_TEXT = 100_000


def services(context: dict[str, Any]) -> QuerySet[Service]:
    """Those the caller may name: all for the desk, for everybody else what is offered to them."""
    return Service.objects.visible_to(viewer(context))


def offerings(context: dict[str, Any]) -> QuerySet[ServiceOffering]:
    user = viewer(context)
    return ServiceOffering.objects.all() if user.is_desk else ServiceOffering.objects.offered_to(user)


def categories(context: dict[str, Any]) -> QuerySet[TicketCategory]:
    return TicketCategory.objects.filter(Q(kind="") | Q(kind=context["view"].kind), is_active=True)


def people(context: dict[str, Any]) -> QuerySet[User]:
    """Whom the caller may name. Who is no agent learns of nobody whether an address exists."""
    user = viewer(context)
    rows = User.objects.people()
    return rows if user.is_agent else rows.filter(pk=user.pk)


def teams(context: dict[str, Any]) -> QuerySet[Team]:
    rows = Team.objects.filter(is_active=True)
    return rows if viewer(context).is_agent else rows.none()


class TicketInput(Strict):
    """The fields that opening and changing a ticket share."""

    title = serializers.CharField(max_length=200)
    description = serializers.CharField(
        required=False, allow_blank=True, max_length=LONGEST_TEXT, trim_whitespace=False, help_text="Markdown."
    )
    requester = PersonRef(people, required=False)
    service = Ref(services, key="slug", required=False, allow_null=True)
    offering = Ref(offerings, key="slug", required=False, allow_null=True)
    category = Ref(categories, required=False, allow_null=True)
    impact = serializers.ChoiceField(Impact.choices, required=False)
    urgency = serializers.ChoiceField(Urgency.choices, required=False)
    priority = serializers.ChoiceField(
        Priority.choices, required=False, help_text="Follows from impact and urgency unless given, with a reason."
    )
    priority_reason = serializers.CharField(required=False, allow_blank=True, max_length=200)
    team = Ref(teams, required=False, allow_null=True)
    assignee = PersonRef(people, required=False, allow_null=True)
    channel = serializers.ChoiceField(Channel.choices, required=False)
    custom = serializers.DictField(required=False, help_text="Values of custom fields by code.")


#: What only agents say when a ticket is opened.
FOR_AGENTS = ("priority", "priority_reason", "team", "assignee", "channel")


class TicketOpening(TicketInput):
    """Opening a ticket. The requester is the caller unless an agent names somebody else."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        user = viewer(self.context)
        attrs.setdefault("requester", user)
        errors: dict[str, Any] = {}
        if not user.is_agent:
            errors = {name: _("Only agents set this.") for name in FOR_AGENTS if name in attrs}
            if attrs["requester"].pk != user.pk:
                errors["requester"] = _("Only agents open tickets for others.")
        if errors:
            raise serializers.ValidationError(errors)
        _check_priority(attrs)
        return attrs


def _check_priority(attrs: dict[str, Any]) -> None:
    if "priority" not in attrs:
        return
    by_matrix = reference.priority_for(attrs.get("impact", Impact.LOW), attrs.get("urgency", Urgency.MEDIUM))
    if attrs["priority"] == by_matrix:
        attrs.pop("priority")
        attrs.pop("priority_reason", None)
    elif not attrs.get("priority_reason"):
        raise Invalid({"priority_reason": _("Say why the priority differs from the matrix (P%d).") % by_matrix})


class TicketEdit(TicketInput):
    """Changing the descriptive fields of a ticket; its state changes by transitions."""

    restricted_to = Ref(
        lambda context: Team.objects.filter(pk__in=viewer(context).team_ids), required=False, allow_null=True,
        help_text="One of the caller's own teams, or null.",
    )  # fmt: skip
