"""Agreements: drafting, agreeing, putting in force, ending; by hand, and by themselves on their days."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from design.agreement_states import AgreementState, AgreementType, Promise
from design.days import today
from design.models import Agreement, AgreementTarget
from design.services import publication
from itsm.accounts.models import User
from itsm.audit import services as audit
from itsm.catalogue.models import Service
from itsm.lib.errors import DomainError
from itsm.lib.sources import Source
from itsm.sla.models import Target
from itsm.workflow import records
from itsm.workflow.moves import lock, move

log = logging.getLogger(__name__)

#: What the next version starts with.
COPIED = (
    "title", "type", "customer", "provider_team", "customer_team", "supplier", "contract", "support_level", "calendar",
    "owner", "description",
)  # fmt: skip
#: Which parties each type has, and which it must name.
PARTIES = {
    AgreementType.SLA: (("customer",), ()),
    AgreementType.OLA: (("provider_team", "customer_team"), ("provider_team", "customer_team")),
    AgreementType.UC: (("supplier", "contract"), ("supplier",)),
}


def check(agreement: Agreement, lists: Mapping[str, Any]) -> dict[str, Any]:
    """Every type has parties of its own; it ends after it begins; later versions stay with what they replace."""
    wrong: dict[str, Any] = {}
    known, needed = PARTIES[AgreementType(agreement.type)]
    name = {"type": AgreementType.SHORT[agreement.type]}
    for field in ("customer", "provider_team", "customer_team", "supplier", "contract"):
        value = getattr(agreement, field)
        if field in needed and not value:
            wrong[field] = _("Name this party of the %(type)s.") % name
        elif field not in known and value:
            wrong[field] = _("Leave this empty: it is not part of an %(type)s.") % name
    if agreement.provider_team_id and agreement.provider_team_id == agreement.customer_team_id:
        wrong["customer_team"] = _("A team makes no agreement with itself.")
    if agreement.ends_on and agreement.ends_on < agreement.starts_on:
        wrong["ends_on"] = _("It ends before it begins.")
    if not lists["services"]:
        wrong["services"] = _("Name at least one service.")
    if agreement.pk:
        stored = Agreement.objects.get(pk=agreement.pk)
        if stored.type != agreement.type and stored.targets.exists():
            wrong["type"] = _("Remove the targets first: they belong to this type.")
    return wrong


# ---------- steps ----------


@transaction.atomic
def take_targets(agreement: Agreement, *, actor: User, source: str, version: int | None = None) -> Agreement:
    """Add what the support level promises and the agreement does not promise yet."""
    moved = move(agreement, "take_targets", actor=actor, source=source, version=version)
    level = moved.support_level
    there = set(moved.targets.values_list("kind", "metric", "priority"))
    made = []
    for target in Target.objects.current().filter(support_level=level).order_by("kind", "metric", "priority"):
        of_team = moved.type == AgreementType.OLA
        if of_team and target.metric not in (Promise.RESOLUTION, Promise.FULFILMENT):
            continue
        if (target.kind, target.metric, target.priority) in there:
            continue
        own_hours = level is not None and level.calendar_id != moved.calendar_id
        made.append(
            AgreementTarget(
                agreement=moved, kind=target.kind, metric=target.metric, priority=target.priority,
                minutes=target.minutes,
                warn_percent=target.warn_percent, calendar_id=level.calendar_id if own_hours and level else None,
                pause_reasons=[] if of_team or level is None else sorted(level.pause_reasons),
            )
        )  # fmt: skip
    AgreementTarget.objects.bulk_create(made)
    if made:
        words = [str(one) for one in made]
        audit.record(moved, "agreement.edit", actor=actor, source=source, changes={"targets": [None, words]})
    return moved


@transaction.atomic
def agree(
    agreement: Agreement, *, actor: User, source: str, version: int | None = None, comment: str = ""
) -> Agreement:
    """Both sides said yes; nobody else agrees on the same in the same moment."""
    _one_at_a_time(agreement)
    return move(agreement, "agree", actor=actor, source=source, version=version, body=comment)


@transaction.atomic
def activate(agreement: Agreement, *, actor: User, source: str, version: int | None = None) -> Agreement:
    """Put it in force from its first day; the version before it ends the day before."""
    _one_at_a_time(agreement)
    moved = move(agreement, "activate", actor=actor, source=source, version=version)
    for earlier in moved.family().active().exclude(pk=moved.pk):
        _expire(earlier, moved.starts_on - timedelta(days=1), source=source)
    publication.publish(moved, actor=actor, source=source)
    return moved


@transaction.atomic
def terminate(agreement: Agreement, *, actor: User, source: str, reason: str, version: int | None = None) -> Agreement:
    """End it today. Tickets opened until now keep what was promised for them."""
    was_active = lock(agreement).state == AgreementState.ACTIVE
    moved = move(agreement, "terminate", actor=actor, source=source, version=version, reason=reason)
    if was_active:
        publication.end(moved, today(), actor=actor, source=source)
    return moved


@transaction.atomic
def new_version(agreement: Agreement, *, actor: User, source: str, version: int | None = None) -> Agreement:
    """A draft with everything this version says, to apply from the day after."""
    moved = move(agreement, "new_version", actor=actor, source=source, version=version)
    begin = max(today(), moved.ends_on or today()) + timedelta(days=1)
    made = records.create(
        Agreement, actor=actor, source=source, starts_on=begin, lists={"services": list(moved.services.all())},
        **{name: getattr(moved, name) for name in COPIED},
    )  # fmt: skip
    made.first_id = moved.first_id or moved.pk
    made.edition = 1 + max(moved.family().exclude(pk=made.pk).values_list("edition", flat=True))
    made.save(update_fields=["first", "edition"])
    AgreementTarget.objects.bulk_create(
        AgreementTarget(
            agreement=made, kind=one.kind, metric=one.metric, priority=one.priority, minutes=one.minutes,
            calendar_id=one.calendar_id, pause_reasons=one.pause_reasons, warn_percent=one.warn_percent,
        )
        for one in moved.targets.all()
    )  # fmt: skip
    return made


def turn() -> None:
    """Let agreements begin and end on their days. One that cannot begin stays agreed; its page says why."""
    system = User.objects.system()
    over = Agreement.objects.active().filter(ends_on__lt=today()).order_by("ends_on", "id")
    for agreement in over:
        _safely(agreement, lambda one: _expire(one, None, source=Source.SYSTEM))
    begun = Agreement.objects.filter(state=AgreementState.AGREED, starts_on__lte=today()).order_by("starts_on", "id")
    for agreement in begun:
        _safely(agreement, lambda one: activate(one, actor=system, source=Source.SYSTEM))


def _safely(agreement: Agreement, step: Any) -> None:
    try:
        step(agreement)
    except DomainError as error:
        log.warning("an agreement did not turn", extra={"agreement": agreement.number, "error": error.message})


@transaction.atomic
def _expire(agreement: Agreement, last: date | None, *, source: str) -> None:
    """It ends: after ``last`` because a newer version applies, or because its own last day is over."""
    system = User.objects.system()
    given: dict[str, Any] = {} if last is None else {"ends_on": max(last, agreement.starts_on)}
    moved = move(agreement, "expire", actor=system, source=source, **given)
    publication.end(moved, last or moved.ends_on or today(), actor=system, source=source)


def _one_at_a_time(agreement: Agreement) -> None:
    """Whoever agrees about a service waits for others who do: two overlapping ones cannot both be free of conflict."""
    ids = sorted(agreement.services.values_list("pk", flat=True))
    list(Service.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
