"""How Halden changes its services: half a year of changes, the weeks ahead, the board, and two releases of the shop."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib.auth.models import Group

from itsm.accounts.models import Team, User
from itsm.lib import clock
from itsm.lib.chapters import World
from itsm.lib.sources import Source
from itsm.tickets.models import Ticket, TicketLink
from itsm.workflow import approvals, links, records, work
from transition.models import (
    AgendaItem,
    CABMeeting,
    Change,
    ChangeTemplate,
    ConfigurationItem,
    Deployment,
    FreezeWindow,
    MaintenanceWindow,
    Release,
)
from transition.reports import change_risk
from transition.services import cab, change_approvals, changes, releases

HOW: dict[str, Any] = {"source": Source.WEB}
BOARD = ("Tomás Herrera", "Ingrid Solberg", "Noor Haddad", "Sofia Rossi", "Elena Petrova")
#: Name, service, team, steps, way back, tasks, minutes.
TEMPLATES = [
    ("Renew a certificate", "Web shop", "Network and cloud", "1. Order the certificate.\n2. Load it on the balancer.\n3. Check the chain.",
     "Load the old certificate again.", ["Tell the payments team"], 60),
    ("Monthly patches of virtual machines", "Network and Wi-Fi", "Network and cloud",
     "1. Snapshot.\n2. Patch half of the machines.\n3. Look at monitoring.\n4. Patch the other half.", "Go back to the snapshot.", [], 180),
    ("Update of the till software", "Store tills", "Payments operations", "1. Roll out to the test store.\n2. Roll out by region.",
     "The tills keep the version before; switch back.", ["Call the test store"], 120),
    ("Move mailboxes", "Email and calendar", "Workplace engineering", "1. Move a batch of mailboxes.\n2. Check the mail flow.",
     "Mailboxes move back by themselves.", [], 240),
]  # fmt: skip
#: Template, by whom, days ago, hour, outcome.
ROUTINE = [
    ("Renew a certificate", "Lucas Vermeer", 165, 8, "successful"), ("Move mailboxes", "Samuel Okafor", 150, 17, "successful"),
    ("Update of the till software", "Sofia Rossi", 132, 4, "with_issues"), ("Monthly patches of virtual machines", "Wei Tan", 121, 1, "successful"),
    ("Move mailboxes", "Samuel Okafor", 108, 17, "successful"), ("Monthly patches of virtual machines", "Wei Tan", 93, 1, "successful"),
    ("Renew a certificate", "Lucas Vermeer", 76, 8, "successful"), ("Monthly patches of virtual machines", "Wei Tan", 62, 1, "successful"),
    ("Update of the till software", "Yusuf Demir", 44, 4, "successful"), ("Move mailboxes", "Samuel Okafor", 33, 17, "successful"),
    ("Monthly patches of virtual machines", "Wei Tan", 30, 1, "successful"), ("Renew a certificate", "Lucas Vermeer", 9, 8, "successful"),
]  # fmt: skip
#: Title, service, items, by whom, days ago, hour, minutes, risk (which answer), outcome, what the review found.
PAST = [
    ("Second line to the Bergen store", "Network and Wi-Fi", ["fw-edge-1"], "Wei Tan", 140, 3, 120, 1, "successful", "Fail-over was tried twice."),
    ("Release 8.2 of the payment gateway", "Payment gateway", ["Payment gateway"], "Sofia Rossi", 115, 4, 90, 1, "with_issues",
     "Refunds were slow for an hour until the cache was warm."),
    ("New scanners in the Halden warehouse", "Warehouse management", ["Warehouse manager"], "Elena Petrova", 84, 5, 180, 1, "backed_out",
     "Half of the scanners lost the Wi-Fi; the firmware went back to the supplier."),
    ("Archive orders older than seven years", "Data warehouse", ["erp-db"], "Omar Farouk", 57, 20, 120, 0, "successful", "No surprises."),
    ("More memory for the warehouse database", "Warehouse management", ["vm-wms-1"], "Elena Petrova", 40, 2, 60, 1, "successful",
     "The machine was back after four minutes."),
    ("Release 8.4 of the payment gateway", "Payment gateway", ["Payment gateway"], "Sofia Rossi", 21, 4, 90, 1, "successful", "As planned."),
]  # fmt: skip
#: Title, service, items, by whom, days ahead, hour, minutes, outage, risk, how far it came.
AHEAD = [
    ("Replace the core switch pair in Oslo", "Network and Wi-Fi", ["sw-core-1", "sw-core-2"], "Wei Tan", 4, 20, 240, 40, 2, "asked"),
    ("Storage firmware of the shop servers", "Web shop", ["srv-osl-01", "srv-osl-02"], "Lucas Vermeer", 4, 18, 165, 30, 1, "asked"),
    ("New sign-on page", "Identity and sign-on", ["Sign-on"], "Lucas Vermeer", 2, 5, 90, 0, 1, "approved"),
    ("Patch 11.2 of the finance system", "ERP finance", ["ERP finance"], "Elena Petrova", 1, 19, 120, 15, 0, "approved"),
    ("Index of the help articles rebuilt", "Payroll and HR portal", ["HR portal"], "Omar Farouk", 3, 11, 120, 0, 0, "assessed"),
    ("Quarter-end load window", "Data warehouse", ["erp-db"], "Omar Farouk", 6, 22, 360, 0, 0, "draft"),
    ("New hunt groups for customer care", "Telephony", [], "Wei Tan", 0, 21, 90, 0, 0, "approved"),
]  # fmt: skip


def tell(world: World) -> None:
    """Through the services, by the people whose work it is."""
    Teller(world).tell()


class Teller:
    """The people and things of the story, and the clock."""

    def __init__(self, world: World) -> None:
        self.world = world
        group = Group.objects.get(name="cab_member")
        for name in BOARD:
            world.people[name].groups.add(group)
        names = {*BOARD, *(row[1] for row in ROUTINE), *(row[3] for row in [*PAST, *AHEAD]), "Clara Weiss"}
        self.people = {user.name: user for user in User.objects.filter(name__in=names)}
        self.services = world.services
        self.items = {one.name: one for one in ConfigurationItem.objects.all()}
        self.questions = change_risk.questions()

    def at(self, days: float, hour: int = 9, minute: int = 0) -> datetime:
        """A moment so many days from now, at an hour of the day."""
        day = self.world.now.date() + timedelta(days=days)
        return datetime.combine(day, time(hour, minute), self.world.now.tzinfo)

    def tell(self) -> None:
        with clock.moved_to(self.at(-170)):
            self.reference()
        for name, who, ago, hour, outcome in ROUTINE:
            self.routine(name, who, self.at(-ago, hour), outcome)
        for title, service, items, who, ago, hour, minutes, risk, outcome, note in PAST:
            start = self.at(-ago, hour)
            made = self.raised(title, service, items, who, start, minutes, 0)
            self.decided(made, who, start, risk)
            self.done(made, who, start, minutes, outcome, note)
        self.emergency()
        self.ahead()
        # Finance told of it when others had planned already: it shows on their changes.
        self.freeze("Month-end close", "The books are closed.", 4, 6, ("ERP finance",))
        self.standard_ahead()
        self.culprit()
        self.shop_releases()

    def reference(self) -> None:
        for name, service, team, steps, back, tasks, minutes in TEMPLATES:
            ChangeTemplate.objects.create(
                name=name, service=self.services[service], team=Team.objects.get(name=team), implementation_plan=steps,
                test_plan="Monitoring stays green for half an hour.", backout_plan=back, tasks=tasks, minutes=minutes,
                description=f"{name}, as it was done many times.",
            )  # fmt: skip
        for name, day, hour, minutes, services in (
            ("Platform, Sunday night", 6, 1, 240, ("Network and Wi-Fi", "Warehouse management", "ERP finance")),
            ("Shop, early Tuesday", 1, 4, 120, ("Web shop", "Payment gateway", "Store tills")),
        ):
            window = MaintenanceWindow.objects.create(
                name=name, weekday=day, starts_at=time(hour), minutes=minutes, timezone="Europe/Oslo"
            )
            window.services.set([self.services[one] for one in services])
        shop = ("Web shop", "Payment gateway", "Store tills")
        self.freeze("Season sale", "No surprise in the strongest weeks of the year.", 11, 25, shop)

    def freeze(self, name: str, reason: str, first: int, last: int, services: tuple[str, ...]) -> None:
        made = FreezeWindow.objects.create(
            name=name, reason=reason, starts_at=self.at(first, 22), ends_at=self.at(last, 6)
        )  # fmt: skip
        made.services.set([self.services[one] for one in services])

    # What people do

    def raised(
        self,
        title: str,
        service: str,
        items: list[str],
        who: str,
        start: datetime,
        minutes: int,
        outage: int,
        **more: Any,
    ) -> Change:
        with clock.moved_to(min(start - timedelta(days=6), self.world.now - timedelta(hours=30))):
            return changes.open(
                actor=self.people[who], title=title, service=self.services[service], channel="portal",
                team=self.people[who].memberships.select_related("team").get().team, assignee=self.people[who],
                description=f"{title}, so that {service} stays safe and fast.", planned_start=start,
                planned_end=start + timedelta(minutes=minutes), outage_minutes=outage,
                items=[self.items[name] for name in items], implementation_plan=more.pop(
                    "plan", "1. Tell the service desk.\n2. Do half of it and look.\n3. Do the rest.\n4. Test as planned."
                ),
                test_plan="The main tasks of the users work, monitoring is green.",
                backout_plan="Back to the version before, at most 30 minutes.", **HOW, **more,
            )  # fmt: skip

    def assessed(self, change: Change, who: str, at: datetime, risk: int) -> Change:
        answers = {
            str(one.pk): one.options[min(risk, len(one.options) - 1)]["label"] for one in self.questions
        }  # fmt: skip
        with clock.moved_to(at):
            change = changes.submit(change, actor=self.people[who], **HOW)
            return changes.assess(change, actor=self.people[who], answers=answers, **HOW)

    def asked(self, change: Change, who: str, at: datetime, risk: int) -> Change:
        change = self.assessed(change, who, at, risk)
        with clock.moved_to(at + timedelta(hours=2)):
            return changes.request_approval(change, actor=self.people[who], **HOW)

    def decided(self, change: Change, who: str, start: datetime, risk: int) -> None:
        at = min(start - timedelta(days=5), self.world.now - timedelta(hours=28))
        self.asked(change, who, at, risk)
        with clock.moved_to(at + timedelta(hours=5)):
            round_ = change_approvals.pending(change)
            for seat in round_.seats.select_related("approver") if round_ else ():
                if round_ is not None and round_.state == "pending":
                    round_ = approvals.vote(
                        round_, actor=seat.approver, approve=True, comment="Fine with me.", **HOW
                    )  # fmt: skip

    def done(self, change: Change, who: str, start: datetime, minutes: int, outcome: str, note: str) -> None:
        actor = self.people[who]
        change = Change.objects.get(pk=change.pk)
        with clock.moved_to(start + timedelta(minutes=2)):
            change = changes.start(change, actor=actor, **HOW)
        with clock.moved_to(start + timedelta(minutes=minutes * 0.8)):
            for task in change.tasks.all():
                work.finish_task(task, actor=actor, **HOW)
            change = Change.objects.get(pk=change.pk)
            if outcome in ("failed", "backed_out"):
                change = changes.fail(change, actor=actor, reason=note, **HOW)
                change = changes.back_out(change, actor=actor, comment="Everything is as before.", **HOW)
            else:
                change = changes.implement(change, actor=actor, **HOW)
        with clock.moved_to(start + timedelta(days=1, minutes=minutes)):
            changes.close(change, actor=actor, outcome=outcome, review_note=note, **HOW)

    def routine(self, name: str, who: str, start: datetime, outcome: str) -> None:
        template = ChangeTemplate.objects.get(name=name)
        with clock.moved_to(start - timedelta(days=2)):
            made = changes.open(actor=self.people[who], template=template, planned_start=start, **HOW)
            changes.schedule(made, actor=self.people[who], **HOW)
        note = "As always." if outcome == "successful" else "Two stores had to restart their tills."
        self.done(made, who, start, template.minutes, outcome, note)

    # The chapters

    def emergency(self) -> None:
        """A leak in the firewall could not wait; the board looked at it afterwards."""
        start, who = self.at(-18, 14), "Wei Tan"
        with clock.moved_to(start - timedelta(hours=1)):
            made = changes.open(
                actor=self.people[who], change_type="emergency", title="Close a hole in the firewall firmware",
                service=self.services["VPN and remote access"], items=[self.items["fw-edge-1"]], planned_start=start,
                planned_end=start + timedelta(minutes=45), outage_minutes=10, implementation_plan="Load the fixed firmware.",
                backout_plan="Boot the old image.", **HOW,
            )  # fmt: skip
            made = changes.hurry(made, actor=self.people[who], reason="The hole is being used elsewhere.", **HOW)
            round_ = change_approvals.pending(made)
            if round_ is not None:
                approvals.vote(round_, actor=self.people["Tomás Herrera"], approve=True, comment="Go.", **HOW)
        made = Change.objects.get(pk=made.pk)
        with clock.moved_to(start):
            made = changes.start(made, actor=self.people[who], **HOW)
        with clock.moved_to(start + timedelta(minutes=25)):
            made = changes.implement(made, actor=self.people[who], **HOW)
        with clock.moved_to(start + timedelta(days=2)):
            round_ = change_approvals.pending(made)
            if round_ is not None:
                approvals.vote(
                    round_, actor=self.people["Ingrid Solberg"], approve=True, comment="Right, and well told.", **HOW
                )  # fmt: skip
            made = Change.objects.get(pk=made.pk)
            changes.close(
                made, actor=self.people[who], outcome="successful", review_note="Eleven minutes without VPN.", **HOW
            )  # fmt: skip

    def ahead(self) -> None:
        """What is planned, with a meeting of the board behind and one ahead."""
        chair = self.people["Tomás Herrera"]
        with clock.moved_to(self.at(-8)):
            past = records.create(
                CABMeeting, actor=chair, title="Change advisory board", starts_at=self.at(-5, 13), chair=chair,
                place="Room Fjord", lists={"attendees": [self.people[name] for name in BOARD]}, **HOW,
            )  # fmt: skip
        moved = self.raised(
            "Faster disks for the payment database", "Payment gateway", ["pay-db"], "Yusuf Demir", self.at(8, 4), 90, 20
        )
        self.asked(moved, "Yusuf Demir", self.at(-6), 1)
        with clock.moved_to(self.at(-5, 13)):
            past = records.perform(past, "hold", actor=chair, **HOW)
            for item in AgendaItem.objects.filter(meeting=past).select_related("change", "meeting"):
                cab.decide(item, "approved", actor=chair, note="With somebody of the supplier on the phone.", **HOW)
            past = records.edit(
                CABMeeting.objects.get(pk=past.pk), actor=chair, **HOW,
                minutes="The disks of the payment database are approved for the early Tuesday.\n\n"
                "Everybody looks at the season freeze before planning anything for the shop.",
            )  # fmt: skip
            records.perform(past, "close", actor=chair, **HOW)
        with clock.moved_to(self.at(-2)):
            records.create(
                CABMeeting, actor=chair, title="Change advisory board", starts_at=self.at(2, 13), chair=chair,
                place="Room Fjord", lists={"attendees": [self.people[name] for name in BOARD]}, **HOW,
            )  # fmt: skip
        for title, service, items, who, days, hour, minutes, outage, risk, stage in AHEAD:
            start = self.at(days, hour)
            if start <= self.world.now:
                start += timedelta(days=1)
            made = self.raised(title, service, items, who, start, minutes, outage)
            at = self.world.now - timedelta(hours=28)
            if stage == "assessed":
                self.assessed(made, who, at, risk)
            elif stage == "asked":
                self.asked(made, who, at, risk)
            elif stage == "approved":
                self.decided(made, who, start, risk)

    def standard_ahead(self) -> None:
        """What is done every week, and one that runs now."""
        for name, who, days, hour in (
            ("Move mailboxes", "Samuel Okafor", 1, 17), ("Monthly patches of virtual machines", "Wei Tan", 5, 1),
            ("Renew a certificate", "Lucas Vermeer", 3, 8), ("Update of the till software", "Yusuf Demir", 6, 4),
        ):  # fmt: skip
            template, start = ChangeTemplate.objects.get(name=name), self.at(days, hour)
            with clock.moved_to(self.world.now - timedelta(hours=20)):
                made = changes.open(actor=self.people[who], template=template, planned_start=start, **HOW)
                changes.schedule(made, actor=self.people[who], **HOW)
        template, start = ChangeTemplate.objects.get(name="Move mailboxes"), self.world.now - timedelta(minutes=50)
        start = start.replace(minute=start.minute // 15 * 15, second=0, microsecond=0)
        with clock.moved_to(start - timedelta(hours=20)):
            made = changes.open(
                actor=self.people["Samuel Okafor"], template=template, title="Move mailboxes, batch 12",
                planned_start=start, **HOW,
            )  # fmt: skip
            made = changes.schedule(made, actor=self.people["Samuel Okafor"], **HOW)
        with clock.moved_to(start):
            changes.start(made, actor=self.people["Samuel Okafor"], **HOW)

    def culprit(self) -> None:
        """An incident came right after a change of its service: the change waits for its review."""
        found = Ticket.objects.filter(
            kind="incident", service__name__in=("Payment gateway", "Web shop", "Store tills"),
            opened_at__gte=self.at(-6),
        ).order_by("-opened_at").select_related("service").first()  # fmt: skip
        if found is None:
            return
        start = found.opened_at - timedelta(hours=3)
        who = "Sofia Rossi"
        made = self.raised("New rules against fraud", str(found.service), ["Payment gateway"], who, start, 90, 0)
        self.decided(made, who, start, 0)
        change = Change.objects.get(pk=made.pk)
        with clock.moved_to(start):
            change = changes.start(change, actor=self.people[who], **HOW)
        with clock.moved_to(start + timedelta(minutes=70)):
            change = changes.implement(change, actor=self.people[who], **HOW)
        links.link(
            found, change, TicketLink.Kind.CAUSED_BY, actor=self.people["Tomás Herrera"], source_of_change=Source.WEB
        )  # fmt: skip

    def shop_releases(self) -> None:
        """One release of the shop is in use, the next big one is tested."""
        owner = self.people["Clara Weiss"]
        for title, number, size, days, items in (
            ("Web shop", "31.2", "minor", -26, ["Shop frontend"]), ("Web shop", "32.0", "major", 9, ["Shop frontend"]),
        ):  # fmt: skip
            begin = self.at(min(days, 0) - 20)
            with clock.moved_to(begin):
                release = records.create(
                    Release, actor=owner, title=title, release_version=number, size=size, owner=owner,
                    planned_for=self.at(days).date(), lists={"services": [self.services["Web shop"]]},
                    description="Search that forgives typing errors, and a checkout in one page.", **HOW,
                )  # fmt: skip
            start = self.at(days, 4)
            made = self.raised(
                f"Bring web shop {number} into production",
                "Web shop",
                items,
                "Sofia Rossi",
                start,
                120,
                0,
                release=release,
            )
            if days > 0:
                self.assessed(made, "Sofia Rossi", self.world.now - timedelta(hours=26), 1)
            else:
                self.decided(made, "Sofia Rossi", start, 1)
            release = self.tested(release, owner, begin + timedelta(days=4))
            if days < 0:
                self.deployed(release, made, owner, start)

    def tested(self, release: Release, owner: User, at: datetime) -> Release:
        with clock.moved_to(at):
            release = records.perform(Release.objects.get(pk=release.pk), "build", actor=owner, **HOW)
            release = records.perform(release, "test", actor=owner, **HOW)
            trial = releases.plan_deployment(release, "staging", actor=owner, **HOW)
            trial = records.perform(trial, "start", actor=owner, **HOW)
        with clock.moved_to(at + timedelta(hours=1)):
            records.perform(trial, "succeed", actor=owner, **HOW)
        return release

    def deployed(self, release: Release, change: Change, owner: User, start: datetime) -> None:
        with clock.moved_to(start - timedelta(days=1)):
            release = records.perform(release, "approve", actor=owner, **HOW)
            live: Deployment = releases.plan_deployment(release, "production", actor=owner, planned_at=start, **HOW)
        with clock.moved_to(start):
            release = records.perform(release, "deploy", actor=owner, **HOW)
            live = records.perform(Deployment.objects.get(pk=live.pk), "start", actor=owner, **HOW)
        self.done(change, "Sofia Rossi", start, 120, "successful", "Customers find more, and buy more.")
        with clock.moved_to(start + timedelta(hours=2)):
            records.perform(live, "succeed", actor=owner, **HOW)
            release = records.perform(Release.objects.get(pk=release.pk), "finish", actor=owner, **HOW)
        with clock.moved_to(start + timedelta(days=7)):
            records.perform(release, "close", actor=owner, **HOW)
