"""The improvement register of Halden: one realised and proven, one that failed, others on their way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from improvement.demo.feedback import MENDED, WEAK
from improvement.models import Improvement
from improvement.services import improvements
from itsm.approvals.models import Round
from itsm.lib import clock
from itsm.lib.chapters import World
from itsm.workflow import approvals, records

SOURCE = "web"


class Teller:
    """Steps of improvements at their time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.manager = world.people["Ingrid Solberg"]

    def at(self, days: float) -> Any:
        return clock.moved_to(self.world.now - timedelta(days=days))

    def idea(self, days: float, title: str, owner: str, *, service: str = "", due: int | None = None,
             **fields: Any) -> Improvement:  # fmt: skip
        """``due``: days from now."""
        person = self.world.people[owner]
        if due is not None:
            fields["due_on"] = (self.world.now + timedelta(days=due)).date()
        with self.at(days):
            return records.create(
                Improvement, actor=person if person.acts_for_desk else self.manager, source=SOURCE, title=title,
                owner=person, service=self.world.services.get(service), **fields,
            )  # fmt: skip

    def step(self, days: float, improvement: Improvement, verb: str, **data: Any) -> None:
        with self.at(days):
            records.perform(improvement, verb, actor=improvement.owner, source=SOURCE, data=data)

    def assess(self, days: float, improvement: Improvement, reach: int, benefit: int, confidence: int, effort: int
               ) -> None:  # fmt: skip
        self.step(
            days, improvement, "assess", reach=reach, improvement_benefit=benefit, confidence=confidence, effort=effort
        )

    def approve(self, days: float, improvement: Improvement) -> None:
        self.step(days, improvement, "submit")
        with self.at(days - 0.5):
            label = Improvement._meta.label_lower
            round_ = Round.objects.pending().get(subject_type=label, subject_id=improvement.pk)
            seat = round_.seats.select_related("approver")[:1].get()
            approvals.vote(round_, actor=seat.approver, approve=True, comment="Worth it.", source=SOURCE)

    def measured(self, improvement: Improvement, *values: tuple[float, str, str]) -> None:
        """Days ago, value, note."""
        for days, value, note in values:
            with self.at(days):
                improvements.add_measurement(
                    improvement, actor=improvement.owner, source=SOURCE, value=value, note=note,  # type: ignore[arg-type]
                    measured_on=clock.now().date(),
                )  # fmt: skip


def tell(world: World) -> None:
    """The register, the oldest first."""
    teller = Teller(world)
    _proven(teller)
    _failed(teller)
    _satisfaction(teller)
    _on_the_way(teller)


def _proven(teller: Teller) -> None:
    swap = teller.idea(
        150, "Same-day laptop swap", "Ingrid Solberg", service="Laptops and desktops", unit="days",
        baseline_value="5", target_value="1", area="process", origin="Service desk", yearly_benefit="30000",
        description="People wait days for a replacement. Keep twenty prepared laptops in every office.",
        benefit_words="Half a day of work for everybody whose laptop breaks.",
    )  # fmt: skip
    teller.assess(148, swap, 4, 4, 80, 3)
    teller.approve(145, swap)
    teller.step(140, swap, "start")
    teller.measured(swap, (120, "4.2", "Oslo only"), (100, "2.5", "All offices"))
    teller.step(92, swap, "measure")
    teller.measured(swap, (75, "1.4", ""), (52, "1.1", ""), (30, "0.9", "34 swaps in the month"))
    teller.step(28, swap, "realise", realised_benefit="38000", comment="Below one day for a month.")


def _failed(teller: Teller) -> None:
    menu = teller.idea(
        130, "Phone menu in four languages", "Ingrid Solberg", service="Telephony", unit="calls a week",
        baseline_value="40", target_value="10", origin="Complaint", description="Callers end in the wrong queue.",
    )  # fmt: skip
    teller.assess(128, menu, 2, 2, 50, 2)
    teller.approve(125, menu)
    teller.step(120, menu, "start")
    teller.step(80, menu, "measure")
    teller.measured(menu, (50, "38", "Callers press 1 and wait"))
    teller.step(45, menu, "give_up", lesson="Nobody listens to a menu. Route by the caller’s number instead.")


def _satisfaction(teller: Teller) -> None:
    """Bound to the answers of people: its number is read, not entered."""
    vpn = teller.idea(
        MENDED + 12, f"More satisfied people: {WEAK}", "Ingrid Solberg", service=WEAK, area="technology",
        measured_by="satisfaction:csat", window_days=60, due=25, origin="Survey", yearly_benefit="22000",
        description="Sign-in fails after every change of password, and people wait in the queue for it.",
    )  # fmt: skip
    if vpn.baseline_value is None:
        return
    with teller.at(MENDED + 11):
        target = min(vpn.baseline_value + 25, 90)
        vpn = records.edit(vpn, actor=teller.manager, source=SOURCE, target_value=target)
    teller.assess(MENDED + 10, vpn, 4, 5, 80, 2)
    teller.approve(MENDED + 8, vpn)
    teller.step(MENDED + 4, vpn, "start")
    teller.step(MENDED - 8, vpn, "measure")
    for days in (52, 38, 24, 10, 3):
        with teller.at(days):
            if improvements.measures.read(vpn.measured_by, vpn.service, clock.now().date(), vpn.window_days):
                improvements.read_now(vpn, actor=improvements.User.objects.system(), source="system")


def _on_the_way(teller: Teller) -> None:
    chat = teller.idea(
        60, "Answer in the portal within an hour", "Priya Raman", unit="minutes", baseline_value="130",
        target_value="60", area="people", due=-6, origin="Team meeting",
    )  # fmt: skip
    teller.assess(58, chat, 4, 3, 80, 2)
    teller.approve(55, chat)
    teller.step(50, chat, "start")
    teller.measured(chat, (40, "118", ""), (20, "96", "One person reads the portal queue each morning"))
    till = teller.idea(
        25, "No till stands still for a certificate", "Clara Weiss", service="Store tills", unit="a year",
        baseline_value="4", target_value="0", area="technology", due=45, origin="Major incident review",
        yearly_benefit="60000",
    )  # fmt: skip
    teller.assess(24, till, 5, 5, 80, 2)
    teller.approve(22, till)
    teller.step(15, till, "start")
    reopened = teller.idea(
        12, "Fewer reopened incidents", "Ingrid Solberg", unit="%", baseline_value="8.4", target_value="4",
        area="people", due=90, origin="Service review", description="Half of them were closed before anybody asked.",
    )  # fmt: skip
    teller.assess(11, reopened, 3, 2, 80, 2)
    teller.step(3, reopened, "submit")
    articles = teller.idea(
        6, "One article for each of the twenty most frequent faults", "Priya Raman", unit="articles",
        baseline_value="9", target_value="20", area="process", origin="Agents",
    )  # fmt: skip
    teller.assess(5, articles, 4, 3, 50, 1)
    teller.idea(1, "A second acquirer for card payments", "Clara Weiss", service="Payment gateway", area="supplier",
                origin="Risk register", description="One acquirer for all cards is one too few.")  # fmt: skip
