"""Support handover: its list, its signature, and what going live needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from itsm.catalogue.guards import Requirement
from itsm.lib import clock
from itsm.notifications.services import direct
from itsm.notifications.services.events import emit
from itsm.workflow.moves import move
from transition.models import HandoverItem, Subscription, SupportHandover
from transition.states.delivery import HandoverTopic, SubscriptionState

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from itsm.catalogue.models import Service

#: What every handover starts with; more is added by hand, and what does not apply is removed.
FIRST_TOPICS = (
    HandoverTopic.MODEL, HandoverTopic.RUNBOOK, HandoverTopic.KNOWN_ERRORS, HandoverTopic.TRAINING,
    HandoverTopic.ON_CALL, HandoverTopic.MONITORING,
)  # fmt: skip


def created(handover: SupportHandover) -> None:
    """A new handover gets the list that every service needs."""
    HandoverItem.objects.bulk_create(HandoverItem(handover=handover, topic=topic) for topic in FIRST_TOPICS)


@transaction.atomic
def offer(
    handover: SupportHandover, *, actor: User, source: str, comment: str = "", version: int | None = None
) -> SupportHandover:
    """Tell those who may sign."""
    moved = move(handover, "offer", actor=actor, source=source, version=version, body=comment)
    members = moved.team.memberships.filter(user__is_active=True)
    leads = list(members.filter(is_lead=True).values_list("user_id", flat=True))
    people = leads or list(members.values_list("user_id", flat=True))

    def words() -> tuple[str, str]:
        return _("Please sign: support of %(service)s") % {"service": moved.service}, str(moved)

    event = emit("support_handover.offered", moved, actor=actor, source=source)
    direct.tell(people, "approval_asked", words, event=event, url=moved.get_absolute_url())
    return moved


def sign(
    handover: SupportHandover, *, actor: User, source: str, comment: str = "", version: int | None = None
) -> SupportHandover:
    """The team takes over."""
    return move(
        handover, "sign", actor=actor, source=source, version=version, body=comment, signed_by=actor,
        signed_at=clock.now(),
    )  # fmt: skip


def go_live_needs(service: Service) -> list[Requirement]:
    """Support is handed over and signed."""
    latest = SupportHandover.objects.filter(service=service).exclude(state="cancelled").order_by("-id").first()
    signed = latest is not None and latest.state == SupportHandover.State.SIGNED
    detail = ""
    if not signed:
        detail = (
            _("The support handover %(number)s is not signed yet.") % {"number": latest.number}
            if latest
            else _("Support is not handed over yet.")
        )
    where = latest.get_absolute_url() if latest else (
        f"{reverse('transition:support-handover-new')}?service={service.pk}"
    )  # fmt: skip
    return [Requirement(_("Support handover signed"), signed, detail, where)]


def decommission_needs(service: Service) -> list[Requirement]:
    """Nobody is subscribed to it any more."""
    left = Subscription.objects.filter(offering__service=service, state__in=SubscriptionState.OPEN).count()
    words = ngettext("%d subscription is still open.", "%d subscriptions are still open.", left)
    detail = words % left if left else ""
    where = f"{reverse('transition:subscription-list')}?service={service.pk}"
    return [Requirement(_("No open subscriptions"), not left, detail, where)]
