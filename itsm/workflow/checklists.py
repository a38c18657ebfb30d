"""Ticking off the checklist of a transition policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from itsm.audit import services as audit
from itsm.lib.errors import Denied, Invalid
from itsm.tickets.models import Ticket
from itsm.workflow.models import ChecklistTick, TransitionPolicy
from itsm.workflow.moves import lock

if TYPE_CHECKING:
    from itsm.accounts.models import User


@transaction.atomic
def tick(ticket: Ticket, policy: TransitionPolicy, item: str, *, done: bool, actor: User, source: str) -> None:
    """Tick an item off, or take the tick back."""
    fresh = lock(ticket)
    if not actor.acts_for_desk:
        raise Denied(_("Only the desk works through checklists."))
    if item not in policy.checklist:
        raise Invalid({"item": _("This is not on the checklist.")})
    if done:
        ChecklistTick.objects.get_or_create(ticket_id=fresh.pk, policy=policy, item=item, defaults={"by": actor})
    else:
        ChecklistTick.objects.filter(ticket_id=fresh.pk, policy=policy, item=item).delete()
    audit.record(fresh, f"{fresh.kind}.checklist", actor=actor, source=source, changes={item: [not done, done]})
