"""Half a year of incidents, lived through the same door as real ones, with a moved clock."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from itsm.accounts.models import Team, User
from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.sla.services import sweep, terms
from itsm.tickets.models import Ticket, TicketCategory, TicketLink
from itsm.tickets.states import Channel
from itsm.workflow import checklists, conditions, conversation, escalations, links, work
from operation.demo import stories
from operation.demo.catalogue import SECOND_LINE
from operation.models import Incident
from operation.services import housekeeping, incidents, major, outages

HOUR = timedelta(hours=1)
SOURCE = "web"

#: What a life yields: when it goes on.
Life = Iterator[datetime]


class Simulation:
    """An agenda of lives. Each goes on at the moment it named; clocks are swept in between, as in real time."""

    def __init__(self, people: dict[str, User], services: dict[str, Service], *, now: datetime, seed: int = 7) -> None:
        self.people = people
        self.services = services
        self.now = now
        self.random = random.Random(seed)  # noqa: S311 - a story, not a secret
        self.requesters = [user for user in people.values() if not user.is_desk]
        self.by_team = {team.name: list(User.objects.filter(teams=team, is_active=True)) for team in Team.objects.all()}
        self.categories = {category.name: category for category in TicketCategory.objects.all()}
        self.system = User.objects.system()
        self._agenda: list[tuple[datetime, int, Life]] = []
        self._order = itertools.count()
        self._swept_on: Any = None

    def add(self, start: datetime, life: Life) -> None:
        heapq.heappush(self._agenda, (start, next(self._order), life))

    def run(self, progress: Callable[[float], None] | None = None) -> None:
        """Let everything happen that happened until now."""
        with terms.unchanged():
            self._run(progress)

    def _run(self, progress: Callable[[float], None] | None) -> None:
        first = self._agenda[0][0] if self._agenda else self.now
        while self._agenda and self._agenda[0][0] <= self.now:
            at, _order, life = heapq.heappop(self._agenda)
            with clock.moved_to(at):
                self._background(at)
                following = next(life, None)
            if following is not None:
                self.add(max(following, at + timedelta(minutes=1)), life)
            if progress:
                progress((at - first) / max(self.now - first, HOUR))
        with clock.moved_to(self.now):
            self._background(self.now)

    def _background(self, at: datetime) -> None:
        sweep.sweep()
        escalations.handle()
        if at.date() != self._swept_on:
            self._swept_on = at.date()
            housekeeping.run_all()

    # Lives

    def plan(self, amount: int, days: int) -> None:
        """Spread ``amount`` incidents over the last ``days``, more on weekdays and in the morning."""
        start = self.now - timedelta(days=days)
        weights = [story.weight for story in stories.STORIES]
        for _number in range(amount):
            story = self.random.choices(stories.STORIES, weights)[0]
            self.add(self._arrival(start, days), self.incident(story))
        # Each story once before any comes again: a queue with five alike would look like an outage.
        today = self.random.sample(stories.STORIES, len(stories.STORIES)) * 2
        for stage, story in zip(stories.PRESENT, today, strict=False):
            # New ones are of today; what waits or is hard has been there for some days.
            hours = self.random.uniform(0.2, 20) if stage in ("new", "assigned") else self.random.uniform(0.5, 190)
            at = self.now - timedelta(hours=hours)
            self.add(at, self.present(stage, story))
        self.add(self.now - timedelta(days=2), self.maintenance())
        for days_ago, length in ((47, 3), (0, 1)):
            at = self.now - timedelta(days=days_ago, hours=length if days_ago else 0, minutes=55)
            self.add(at, self.major_incident(running=days_ago == 0))

    def _arrival(self, start: datetime, days: int) -> datetime:
        while True:
            # A little more each month: the shop grows.
            share = self.random.random() ** 0.85
            at = start + timedelta(days=share * days)
            hour = min(23, max(0, round(self.random.gauss(10.5, 3.2))))
            at = at.replace(hour=hour, minute=self.random.randrange(60), second=self.random.randrange(60))
            if at < self.now and (at.weekday() < 5 or self.random.random() < 0.15):
                return at

    def incident(self, story: stories.Story) -> Life:
        """One incident from report to closing; stops wherever the present is."""
        requester = self.random.choice(self.requesters)
        ticket = incidents.open(
            actor=requester, source=SOURCE, requester=requester, title=story.title, description=story.description,
            channel=self.random.choices([Channel.PORTAL, Channel.PHONE, Channel.EMAIL], [6, 3, 2])[0],
            service=self.services[story.service], category=self.categories.get(story.category),
            impact=story.impact, urgency=story.urgency,
        )  # fmt: skip
        if self.random.random() < 0.03:
            yield self._later(0.5, 2)
            incidents.cancel(ticket, actor=requester, source=SOURCE, reason="It works again, I do not know why.")
            return
        yield self._answer_time(ticket)
        agent = self._agent(ticket)
        ticket = incidents.start(ticket, actor=agent, source=SOURCE)
        greeting = f"Hello {requester.get_short_name()}, I am looking into it."
        conversation.reply(ticket, f"{greeting} {story.question}".strip(), actor=agent, source=SOURCE)
        if story.question and self.random.random() < 0.45:
            yield self._later(0.1, 0.6)
            ticket = incidents.put_on_hold(
                ticket, actor=agent, source=SOURCE, hold_reason="requester", comment=story.question
            )
            yield self._later(1, 30)
            if self.random.random() < 0.06:
                return  # never answered: reminders take over
            conversation.reply(ticket, story.answer, actor=requester, source=SOURCE)
            yield self._later(0.2, 3)
        ticket = self._fresh(ticket)
        if ticket.team and ticket.team.name == "Service desk" and self.random.random() < 0.3:
            target = Team.objects.get(name=SECOND_LINE[story.service])
            ticket = incidents.escalate(
                ticket, actor=agent, source=SOURCE, team=target, reason="Beyond what first line can see in the logs."
            )
            yield self._later(0.3, 9)
            ticket = self._fresh(ticket)
            agent = self._agent(ticket)
            ticket = incidents.start(ticket, actor=agent, source=SOURCE)
        elif self.random.random() < 0.08:
            ticket = incidents.put_on_hold(
                ticket,
                actor=agent,
                source=SOURCE,
                hold_reason="supplier",
                comment="Part ordered, case opened with them.",
            )
            yield self._later(10, 70)
            ticket = incidents.resume(self._fresh(ticket), actor=agent, source=SOURCE)
        if story.note:
            yield self._later(0.2, 2.5)
            conversation.note(ticket, story.note, actor=agent, source=SOURCE)
        yield self._later(0.3, 7 if ticket.priority > 2 else 2.5)
        work.log_work(
            self._fresh(ticket), actor=agent, source=SOURCE, minutes=self.random.choice((10, 15, 20, 30, 45, 90)),
            note="Analysis and fix",
        )  # fmt: skip
        yield from self._end(ticket, agent, requester, story)

    def present(self, stage: str, story: stories.Story) -> Life:
        """One incident of today's work, brought as far as ``stage`` within minutes and left there."""
        requester = self.random.choice(self.requesters)
        ticket = incidents.open(
            actor=requester, source=SOURCE, requester=requester, title=story.title, description=story.description,
            channel=self.random.choice([Channel.PORTAL, Channel.PHONE, Channel.EMAIL]),
            service=self.services[story.service], category=self.categories.get(story.category),
            impact=story.impact, urgency=story.urgency,
        )  # fmt: skip
        if stage == "new":
            return
        yield clock.now() + timedelta(minutes=self.random.randrange(2, 40))
        agent = self.people["Priya Raman"] if stage.startswith("mine") else self._agent(ticket)
        if stage == "assigned":
            incidents.assign(ticket, actor=agent, source=SOURCE, assignee=agent)
            return
        ticket = incidents.start(ticket, actor=agent, source=SOURCE)
        greeting = f"Hello {requester.get_short_name()}, I am looking into it. {story.question}"
        conversation.reply(ticket, greeting.strip(), actor=agent, source=SOURCE)
        yield clock.now() + timedelta(minutes=self.random.randrange(3, 30))
        ticket = self._fresh(ticket)
        if stage.endswith("held"):
            incidents.put_on_hold(
                ticket, actor=agent, source=SOURCE, hold_reason="requester",
                comment=story.question or "Could you send us a screenshot?",
            )  # fmt: skip
        elif stage.endswith("answered"):
            conversation.reply(ticket, story.answer or "Yes, still.", actor=requester, source=SOURCE)
        elif stage == "escalated":
            target = Team.objects.get(name=SECOND_LINE[story.service])
            if ticket.team_id != target.pk:
                incidents.escalate(
                    ticket, actor=agent, source=SOURCE, team=target, reason="Needs the logs of second line."
                )
        elif story.note:
            conversation.note(ticket, story.note, actor=agent, source=SOURCE)

    def _end(self, ticket: Incident, agent: User, requester: User, story: stories.Story) -> Life:
        self._tick_all(ticket, agent)
        incidents.resolve(self._fresh(ticket), actor=agent, source=SOURCE, code="fixed", note=story.solution)
        chance = self.random.random()
        if chance < 0.05:
            yield self._later(1, 40)
            if self._fresh(ticket).state != "resolved":
                return
            incidents.reopen(
                self._fresh(ticket), actor=requester, source=SOURCE, reason="Sorry, it is back since this morning."
            )
            yield self._later(1, 6)
            incidents.resolve(self._fresh(ticket), actor=agent, source=SOURCE, code="fixed", note=story.solution)
        elif chance < 0.5:
            yield self._later(0.5, 30)
            if self._fresh(ticket).state == "resolved":
                incidents.confirm(self._fresh(ticket), actor=requester, source=SOURCE, comment="Works, thank you!")

    def major_incident(self, *, running: bool) -> Life:
        """The payment outage: declared, communicated, children, solved."""
        manager, lead = self.people["Ingrid Solberg"], self.people["Sofia Rossi"]
        story = stories.MAJOR
        ticket = incidents.open(
            actor=self.people["Henrik Sørensen"], source=SOURCE, requester=self.people["Henrik Sørensen"],
            title=story.title, description=story.description, channel=Channel.PORTAL,
            service=self.services[story.service], impact=story.impact, urgency=story.urgency,
            category=self.categories["Error message"],
        )  # fmt: skip
        begun = clock.now()
        yield begun + timedelta(minutes=4)
        ticket = incidents.start(ticket, actor=lead, source=SOURCE)
        conversation.reply(ticket, "We are on it, the whole team is in a call.", actor=lead, source=SOURCE)
        yield begun + timedelta(minutes=9)
        ticket = major.declare_major(
            self._fresh(ticket), actor=manager, source=SOURCE, summary=stories.MAJOR_UPDATES[0], affected=214
        )
        outage = outages.announce_from(
            self._fresh(ticket), actor=manager, source=SOURCE, title="Card payments in the web shop fail",
            message="Paying by card in the web shop fails for many customers. Tills in the stores work.",
        )  # fmt: skip
        for minutes, (name, title) in enumerate(stories.CHILDREN, start=12):
            yield begun + timedelta(minutes=minutes)
            child = incidents.open(
                actor=self.people[name], source=SOURCE, requester=self.people[name], title=title,
                service=self.services["Web shop"], channel=Channel.PORTAL,
            )  # fmt: skip
            links.link(child, ticket, TicketLink.Kind.CHILD_OF, actor=lead, source_of_change=SOURCE)
        yield begun + timedelta(minutes=35)
        conversation.note(self._fresh(ticket), story.note, actor=lead, source=SOURCE)
        if running:
            return
        for minutes, update in ((60, stories.MAJOR_UPDATES[1]), (110, stories.MAJOR_UPDATES[2])):
            yield begun + timedelta(minutes=minutes)
            major.post_update(self._fresh(ticket), actor=manager, source=SOURCE, summary=update)
        yield begun + timedelta(minutes=130)
        outages.perform(outage, "end", actor=manager, source=SOURCE)
        yield from self._end(self._fresh(ticket), lead, self.people["Henrik Sørensen"], story)

    def maintenance(self) -> Life:
        """The next planned interruption: the network of the warehouse."""
        outages.announce(
            actor=self.people["Tomás Herrera"], source=SOURCE, kind="planned",
            services=[self.services["Network and Wi-Fi"], self.services["Warehouse management"]],
            title="Warehouse network is renewed",
            message="Scanners in the Halden warehouse are offline for up to two hours. Picking pauses.",
            begins_at=self.now + timedelta(days=5), ends_at=self.now + timedelta(days=5, hours=2),
        )  # fmt: skip
        return
        yield

    # Small things

    def _fresh(self, ticket: Ticket) -> Incident:
        return Incident.objects.get(pk=ticket.pk)

    def _agent(self, ticket: Ticket) -> User:
        name = ticket.team.name if ticket.team else "Service desk"
        return ticket.assignee or self.random.choice(self.by_team[name])

    def _tick_all(self, ticket: Incident, agent: User) -> None:
        for policy in conditions.matching(ticket, "resolve"):
            for item in policy.checklist:
                checklists.tick(ticket, policy, item, done=True, actor=agent, source=SOURCE)

    def _answer_time(self, ticket: Ticket) -> datetime:
        quick = {1: 0.15, 2: 0.35, 3: 0.9, 4: 2.0, 5: 4.0}[ticket.priority]
        return self._staffed(clock.now() + timedelta(hours=self.random.expovariate(1 / quick)))

    def _later(self, least: float, most: float) -> datetime:
        """Some hours on, more often sooner, moved into hours in which people work."""
        hours = least + (most - least) * self.random.random() ** 2
        return self._staffed(clock.now() + timedelta(hours=hours))

    def _staffed(self, at: datetime) -> datetime:
        while at.weekday() >= 5 or not 6 <= at.hour < 17:
            step = at + timedelta(hours=6)
            at = step if step.date() == at.date() else datetime(
                step.year, step.month, step.day, 6, self.random.randrange(59), tzinfo=UTC
            )  # fmt: skip
        return at
