"""Halden's problems and known errors, and who is on call."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

from itsm.lib import clock
from itsm.lib.chapters import World
from itsm.sla.models import EscalationPolicy, EscalationStep
from itsm.tickets.models import Ticket
from operation.models import Incident, Problem, Rota
from operation.services import on_call, problems

TEAMS = {
    "Payments operations": ("Payments on call", "Europe/Oslo", ["Sofia Rossi", "Yusuf Demir"]),
    "Network and cloud": ("Network on call", "Europe/Oslo", ["Lucas Vermeer", "Wei Tan", "Tomás Herrera"]),
}


def rotas(world: World) -> None:
    """Before the months of tickets: who answers at night, and the escalation step that asks."""
    admin = world.people["Ada Lindqvist"]
    for team, (name, zone, names) in TEAMS.items():
        people = [world.people[one] for one in names]
        rota = Rota(
            team=people[0].teams.get(name=team),
            name=name,
            timezone=zone,
            starts_on=clock.now().date(),
            handover=time(9),
        )
        on_call.save(rota, people, actor=admin, source="web")
    policy = EscalationPolicy.objects.filter(name="Standard").first()
    if policy is not None:
        EscalationStep.objects.create(policy=policy, percent=120, action="page_on_call", metric="resolution")


def tell(world: World) -> None:
    """After them: a removed cause, a known error with a workaround, and an analysis that runs."""
    people, now = world.people, world.now

    def at(days: float, hours: float = 0) -> Any:
        return clock.moved_to((now - timedelta(days=days)).replace(hour=9, minute=5) + timedelta(hours=hours))

    def incidents(service: str, days: float, most: int) -> list[Any]:
        rows: Any = Incident.objects.filter(
            service=world.services[service], opened_at__lte=now - timedelta(days=days), is_major=False
        )
        return list(rows.order_by("-opened_at")[:most])

    def opened(days: float, who: Any, title: str, service: str, most: int, **fields: Any) -> Any:
        with at(days):
            causes = incidents(service, days, most)
            return problems.open_for(
                causes, actor=who, source="web", requester=who, title=title, service=world.services[service], **fields
            )

    def steps(problem: Any, who: Any, *taken: tuple[float, str, dict[str, Any]]) -> Any:
        for days, verb, data in taken:
            with at(days, 1):
                problem = getattr(problems, verb)(Problem.objects.get(pk=problem.pk), actor=who, source="web", **data)
        return problem

    sofia, thandi, lucas = people["Sofia Rossi"], people["Thandi Nkosi"], people["Lucas Vermeer"]
    old = opened(80, lucas, "Wi-Fi drops when the warehouse door opens", "Network and Wi-Fi", 3, impact=2)
    steps(
        old, lucas, (79, "assess", {"comment": "Three reports in two weeks, always at the gate."}), (78, "investigate", {}),
        (74, "record_cause", {
            "root_cause": "The access point at gate 3 hangs on the same circuit as the door motor.",
            "whys": "The access point restarts\nIts power drops for a second\nThe door motor starts on the same circuit",
            "workaround": "Move ten metres away from gate 3 and connect again.",
        }),
        (73, "start_fix", {"comment": "Electrician ordered."}),
        (66, "resolve", {"note": "The access point has a circuit of its own now."}),
    )  # fmt: skip
    with at(50):
        problems.close(
            Problem.objects.get(pk=old.pk), actor=people["Ada Lindqvist"], source="web", comment="It did not come back."
        )

    known = opened(
        24, sofia, "Card terminals lose the connection after the nightly update", "Store tills", 3, impact=2, urgency=2,
        description="Terminals show “No host” in the morning until they are restarted.",
    )  # fmt: skip
    steps(
        known, sofia, (24, "assess", {"comment": "Costs each store ten minutes in the morning."}), (23, "investigate", {}),
        (18, "record_cause", {
            "root_cause": "The nightly update replaces the certificate, but terminals keep the old one until they restart.",
            "whys": "Terminals show “No host”\nThe host refuses their certificate\nThe update renewed it at night\n"
                    "Terminals read it only when they start\nThe supplier’s software does not watch the file",
            "workaround": "Please hold the red and the yellow key of the terminal for five seconds: it restarts and "
                          "works again after about a minute.",
        }),
    )  # fmt: skip
    _helped(known, sofia, at)

    running = opened(
        6, thandi, "Printers on floor 2 stop every few days", "Printing", 3,
        description="The queue stands until the print server is restarted.",
    )  # fmt: skip
    steps(
        running, thandi, (6, "assess", {"comment": "Same printer model each time."}), (5, "investigate", {}),
        (3, "publish_workaround", {"workaround": "Choose the printer on floor 3 meanwhile; your card works there as well."}),
    )  # fmt: skip


def _helped(problem: Any, who: Any, at: Any) -> None:
    """An open incident of the service waits for the fix."""
    rows: Any = Incident.objects.open().filter(service=problem.service, is_major=False, state="in_progress")
    waiting = rows.exclude(pk__in=Ticket.objects.filter(links_from__target=problem.pk).values("pk")).first()
    if waiting is not None:
        problems.apply_workaround(waiting, Problem.objects.get(pk=problem.pk), actor=who, source="web", wait=True)
