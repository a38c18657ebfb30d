"""What Halden's people order: the catalogue of requests, and half a year of orders, some of them waiting today."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from itsm.accounts.models import Team
from itsm.approvals.models import Round
from itsm.catalogue.models import ServiceOffering
from itsm.lib import clock
from itsm.lib.chapters import World
from itsm.sla.models import SupportLevel, Target
from itsm.workflow import approvals, conversation, work
from operation.models import ServiceRequest
from operation.services import access, requests
from transition.models import CIType, OrderResult

MANAGER = {"approvers": [{"who": "requester_manager"}], "rule": "any", "days": 5}
OWNER = {"approvers": [{"who": "service_owner"}], "rule": "any", "days": 5}
BOTH = {"approvers": [{"who": "requester_manager"}, {"who": "service_owner"}], "rule": "all", "days": 7}

#: Service, name, slug, kind, icon, summary, price, who decides, plan (what, team, step, days), questions.
CATALOGUE: list[tuple[Any, ...]] = [
    (
        "Laptops and desktops", "New laptop", "new-laptop", "request", "laptop", "For a new starter, or when yours is old",
        None, OWNER,
        [("Reserve or order the device", "Service desk", 1, 2), ("Install and enrol it", "Workplace engineering", 2, 1),
         ("Create the accounts", "Network and cloud", 2, 1), ("Hand it over", "Service desk", 3, 1)],
        {
            "model": {
                "type": "string", "title": "Which laptop?", "description": "All come with a dock and power supply.",
                "oneOf": [
                    {"const": "standard", "title": "Standard 14 inch", "description": "16 GB, for office work", "price": 1150},
                    {"const": "performance", "title": "Performance 16 inch", "description": "32 GB, for design and code", "price": 2080},
                    {"const": "rugged", "title": "Rugged 13 inch", "description": "for the warehouse", "price": 1790},
                ],
            },
            "place": {"type": "string", "title": "Where do we deliver it?",
                      "enum": ["Oslo", "Bergen", "Halden warehouse", "New York", "Singapore"]},
            "needed_by": {"type": "string", "format": "date", "title": "When do you need it?"},
        },
    ),
    (
        "Email and calendar", "Shared mailbox", "shared-mailbox", "request", "mail", "One address for a team", None, None,
        [("Create the mailbox", "Workplace engineering", 1, 1), ("Add the members", "Service desk", 2, 1)],
        {"address": {"type": "string", "title": "Which address?", "maxLength": 80},
         "members": {"type": "string", "format": "textarea", "title": "Who reads it?"}},
    ),
    (
        "Telephony", "Mobile phone", "mobile-phone", "request", "smartphone", "With a business contract", "640.00", MANAGER,
        [("Order phone and card", "Service desk", 1, 3), ("Set it up", "Network and cloud", 2, 1)],
        {"abroad": {"type": "boolean", "title": "Do you travel outside Europe?"}},
    ),
    (
        "Web shop", "Campaign landing page", "campaign-page", "request", "megaphone", "A page for a campaign in the shop", "900.00",
        OWNER, [("Set up the page", "Payments operations", 1, 3), ("Test payment on it", "Payments operations", 2, 1)],
        {"starts": {"type": "string", "format": "date", "title": "When does the campaign start?"}},
    ),
    (
        "Video conferencing", "Video rooms for your organisation", "video-rooms", "request", "video",
        "Meeting rooms with camera and support", None, OWNER,
        [("Agree on the rooms", "Service desk", 1, 2), ("Connect the rooms", "Workplace engineering", 2, 5)],
        {"rooms": {"type": "integer", "title": "How many rooms?", "minimum": 1, "maximum": 50}},
    ),
    (
        "ERP finance", "Access to finance reports", "finance-reports", "access", "key-round", "Read the monthly figures", None, BOTH,
        [], {},
    ),
    (
        "VPN and remote access", "Remote access", "remote-access", "access", "shield-check", "Work from outside the network", None, None,
        [], {},
    ),
]  # fmt: skip
#: Short name of the offering, what its fulfilled orders leave behind.
RESULTS: list[tuple[str, dict[str, Any]]] = [
    ("new-laptop", {"kind": "asset", "item_type": "Laptop"}), ("mobile-phone", {"kind": "asset", "item_type": "Phone"}),
    ("video-rooms", {"kind": "subscription", "subscribe_to": "problem-video-conferencing", "support_level": "Silver"}),
]  # fmt: skip
REQUIRED = {"new-laptop": ["model", "place"], "shared-mailbox": ["address", "members"], "campaign-page": ["starts"]}
#: Minutes to fulfil, by level and priority.
FULFILMENT = {"Gold": (480, 960, 2400, 4800, 4800), "Silver": (960, 1920, 3840, 4800, 7200),
              "Bronze": (1920, 2880, 4800, 7200, 9600)}  # fmt: skip

#: Past orders: days ago, who, what, answers, why, what is said on the way.
PAST: list[tuple[int, str, str, dict[str, Any], str]] = [
    (151, "Ines Moreau", "new-laptop", {"model": "performance", "place": "Oslo"}, "Video editing for the shop."),
    (97, "Leila Farouk", "shared-mailbox", {"address": "care@halden.example", "members": "Leila, Henrik"}, ""),
    (73, "Jonas Berg", "new-laptop", {"model": "rugged", "place": "Halden warehouse"}, "The old one fell."),
    (52, "Erik Dahl", "campaign-page", {"starts": "2026-10-30"}, "Autumn sale."),
    (33, "Lina Nguyen", "video-rooms", {"rooms": 3}, "Store managers meet every Monday."),
    (20, "Henrik Sørensen", "mobile-phone", {"abroad": True}, "I visit suppliers in Asia."),
]  # fmt: skip


def catalogue(world: World) -> None:
    """Before the months of tickets: what can be ordered, and how soon it is promised."""
    teams = {team.name: team.pk for team in Team.objects.all()}
    for place, row in enumerate(CATALOGUE):
        service, name, slug, kind, icon, summary, price, policy, plan, asked = row
        form = {"type": "object", "properties": asked} if asked else {}
        if slug in REQUIRED:
            form["required"] = REQUIRED[slug]
        ServiceOffering.objects.create(
            service=world.services[service], name=name, slug=slug, kind=kind, icon=icon, summary=summary, price=price,
            approval_policy=policy or {}, request_form=form, position=place,
            fulfilment_plan=[
                {"title": title, "team": teams[team], "step": step, "days": days} for title, team, step, days in plan
            ],
        )  # fmt: skip
    Target.objects.bulk_create(
        Target(support_level=level, kind=kind, metric="fulfilment", priority=priority, minutes=minutes)
        for level in SupportLevel.objects.filter(name__in=FULFILMENT)
        for kind in ("request", "access")
        for priority, minutes in enumerate(FULFILMENT[level.name], start=1)
    )
    for level in SupportLevel.objects.all():
        level.pause_reasons = [*level.pause_reasons, "approval"]
        level.save(update_fields=["pause_reasons"])


def tell(world: World) -> None:
    """After them: orders that were delivered, and those that wait for somebody today."""
    story = _Story(world)
    for slug, result in RESULTS:
        OrderResult.objects.create(
            offering=story.offerings[slug], kind=result["kind"],
            item_type=CIType.objects.filter(name=result.get("item_type")).first(),
            subscribe_to=story.offerings.get(result.get("subscribe_to", "")),
            support_level=SupportLevel.objects.filter(name=result.get("support_level")).first(),
        )  # fmt: skip
    for days, who, slug, form, why in PAST:
        story.delivered(days, who, slug, form, why)
    story.rejected()
    story.open_ones()
    story.rights()
    access.end_due()


class _Story:
    def __init__(self, world: World) -> None:
        self.people, self.now = world.people, world.now
        self.offerings = {one.slug: one for one in ServiceOffering.objects.select_related("service__owner")}

    def at(self, days: float, hours: float = 0) -> Any:
        moment = (self.now - timedelta(days=days)).replace(hour=8, minute=20) + timedelta(hours=hours)
        return clock.moved_to(min(moment, self.now))

    def order(self, who: str, slug: str, form: dict[str, Any], why: str) -> Any:
        person = self.people[who]
        return requests.open(
            actor=person, source="web", requester=person, offering=self.offerings[slug], form=form, description=why
        )

    def vote(self, made: Any, *, approve: bool = True, comment: str = "") -> None:
        round_ = Round.objects.pending().get(subject_type="ticket", subject_id=made.pk)
        for seat in round_.seats.select_related("approver"):
            approvals.vote(round_, actor=seat.approver, approve=approve, comment=comment, source="web")

    def work(self, made: Any, steps: int, days: float) -> None:
        for number in range(steps):
            with self.at(days - 0.25 * number - 0.3, 2):
                task = made.tasks.filter(state="open").select_related("team", "ticket").first()
                if task is not None:
                    agent = self.people["Priya Raman"] if task.team.name == "Service desk" else task.team.members.filter(
                        is_active=True
                    ).first()  # fmt: skip
                    work.finish_task(task, actor=agent, source="web")

    def delivered(self, days: int, who: str, slug: str, form: dict[str, Any], why: str) -> None:
        with self.at(days):
            made = self.order(who, slug, form, why)
        if made.state == "awaiting_approval":
            with self.at(days, 3):
                self.vote(made)
        self.work(made, 5, days)
        with self.at(days - 2.5):
            made = ServiceRequest.objects.get(pk=made.pk)
            if made.state == "fulfilled":
                requests.confirm(made, actor=made.requester, source="web", comment="All there, thank you!")

    def rejected(self) -> None:
        with self.at(44):
            made = self.order("Ben Carter", "campaign-page", {"starts": "2026-11-20"}, "A page for our own brand.")
        with self.at(43, 2):
            self.vote(made, approve=False, comment="Campaigns of stores run on the stores’ own site.")

    def open_ones(self) -> None:
        with self.at(3):
            made = self.order(
                "Chloe Martin", "new-laptop", {"model": "standard", "place": "Oslo"}, "Mine needs an hour to start."
            )
        with self.at(2, 1):
            self.vote(made)
        self.work(made, 2, 2)
        with self.at(1.2):
            made = self.order(
                "Daniel Kim", "shared-mailbox", {"address": "buyers@halden.example", "members": "Daniel, Amara"}, ""
            )
            asked = requests.start(made, actor=self.people["Priya Raman"], source="web")
            conversation.reply(
                asked, "Should answers come from that address, too?", actor=self.people["Priya Raman"], source="web"
            )
            fresh: Any = ServiceRequest.objects.get(pk=asked.pk)
            requests.put_on_hold(
                fresh,
                actor=self.people["Priya Raman"],
                source="web",
                hold_reason="requester",
                comment="Waiting for Daniel.",
            )
        with self.at(1):
            # Waits for the owner of the web shop.
            self.order(
                "Henrik Sørensen", "campaign-page", {"starts": "2027-01-08"}, "The winter sale needs its own page."
            )
        with self.at(0.6):
            # Waits for the owner of the workplace services.
            self.order(
                "Henrik Sørensen",
                "new-laptop",
                {"model": "performance", "place": "Oslo"},
                "The fan is louder than the customers.",
            )
        with self.at(0.2):
            self.order("Erik Dahl", "campaign-page", {"starts": "2027-02-01"}, "Page for the loyalty programme.")

    def rights(self) -> None:
        agent = self.people["Elena Petrova"]
        with self.at(60):
            made = self.access("Chloe Martin", "finance-reports", "Month-end closing.", days=40)
        with self.at(59):
            self.vote(made)
        with self.at(59, 2):
            made = access.grant(
                self.fresh(made), actor=agent, source="web", note="You find them under Reports, Monthly."
            )
        with self.at(58):
            access.verify(made, actor=made.requester, source="web", comment="Works.")
        with self.at(1):
            self.access("Fatima Zahra", "finance-reports", "Payroll figures belong into the monthly report.", days=90)
        with self.at(0.5):
            self.access("Henrik Sørensen", "remote-access", "I work from Bergen for a month.", days=30)

    def access(self, who: str, slug: str, why: str, *, days: int) -> Any:
        person = self.people[who]
        return access.open(
            actor=person, source="web", requester=person, offering=self.offerings[slug], description=why,
            until=(clock.now() + timedelta(days=days)).date(),
        )  # fmt: skip

    @staticmethod
    def fresh(made: Any) -> Any:
        return type(made).objects.get(pk=made.pk)
