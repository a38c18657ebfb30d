"""Whether what teams and suppliers promise inside is enough for what is promised outside. Pure.

A ticket goes through lines: first, second and third line, then suppliers. Agreements of one line about one service are
shifts of each other: together they have to be there at every hour that is promised. Different services of a line are
different ways of a ticket: it takes the slowest of them. Lines follow each other: their minutes add up.

If every line is there whenever the promise runs, minutes by the clock of the promise never pass faster than by the
clock of a line: so the sum of the lines' minutes is an upper bound, and comparing it is exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from design import cover
from itsm.worktime import WorkSchedule

#: Metrics that say when it is done; the others are kept by the first line alone.
DONE = ("resolution", "fulfilment")
PRIORITIES = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Promised:
    """So many minutes by these hours. Without a priority it holds for those that have no promise of their own."""

    kind: str
    metric: str
    priority: int | None
    minutes: int
    hours: WorkSchedule


@dataclass(frozen=True, slots=True)
class Link:
    """An agreement that backs a service in one line."""

    name: str
    line: int
    service: str
    promises: tuple[Promised, ...]

    def promise(self, kind: str, metric: str, priority: int) -> Promised | None:
        found = [one for one in self.promises if one.kind == kind and one.metric == metric]
        exact = next((one for one in found if one.priority == priority), None)
        return exact or next((one for one in found if one.priority is None), None)

    def takes_part(self, kind: str, metric: str) -> bool:
        return any(one.kind == kind and one.metric == metric for one in self.promises)


@dataclass(frozen=True, slots=True)
class Gap:
    """What is missing, exactly. ``code``: ``unbacked``, ``missing``, ``hours`` or ``minutes``."""

    code: str
    kind: str = ""
    metric: str = ""
    priorities: tuple[int, ...] = ()
    line: int = 0
    service: str = ""
    links: tuple[str, ...] = ()
    uncovered: cover.Gaps = field(default_factory=cover.Gaps)
    promised: int = 0
    needed: int = 0
    #: The line, the agreement that is slowest in it, and its minutes.
    parts: tuple[tuple[int, str, int], ...] = ()

    @property
    def over(self) -> int:
        """By how many minutes the lines together take longer than is promised."""
        return self.needed - self.promised


def check(promises: Sequence[Promised], links: Sequence[Link], services: Iterable[str], first: date) -> list[Gap]:
    """Every gap between the promises and what backs the services; none when the chain holds."""
    backed = {link.service for link in links}
    found = [Gap("unbacked", service=name) for name in services if name not in backed]
    if not links:
        return found
    for promise, priority in _expanded(promises):
        done = _done_metric(promise, links)
        if done is None:
            found.append(Gap("missing", promise.kind, promise.metric, (priority,)))
            continue
        taking = [link for link in links if link.takes_part(promise.kind, done)]
        if promise.metric not in DONE:
            front = min(link.line for link in taking)
            taking = [link for link in taking if link.line == front]
        found += _hours(promise, priority, done, taking, first)
        if promise.metric in DONE:
            found += _minutes(promise, priority, taking)
    return _together(found)


def _expanded(promises: Sequence[Promised]) -> Iterable[tuple[Promised, int]]:
    """Each promise with every priority it holds for."""
    named = {(one.kind, one.metric, one.priority) for one in promises}
    for one in promises:
        if one.priority is not None:
            yield one, one.priority
            continue
        for priority in PRIORITIES:
            if (one.kind, one.metric, priority) not in named:
                yield one, priority


def _done_metric(promise: Promised, links: Sequence[Link]) -> str | None:
    """By which metric teams say how fast they are with tickets of this kind."""
    wanted = (promise.metric,) if promise.metric in DONE else DONE
    return next((metric for metric in wanted if any(link.takes_part(promise.kind, metric) for link in links)), None)


def _groups(links: Iterable[Link]) -> dict[tuple[int, str], list[Link]]:
    """Links that stand in for each other: of one line, about one service."""
    found: dict[tuple[int, str], list[Link]] = {}
    for link in sorted(links, key=lambda one: (one.line, one.service, one.name)):
        found.setdefault((link.line, link.service), []).append(link)
    return found


def _hours(promise: Promised, priority: int, metric: str, links: Sequence[Link], first: date) -> Iterable[Gap]:
    for (line, service), group in _groups(links).items():
        there = [one for link in group if (one := link.promise(promise.kind, metric, priority))]
        about = {"kind": promise.kind, "metric": promise.metric, "priorities": (priority,), "line": line,
                 "service": service, "links": tuple(link.name for link in group)}  # fmt: skip
        if not there:
            yield Gap("missing", **about)  # type: ignore[arg-type]
            continue
        uncovered = cover.gaps(promise.hours, list(dict.fromkeys(one.hours for one in there)), first)
        if uncovered:
            yield Gap("hours", uncovered=uncovered, **about)  # type: ignore[arg-type]


def _minutes(promise: Promised, priority: int, links: Sequence[Link]) -> Iterable[Gap]:
    slowest: dict[int, tuple[int, str]] = {}
    for link in links:
        one = link.promise(promise.kind, promise.metric, priority)
        if one is not None:
            slowest[link.line] = max(slowest.get(link.line, (0, "")), (one.minutes, link.name))
    needed = sum(minutes for minutes, _name in slowest.values())
    if needed > promise.minutes:
        parts = tuple((line, name, minutes) for line, (minutes, name) in sorted(slowest.items()))
        yield Gap(
            "minutes", promise.kind, promise.metric, (priority,), promised=promise.minutes, needed=needed, parts=parts
        )


def _together(found: Iterable[Gap]) -> list[Gap]:
    """What is the same for several priorities, once."""
    merged: dict[Gap, tuple[int, ...]] = {}
    for gap in found:
        plain = replace(gap, priorities=())
        merged[plain] = (*merged.get(plain, ()), *gap.priorities)
    return [replace(gap, priorities=tuple(sorted(priorities))) for gap, priorities in merged.items()]
