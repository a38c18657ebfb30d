"""The numbers of the dashboard computed the slow way: every ticket, clock and interval, one by one, in Python."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, time, timedelta
from math import ceil

from itsm.sla.models import Clock
from itsm.tickets.models import StateInterval, Ticket, TicketLink

DONE = ("resolved", "closed")


class Slow:
    def __init__(self, first, last, now, *, service=None, team=None, priority=None):
        self.start = datetime.combine(first, time(), UTC)
        self.end = datetime.combine(last + timedelta(days=1), time(), UTC)
        self.now, self.service, self.team, self.priority = now, service, team, priority
        self.duplicates = set(TicketLink.objects.filter(kind="duplicate_of").values_list("source_id", flat=True))
        self.tickets = {ticket.pk: ticket for ticket in Ticket.objects.all()}
        self.lives = defaultdict(list)
        for row in StateInterval.objects.order_by("ticket_id", "from_at", "id"):
            self.lives[row.ticket_id].append(row)

    def inside(self, moment):
        return moment is not None and self.start <= moment < self.end

    def counts(self, ticket, team_id, *, priority=True):
        return (
            self.service in (None, ticket.service_id)
            and self.team in (None, team_id)
            and (not priority or self.priority in (None, ticket.priority))
        )

    # ---------- attainment ----------

    def ended(self, metric="resolution"):
        return [
            row for row in Clock.objects.filter(metric=metric)
            if self.inside(row.stopped_at) and row.state in ("met", "breached") and row.withdrawn_at is None
            and (ticket := self.tickets[row.ticket_id]).state != "cancelled" and ticket.pk not in self.duplicates
            and self.counts(ticket, ticket.team_id)
        ]  # fmt: skip

    def attainment(self, metric="resolution"):
        rows = self.ended(metric)
        return 100 * sum(row.state == "met" for row in rows) / len(rows) if rows else None

    def by(self, attribute):
        found = defaultdict(Counter)
        for row in self.ended():
            found[getattr(self.tickets[row.ticket_id], attribute)][row.state] += 1
        return {key: (numbers["met"], numbers["breached"]) for key, numbers in found.items()}

    def rank(self, share):
        seconds = sorted(row.elapsed_seconds for row in self.ended())
        return seconds[ceil(share * len(seconds)) - 1] if seconds else None

    def mean(self):
        seconds = [row.elapsed_seconds for row in self.ended()]
        return sum(seconds) / len(seconds) if seconds else None

    # ---------- what came and went ----------

    def flow(self):
        opened = resolved = reopened = 0
        for pk, life in self.lives.items():
            ticket = self.tickets[pk]
            if self.inside(life[0].from_at) and self.counts(ticket, life[0].team_id, priority=False):
                opened += 1
            for before, after in zip([None, *life], life, strict=False):
                if not self.inside(after.from_at):
                    continue
                was_open = before is None or before.phase not in DONE
                holder = (before or after).team_id
                if was_open and after.phase in DONE and after.state != "cancelled" and pk not in self.duplicates:
                    resolved += self.counts(ticket, holder, priority=False)
                if before is not None and before.phase in DONE and after.phase not in DONE:
                    reopened += self.counts(ticket, after.team_id, priority=False)
        return opened, resolved, reopened

    def reopened_of_resolved(self):
        """Resolutions of the period that were taken back within seven days."""
        found = 0
        for pk, life in self.lives.items():
            if pk in self.duplicates:
                continue
            for number, row in enumerate(life):
                begins = row.phase in DONE and (number == 0 or life[number - 1].phase not in DONE)
                if not begins or row.state == "cancelled" or not self.inside(row.from_at):
                    continue
                rest = life[number:]
                again = next((other for other in rest if other.phase not in DONE), None)
                if again is not None and again.from_at - row.from_at <= timedelta(days=7):
                    held = rest[rest.index(again) - 1].team_id
                    found += self.counts(self.tickets[pk], held, priority=False)
        return found

    def reopen_rate(self):
        resolved = self.flow()[1]
        return 100 * self.reopened_of_resolved() / resolved if resolved else None

    def stays(self):
        found = Counter()
        for pk, life in self.lives.items():
            for row in life:
                if row.phase not in DONE and self.inside(row.to_at) and self.counts(self.tickets[pk], row.team_id):
                    found[row.hold_reason] += int((row.to_at - row.from_at).total_seconds())
        return found

    # ---------- now ----------

    def open(self):
        return [t for t in self.tickets.values() if t.phase not in DONE and self.counts(t, t.team_id)]

    def risk(self):
        return [t for t in self.open() if t.sla_state == "running" and t.warn_at and t.warn_at <= self.now < t.due_at]

    def late(self):
        return [t for t in self.open() if t.sla_state == "running" and t.due_at <= self.now]

    def ages(self):
        found = Counter()
        for ticket in self.open():
            days = (self.now.date() - ticket.opened_at.date()).days
            bucket = next(i for i, most in enumerate((1, 3, 7, 14, 30, 90, 10**6)) if days <= most)
            found[bucket, ticket.priority] += 1
        return found

    def open_when_it_began(self):
        return sum(
            1 for pk, life in self.lives.items() for row in life
            if row.phase not in DONE and row.from_at < self.start and (row.to_at is None or row.to_at >= self.start)
            and self.counts(self.tickets[pk], row.team_id, priority=False)
        )  # fmt: skip
