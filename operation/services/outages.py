"""The verbs of an outage."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Value
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.audit import services as audit
from itsm.catalogue.health import Health
from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid, Refused, Stale
from itsm.notifications.services.events import emit
from itsm.workflow import steps
from itsm.workflow.moves import lock, move
from operation import policies
from operation.models import Incident, Outage
from operation.states import OutageKind, OutageState

if TYPE_CHECKING:
    from collections.abc import Mapping

EDITABLE = ("title", "message", "kind", "begins_at", "ends_at", "incident")


@transaction.atomic
def announce(
    *, actor: User, source: str, services: Iterable[Service], begins_at: datetime | None = None, **fields: Any
) -> Outage:
    """Tell everybody who uses the services; what begins later is announced as planned."""
    now = clock.now()
    begins_at = begins_at or now
    outage = Outage(
        state=OutageState.PLANNED if begins_at > now else OutageState.ACTIVE,
        created_by=actor,
        created_at=now,
        updated_at=now,
    )
    verdict = policies.may_tell(outage, actor)
    if not verdict:
        raise Denied(verdict.reason)
    chosen = list(services)
    _apply(outage, {"begins_at": begins_at, **fields}, chosen)
    outage.save()
    outage.services.set(chosen)
    names = [service.name for service in chosen]
    audit.record(
        outage,
        "created",
        actor=actor,
        source=source,
        changes={"title": [None, outage.title], "services": [None, names]},
    )
    emit("outage.announce", outage, actor=actor, source=source, services=[service.pk for service in chosen])
    return outage


@transaction.atomic
def announce_from(incident: Incident, *, actor: User, source: str, title: str = "", message: str = "") -> Outage:
    """Tell everybody about the incident in one step: its service, since it was reported."""
    if incident.service is None:
        raise Refused(_("The incident has no service yet: nobody knows whom to tell."))
    if incident.outages.current().exists():
        raise Refused(_("An outage is announced for this incident already."), code="already_announced")
    return announce(
        actor=actor, source=source, services=[incident.service], begins_at=min(incident.opened_at, clock.now()),
        title=title or incident.title[:160], message=message, incident=incident,
    )  # fmt: skip


@transaction.atomic
def edit(
    outage: Outage,
    *,
    actor: User,
    source: str,
    version: int | None = None,
    services: Iterable[Service] | None = None,
    **changes: Any,
) -> Outage:
    """Change what is told; an outage that has ended is history."""
    fresh = lock(outage)
    verdict = policies.may_tell(fresh, actor)
    if not verdict:
        raise Denied(verdict.reason)
    if version is not None and fresh.version != version:
        raise Stale(_("Somebody changed this meanwhile."), current={_("Message"): fresh.message})
    if fresh.state == OutageState.ENDED:
        raise Refused(_("The outage has ended; it is not changed any more."))
    before = audit.snapshot(fresh)
    old = sorted(fresh.services.values_list("name", flat=True))
    chosen = list(services) if services is not None else list(fresh.services.all())
    _apply(fresh, changes, chosen)
    difference = audit.diff(before, audit.snapshot(fresh))
    new = sorted(service.name for service in chosen)
    if old != new:
        fresh.services.set(chosen)
        difference["services"] = [old, new]
    if not difference:
        return fresh
    fresh.version += 1
    fresh.updated_at = clock.now()
    fresh.save()
    audit.record(fresh, "changed", actor=actor, source=source, changes=difference)
    emit("outage.update", fresh, actor=actor, source=source, changed=sorted(difference))
    return fresh


def _apply(outage: Outage, changes: Mapping[str, Any], services: list[Service]) -> None:
    unknown = {name: _("This cannot be changed.") for name in changes if name not in EDITABLE}
    if unknown:
        raise Invalid(unknown)
    for name, value in changes.items():
        setattr(outage, name, value)
    outage.title = " ".join(str(outage.title or "").split())
    errors: dict[str, Any] = {}
    try:
        outage.clean_fields(exclude=[f.name for f in outage._meta.fields if f.is_relation])
    except ValidationError as error:
        errors |= {name: list(messages) for name, messages in error.message_dict.items()}
    if not services:
        errors["services"] = _("Choose at least one service.")
    if outage.ends_at and outage.begins_at and outage.ends_at < outage.begins_at:
        errors["ends_at"] = _("The end lies before the beginning.")
    if outage.begins_at and lies_ahead(outage, outage.begins_at):
        errors["begins_at"] = _("It has begun already: the beginning cannot lie ahead.")
    if errors:
        raise Invalid(errors)


def lies_ahead(outage: Outage, begins_at: datetime) -> bool:
    """Whether a running outage would begin in the future."""
    return outage.state == OutageState.ACTIVE and begins_at > clock.now()


def perform(outage: Outage, verb: str, *, actor: User, source: str, version: int | None = None) -> Outage:
    """Take a step by its name."""
    if steps.describe(Outage, verb) is None:
        raise Refused(_("There is no step “%(verb)s”.") % {"verb": verb}, code="no_transition")
    return move(outage, verb, actor=actor, source=source, version=version)


def turn(now: datetime | None = None) -> int:
    """Begin planned work whose time has come, and end planned work whose time is over; returns how many moved."""
    now = now or clock.now()
    system, moved = User.objects.system(), 0
    for outage in Outage.objects.filter(state=OutageState.PLANNED, begins_at__lte=now).order_by("pk")[:200]:
        _turn(outage, "begin", system)
        moved += 1
    over = Outage.objects.active().filter(kind=OutageKind.PLANNED, ends_at__lte=now)
    for outage in over.order_by("pk")[:200]:
        _turn(outage, "end", system)
        moved += 1
    return moved


@transaction.atomic
def _turn(outage: Outage, verb: str, system: User) -> None:
    # Two workers may find the same row: the lock shows the second one that it was done.
    fresh = lock(outage)
    if steps.find(fresh, verb):
        move(fresh, verb, actor=system, source="system")


def health_of(service_ids: frozenset[int]) -> dict[int, Health]:
    """What active outages and major incidents say about services, for ``catalogue.health``."""
    active = Outage.services.through.objects.filter(service_id__in=service_ids, outage__state=OutageState.ACTIVE)
    major = Incident.objects.major().filter(service_id__in=service_ids).order_by()
    rows = active.values_list("service_id", "outage__kind").union(
        major.values_list("service_id", Value(OutageKind.DEGRADATION.value)), all=True
    )
    worst: dict[int, Health] = {}
    for service_id, kind in rows:
        health = Health.DOWN if kind == OutageKind.OUTAGE else Health.DEGRADED
        worst[service_id] = max(worst.get(service_id, Health.UP), health)
    return worst
