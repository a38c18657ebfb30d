"""What the page of a service and the list of services show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from itsm.catalogue import guards, health
from itsm.catalogue.models import Service, ServiceDependency
from itsm.catalogue.states import ServiceStatus
from itsm.lib import clock
from itsm.sla.models import Coverage, Metric, Target
from itsm.tickets import kinds
from itsm.tickets.models import Ticket
from itsm.ui import times
from itsm.workflow import steps

if TYPE_CHECKING:
    from itsm.accounts.models import User

#: The life of a service in order; a rejected one left it.
LIFE = ("proposed", "chartered", "in_design", "in_transition", "live", "retiring", "retired")
#: Nodes on each side of the map; the rest is a number.
MOST_NODES = 8


def journey(service: Service) -> list[dict[str, str]]:
    """The lifecycle for ``ui/_steps.html``."""
    if service.status == ServiceStatus.REJECTED:
        return [
            {"label": str(ServiceStatus.PROPOSED.label), "state": "done"},
            {"label": str(ServiceStatus.REJECTED.label), "state": "current"},
        ]
    place = LIFE.index(service.status)
    return [
        {"label": str(ServiceStatus(code).label), "state": "done" if i < place else "current" if i == place else ""}
        for i, code in enumerate(LIFE)
    ]


@dataclass(frozen=True, slots=True)
class NextStep:
    """A step of the service's life: whether it may be taken, by this person, and what is there and missing."""

    step: Any
    verdict: steps.Verdict
    items: list[Any]

    @property
    def is_mine(self) -> bool:
        return not self.verdict.denied


def next_steps(service: Service, user: User) -> list[NextStep]:
    """Every step from here with its requirements, item by item; also for those who may not take it."""
    with guards.asked_once():
        return [_judged(service, step, user) for step in steps.available(service)]


def _judged(service: Service, step: Any, user: User) -> NextStep:
    verdict = steps.judge(service, step, user)
    items: list[Any] = list(guards.requirements(service, step.verb))
    listed = " ".join(item.detail or item.label for item in items if not item.done)
    # Guards of the code itself, such as "has an owner", stand beside the registered requirements.
    items += [refusal for refusal in verdict.refused if refusal.reason not in listed]
    return NextStep(step, verdict, items)


# ---------- service level ----------


@dataclass(frozen=True, slots=True)
class Level:
    """A support level as it applies to a service: to whom, at which hours, how fast."""

    name: str
    about: str
    hours: str
    rows: list[tuple[str, list[str]]]


def levels(service: Service) -> list[Level]:
    """The support levels that apply: those of the service, else those that apply to everything."""
    today = clock.now().date()
    rows = (
        Coverage.objects.filter(
            Q(service=service) | Q(offering__service=service) | Q(service__isnull=True, offering__isnull=True)
        )
        .filter(Q(valid_from__isnull=True) | Q(valid_from__lte=today))
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gte=today))
        .select_related("support_level__calendar", "organisation", "offering")
        .order_by("organisation__name", "id")
    )  # fmt: skip
    found = list(rows)
    own = [row for row in found if row.service_id or row.offering_id]
    chosen = own if any(row.organisation_id is None and row.offering_id is None for row in own) else found
    targets = Target.objects.current().filter(
        Q(kind="incident") | Q(kind="request", metric=Metric.FULFILMENT),
        support_level__in={row.support_level_id for row in chosen if row.support_level_id},
    )
    by_level: dict[int, list[Target]] = {}
    for target in targets.order_by("metric", "priority"):
        by_level.setdefault(target.support_level_id or 0, []).append(target)
    return [_level(row, by_level.get(row.support_level_id or 0, [])) for row in chosen]


def _level(row: Coverage, targets: list[Target]) -> Level:
    level = row.support_level
    about = ", ".join(str(part) for part in (row.organisation, row.offering) if part)
    if level is None or not level.is_active:
        return Level(_("No service level"), about, "", [])
    named = [(str(Metric(metric).label), metric) for metric in ("first_response", "resolution", "update", "fulfilment")]
    lines = []
    for label, metric in named:
        values = [_target_words(target) for target in targets if target.metric == metric]
        if values:
            lines.append((label, values))
    return Level(level.name, about, str(level.calendar) if level.calendar else _("around the clock"), lines)


