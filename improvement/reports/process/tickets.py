"""How tickets of a kind really went: state intervals as rows of the analysis, and the result as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from django.db.models import QuerySet

from design.reports import processes
from improvement.reports.process.log import Analysis, Cases, Rules, Seconds, analyse
from itsm.sla.history import CANCELLED, FINISHED
from itsm.sla.services import measure
from itsm.tickets import kinds
from itsm.tickets.models import StateInterval, Ticket

#: So much is worked out while somebody waits; more is left to a job.
AT_ONCE = 30_000
#: What is listed of each table.
MOST_VARIANTS, MOST_WAITS, MOST_PAIRS = 40, 40, 40
CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Question:
    """Tickets of a kind that were opened in a period and are over; of one service, team or priority where chosen."""

    kind: str
    first: date
    last: date
    service: int | None = None
    team: int | None = None
    priority: int | None = None

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.first}:{self.last}:{self.service or ''}:{self.team or ''}:{self.priority or ''}"

    def as_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind, "first": self.first.isoformat(), "last": self.last.isoformat(), "service": self.service,
            "team": self.team, "priority": self.priority,
        }  # fmt: skip

    @classmethod
    def of(cls, given: dict[str, Any]) -> Question:
        days = {name: date.fromisoformat(given[name]) for name in ("first", "last")}
        return cls(given["kind"], service=given["service"], team=given["team"], priority=given["priority"], **days)

    def tickets(self) -> QuerySet[Ticket]:
        """The cases. Restricted tickets are nobody's example."""
        start, end = measure.bounds(self.first)[0], measure.bounds(self.last)[1]
        found = Ticket.objects.filter(
            kind=self.kind, opened_at__gte=start, opened_at__lt=end, restricted_to__isnull=True
        )
        for name in ("service", "team", "priority"):
            value = getattr(self, name)
            if value:
                found = found.filter(**{name: value})
        return found

    def running(self) -> int:
        """Those that are not over yet: their way has no end."""
        return self.tickets().filter(is_open=True).count()


def size(question: Question) -> int:
    """How many rows the analysis would read, at most one more than what is done at once."""
    rows = _intervals(question).order_by().values("pk")
    return rows[: AT_ONCE + 1].count()


def _intervals(question: Question) -> QuerySet[StateInterval]:
    over = question.tickets().filter(is_open=False)
    return StateInterval.objects.filter(ticket__in=over.values("pk"))


def rows(question: Question) -> Iterator[tuple[Any, ...]]:
    """The stays of the cases in order, streamed."""
    found = _intervals(question).order_by("ticket_id", "from_at", "id")
    listed = found.values_list("ticket_id", "state", "team_id", "from_at", "hold_reason")
    stamp = datetime.timestamp
    for case, state, team, start, reason in listed.iterator(chunk_size=CHUNK):
        yield case, state, team, stamp(start), reason


def rules(kind: str) -> Rules:
    """What the states of a kind mean, and what its published process names."""
    phases = kinds.get(kind).phases
    return Rules(
        finished=lambda state: phases.get(state) in FINISHED and state != CANCELLED,
        expected=processes.expected_flow(kind), merge=True,
    )  # fmt: skip


def work_out(question: Question) -> dict[str, Any]:
    """The analysis as plain data, for pages and for keeping."""
    found = analyse(rows(question), rules(question.kind))
    return plain(found, question.running())


def plain(found: Analysis, running: int = 0) -> dict[str, Any]:
    return {
        "cases": found.cases, "events": found.events, "running": running,
        "median": found.durations.median, "mean": found.durations.mean,
        "activities": _counts(found.activities), "starts": _counts(found.starts), "ends": _counts(found.ends),
        "edges": [
            {"from": edge[0], "to": edge[1], "times": seconds.count, "median": seconds.median, "mean": seconds.mean,
             "expected": found.expected is None or edge in found.expected, **_named(found.edge_cases[edge])}
            for edge, seconds in sorted(found.edges.items(), key=lambda item: -item[1].count)
        ],
        "variants": [
            {"path": list(path), "share": 100 * variant.cases.cases / found.cases, "median": variant.seconds.median,
             "conforms": _conforms(path, found), **_named(variant.cases)}
            for path, variant in sorted(found.variants.items(), key=lambda item: -item[1].cases.cases)[:MOST_VARIANTS]
        ],
        "variant_count": len(found.variants), "waits": _waits(found),
        "rework": [
            {"state": state, "times": cases.times, **_named(cases)}
            for state, cases in sorted(found.rework.items(), key=lambda item: -item[1].times)
        ],
        "reworked": _both(found.reworked), "handovers": _both(found.handovers), "returns": _both(found.returns),
        "reopens": _both(found.reopens),
        "pairs": [
            {"from": pair[0], "to": pair[1], "times": cases.times, **_named(cases)}
            for pair, cases in sorted(found.handover_pairs.items(), key=lambda item: -item[1].times)[:MOST_PAIRS]
        ],
        "conformance": found.conformance, "fitness": found.fitness, "conforming": found.conforming,
        "deviations": [
            {"from": edge[0], "to": edge[1], "times": cases.times, **_named(cases)}
            for edge, cases in sorted(found.deviations.items(), key=lambda item: -item[1].times)
        ],
        "unused": sorted(map(list, set(found.expected or ()) - set(found.edges))),
    }  # fmt: skip


def _conforms(path: tuple[Any, ...], found: Analysis) -> bool | None:
    if found.expected is None:
        return None
    return all(edge in found.expected for edge in pairwise(path))


def _counts(counted: Any) -> list[list[Any]]:
    return [[name, amount] for name, amount in counted.most_common()]


def _named(cases: Cases) -> dict[str, Any]:
    return {"cases": cases.cases, "tickets": list(cases.named)}


def _both(cases: Cases) -> dict[str, Any]:
    return {"times": cases.times, **_named(cases)}


def _waits(found: Analysis) -> list[dict[str, Any]]:
    """Who had the cases how long, by state, team and hold reason; the longest first."""
    total = sum(seconds.total for seconds in found.waits.values()) or 1
    listed: list[tuple[tuple[Any, Any, str], Seconds]] = sorted(found.waits.items(), key=lambda item: -item[1].total)
    return [
        {"state": state, "team": team, "reason": reason, "times": seconds.count, "seconds": seconds.total,
         "median": seconds.median, "share": 100 * seconds.total / total}
        for (state, team, reason), seconds in listed[:MOST_WAITS]
    ]  # fmt: skip
