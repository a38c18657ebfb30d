"""What Halden promises its shops, who stands behind it, and what the design of click and collect can deliver."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from design.models import Agreement, AgreementTarget, PerformanceTarget
from itsm.accounts.models import Team
from itsm.catalogue.models import Service, ServiceDependency
from itsm.lib import clock
from itsm.lib.chapters import World
from itsm.sla.models import SupportLevel, WorkCalendar
from itsm.workflow import records

#: Minutes until an incident is resolved, P1 to P5: the desk, those behind it, and what the carrier needs.
FIRST = (20, 60, 180, 480, 960)
SECOND = (60, 240, 840, 1680, 4320)
SUPPLIER = (30, 120, 360, 600, 1440)
#: By itself: availability, latency, capacity per second, recovery and data loss in minutes.
FIGURES = {
    "Payment gateway": ("99.98", 180, "240", 30, 0),
    "Identity and sign-on": ("99.99", 40, "900", 15, 0),
    "Warehouse management": ("99.9", 220, "150", 60, 5),
    "Network and Wi-Fi": ("99.97", 20, "5000", 20, 0),
}


def tell_agreements(world: World) -> None:
    """Told before the months of tickets: from the first day on, the tills are measured by their agreement."""
    manager = world.people["Ingrid Solberg"]
    tills, gateway = world.services["Store tills"], world.services["Payment gateway"]
    network = world.services["Network and Wi-Fi"]
    begin = world.start.date()
    office = WorkCalendar.objects.filter(name="Nordic office hours").first()
    sla = _draft(
        manager, "Tills of all stores, Gold", [tills], begin, support_level=SupportLevel.objects.get(name="Gold"),
        description="The tills of every store, whenever one of them is open somewhere in the world.",
    )  # fmt: skip
    sla = _step(sla, "take_targets", manager)
    _in_force(sla, manager, "Signed by the head of stores.")
    for title, team, services, minutes in (
        ("Payments operations for the tills", "Payments operations", [tills, gateway], FIRST),
        ("Network and cloud for the stores", "Network and cloud", [network], SECOND),
    ):
        provider = Team.objects.get(name=team)
        ola = _draft(
            manager, title, services, begin, type="ola", provider_team=provider,
            customer_team=Team.objects.get(name="Service desk"), calendar=office if team == "Network and cloud" else None,
        )  # fmt: skip
        _promise(ola, manager, minutes)
        _in_force(ola, manager, "Both team leads said yes.")
    contract = _draft(
        manager, "Lines to the stores", [network], begin, type="uc", supplier="Fjordnett AS", contract="FN-2024-118",
        ends_on=world.now.date() + timedelta(days=40),
    )  # fmt: skip
    _promise(contract, manager, SUPPLIER)
    _in_force(contract, manager, "Signed by procurement.")


def tell_design(world: World) -> None:
    """Click and collect: the promise, who stands behind it, and the figures of its components."""
    service = Service.objects.filter(slug="click-and-collect").first()
    if service is None:
        return
    owner, manager = world.people["Clara Weiss"], world.people["Ingrid Solberg"]
    for name in ("Web shop", "Warehouse management", "Identity and sign-on"):
        ServiceDependency.objects.get_or_create(service=service, depends_on=world.services[name])
    how: dict[str, Any] = {"actor": owner, "source": "web"}
    with clock.moved_to(world.now - timedelta(days=6)):
        for name, (availability, latency, capacity, recovery, loss) in FIGURES.items():
            records.create(
                PerformanceTarget, service=world.services[name], own_availability=availability, own_latency_ms=latency,
                capacity=capacity, own_recovery_minutes=recovery, own_data_loss_minutes=loss,
                description="Measured over the last quarter.", actor=manager, source="web",
            )  # fmt: skip
        shop = records.create(
            PerformanceTarget, service=world.services["Web shop"], availability="99.5", own_availability="99.95",
            own_latency_ms=160, capacity="300", own_recovery_minutes=20, own_data_loss_minutes=0, demand="110", **how,
        )  # fmt: skip
        records.perform(shop, "agree", data={"comment": "As the shop has run all year."}, **how)
        records.create(
            PerformanceTarget, service=service, availability="99.9", latency_ms=900, throughput="100",
            rto_minutes=240, rpo_minutes=15, own_availability="99.95", own_latency_ms=90, capacity="200",
            own_recovery_minutes=15, own_data_loss_minutes=0, demand="60", **how,
            description="Stores close at 22:00; a parcel that cannot be found costs a visit.",
        )  # fmt: skip
        draft = _draft(
            owner, "Click and collect in the stores", [service], world.now.date() + timedelta(days=21), owner=manager,
            support_level=SupportLevel.objects.get(name="Silver"),
        )  # fmt: skip
        _step(draft, "take_targets", owner)


def _draft(actor: Any, title: str, services: list[Service], begin: date, **more: Any) -> Agreement:
    fields = {"owner": actor, **more}
    return records.create(
        Agreement, actor=actor, source="web", title=title, starts_on=begin, lists={"services": services}, **fields
    )


def _promise(agreement: Agreement, actor: Any, minutes: tuple[int, ...]) -> None:
    for priority, amount in enumerate(minutes, start=1):
        values = {"kind": "incident", "metric": "resolution", "priority": priority, "minutes": amount}
        part = AgreementTarget(agreement=agreement)
        records.put_part(agreement, part, values, actor=actor, source="web", name="target")


def _step(agreement: Agreement, verb: str, actor: Any, **data: Any) -> Agreement:
    return records.perform(agreement, verb, actor=actor, source="web", data=data)


def _in_force(agreement: Agreement, actor: Any, comment: str) -> None:
    _step(_step(agreement, "agree", actor, comment=comment), "activate", actor)
