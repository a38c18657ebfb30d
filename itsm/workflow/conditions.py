"""The organisation's own conditions of a step, read from ``TransitionPolicy`` rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from itsm.accounts.roles import Role
from itsm.approvals.models import Round, Seat
from itsm.lib.decisions import Decision, deny
from itsm.tickets.models import CustomField, Ticket
from itsm.workflow.models import ChecklistTick, TransitionPolicy

if TYPE_CHECKING:
    from itsm.accounts.models import User


def matching(ticket: Ticket, verb: str) -> list[TransitionPolicy]:
    """Active policies about this step of this ticket."""
    return [policy for policy in all_of(ticket) if policy.verb == verb]


def all_of(ticket: Ticket) -> list[TransitionPolicy]:
    """Active policies about this ticket, read once per instance: a page asks about every step."""
    cached = ticket.__dict__.get("_transition_policies")
    if cached is None:
        cached = list(
            TransitionPolicy.objects.filter(kind=ticket.kind, is_active=True)
            .filter(Q(service__isnull=True) | Q(service=ticket.service_id))
            .filter(Q(offering__isnull=True) | Q(offering=ticket.offering_id))
            .filter(Q(category__isnull=True) | Q(category=ticket.category_id))
        )
        ticket.__dict__["_transition_policies"] = cached
    return cached


def decide(ticket: Ticket, verb: str, actor: User) -> tuple[list[Decision], list[Decision]]:
    """What the policies say: denials (about the person) and refusals (about the ticket)."""
    denied: list[Decision] = []
    refused: list[Decision] = []
    for policy in matching(ticket, verb):
        if policy.roles and not actor.is_system and not actor.holds(Role.ADMINISTRATOR, *policy.roles):
            names = ", ".join(str(Role(role).label) for role in policy.roles if role in Role.values)
            denied.append(deny(_("“%(policy)s”: only %(roles)s.") % {"policy": policy.name, "roles": names}))
        refused += [
            deny(_("“%(field)s” must be filled in first.") % {"field": field_label(ticket, name)})
            for name in policy.required_fields
            if is_empty(ticket, name)
        ]
        open_items = unticked(ticket, policy)
        if open_items:
            refused.append(deny(_("Checklist: %(items)s.") % {"items": "; ".join(open_items)}))
        if policy.approval and not is_approved(ticket, verb):
            refused.append(deny(_("An approval is needed first (“%(policy)s”).") % {"policy": policy.name}))
    return denied, refused


def is_empty(ticket: Ticket, name: str) -> bool:
    if name.startswith("custom."):
        return ticket.custom.get(name.removeprefix("custom.")) in (None, "", [])
    return getattr(ticket, name, None) in (None, "")


def field_label(ticket: Ticket, name: str) -> str:
    if name.startswith("custom."):
        code = name.removeprefix("custom.")
        found = CustomField.objects.filter(kind=ticket.kind, code=code).values_list("label", flat=True).first()
        return found or code
    return str(ticket._meta.get_field(name).verbose_name)  # type: ignore[union-attr]


def unticked(ticket: Ticket, policy: TransitionPolicy) -> list[str]:
    """Checklist items nobody has ticked yet."""
    if not policy.checklist:
        return []
    ticked = {(tick.policy_id, tick.item) for tick in ticks(ticket)}
    return [item for item in policy.checklist if (policy.pk, item) not in ticked]


def ticks(ticket: Ticket) -> list[ChecklistTick]:
    """What is ticked off on the ticket, read once per instance like the policies."""
    cached = ticket.__dict__.get("_checklist_ticks")
    if cached is None:
        cached = list(ChecklistTick.objects.filter(ticket_id=ticket.pk).select_related("by"))
        ticket.__dict__["_checklist_ticks"] = cached
    return cached


def rounds(ticket: Ticket) -> list[Round]:
    """The approval rounds of the ticket, newest first, each with its seats; read once per instance, in one query."""
    cached = ticket.__dict__.get("_approval_rounds")
    if cached is None:
        seats = Seat.objects.filter(round__subject_type="ticket", round__subject_id=ticket.pk)
        found: dict[int, Round] = {}
        for seat in seats.select_related("round__requested_by", "approver").order_by("-round_id", "id"):
            round_ = found.setdefault(seat.round_id, seat.round)
            round_.__dict__.setdefault("_prefetched_objects_cache", {}).setdefault("seats", []).append(seat)
        cached = list(found.values())
        ticket.__dict__["_approval_rounds"] = cached
    return cached


def is_approved(ticket: Ticket, verb: str) -> bool:
    """The newest round about this step ended with an approval."""
    newest = next((round_ for round_ in rounds(ticket) if round_.verb == verb), None)
    return newest is not None and newest.state == Round.State.APPROVED