def _target_words(target: Target) -> str:
    span = times.duration(target.minutes * 60)
    return f"P{target.priority} {span}" if target.priority else span


# ---------- the dependency map ----------


@dataclass(frozen=True, slots=True)
class Node:
    """A service on the map, placed."""

    service: Service
    health: str
    x: int
    y: int

    @property
    def text(self) -> str:
        return shortened(self.service.name, 26)

    @property
    def sub(self) -> str:
        return shortened(f"{self.service.get_kind_display()}, {self.service.get_status_display()}", 32)


def shortened(text: str, length: int) -> str:
    """Cut to what fits a box of the map."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


@dataclass(frozen=True, slots=True)
class Map:
    """Who needs the service, the service, and what it needs, as the server draws it."""

    left: list[Node]
    self: Node
    right: list[Node]
    edges: list[tuple[str, bool]]
    height: int
    more_left: int
    more_right: int

    def __bool__(self) -> bool:
        return bool(self.left or self.right)


ROW, BOX, TOP = 58, 42, 29
LEFT, MIDDLE, RIGHT = 6, 297, 588


def dependency_map(service: Service, user: User) -> Map:
    """At most eight services on each side, those that are not well first."""
    about = Q(service=service) | Q(depends_on=service)
    edges_of = list(ServiceDependency.objects.filter(about).select_related("service", "depends_on"))
    right = [row.depends_on for row in edges_of if row.service_id == service.pk]
    left = [row.service for row in edges_of if row.service_id != service.pk]
    state = health.of([service.pk, *(one.pk for one in (*left, *right))])

    def sort(services: list[Service]) -> list[Service]:
        return sorted(services, key=lambda one: (-state[one.pk], one.criticality, one.name))

    shown_left, shown_right = sort(left)[:MOST_NODES], sort(right)[:MOST_NODES]
    rows = max(len(shown_left), len(shown_right), 1)
    height = TOP + rows * ROW

    def place(services: list[Service], x: int) -> list[Node]:
        start = TOP + (rows - len(services)) * ROW // 2
        return [Node(one, state[one.pk].word, x, start + i * ROW) for i, one in enumerate(services)]

    own = Node(service, state[service.pk].word, MIDDLE, TOP + (rows - 1) * ROW // 2)
    lefts, rights = place(shown_left, LEFT), place(shown_right, RIGHT)
    edges = [(curve(LEFT + 206, node.y, MIDDLE, own.y), own.health != "up") for node in lefts]
    edges += [(curve(MIDDLE + 206, own.y, RIGHT, node.y), node.health != "up") for node in rights]
    return Map(lefts, own, rights, edges, height, len(left) - len(lefts), len(right) - len(rights))


def curve(x1: int, y1: int, x2: int, y2: int) -> str:
    """The edge from the side of one box to another; their tops are given."""
    y1, y2, middle = y1 + BOX // 2, y2 + BOX // 2, (x1 + x2) // 2
    return f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"


# ---------- tickets ----------


def open_tickets(service: Service, user: User, limit: int = 6) -> tuple[list[Ticket], dict[str, int]]:
    """The most urgent open tickets, and how many of each kind are open."""
    rows = Ticket.objects.visible_to(user).open().filter(service=service)
    by_kind = dict(rows.order_by().values_list("kind").annotate(n=Count("pk")))
    first = rows.order_by("priority", "due_sort", "id").only(
        "kind", "title", "state", "phase", "priority", "sla_state", "due_at", "warn_at", "opened_at"
    )[:limit]
    return list(first), {str(kinds.get(kind).plural): count for kind, count in by_kind.items()}


def counts(service_ids: Iterable[int], user: User) -> dict[int, int]:
    """Open tickets of each service, in one query."""
    rows = Ticket.objects.visible_to(user).open().filter(service__in=list(service_ids)).order_by()
    return dict(rows.values_list("service").annotate(n=Count("pk")))


def names() -> list[tuple[int, str]]:
    """Id and name of every service, for choices of people who see them all."""
    return list(Service.objects.order_by("name").values_list("pk", "name"))
