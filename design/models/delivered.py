"""What a service delivers end to end, from the figures of everything it needs, against what is promised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from design import composition
from design.composition import Component, Group, Result
from design.models.needs import needs_of_all, reach
from design.models.performance import PerformanceTarget, RedundancyGroup
from itsm.catalogue.models import Service

#: Names in a sentence; the rest is a number.
MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of the whole: promised, computed, and what decides it."""

    name: str
    label: str
    unit: str
    promised: Decimal | None
    computed: Decimal | None
    #: More is better, as of availability; of latency less is.
    more: bool
    why: str
    unknown: tuple[Service, ...]

    @property
    def verdict(self) -> str:
        """``ok``, ``gap``, ``unknown``, or empty when nothing is promised."""
        if self.promised is None:
            return ""
        if self.computed is not None and self.gap > 0:
            return "gap"
        return "unknown" if self.unknown or self.computed is None else "ok"

    @property
    def gap(self) -> Decimal:
        """By how much it misses what is promised; zero when it does not."""
        if self.promised is None or self.computed is None:
            return Decimal(0)
        return max(Decimal(0), self.promised - self.computed if self.more else self.computed - self.promised)


@dataclass(frozen=True, slots=True)
class Statement:
    """Everything about one service's performance."""

    lines: tuple[Line, ...] = ()
    result: Result | None = None
    services: dict[int, Service] | None = None
    targets: dict[int, PerformanceTarget] | None = None
    parts: dict[int, Component] | None = None
    #: Why nothing can be computed.
    problem: str = ""

    @property
    def weakest(self) -> Service | None:
        if self.result is None or self.services is None or self.result.weakest is None:
            return None
        return self.services[self.result.weakest]


def statement(service: Service) -> Statement:
    """The calculation; five queries however large the design is."""
    needs = needs_of_all()
    ids = reach(service.pk, needs)
    services = Service.objects.in_bulk(ids)
    targets = {row.service_id: row for row in PerformanceTarget.objects.filter(service__in=ids)}
    groups: dict[int, list[RedundancyGroup]] = {}
    for group in RedundancyGroup.objects.filter(target__in=targets.values()).prefetch_related("members"):
        groups.setdefault(group.target_id, []).append(group)
    parts = {}
    for pk in ids:
        target = targets.get(pk)
        parts[pk] = _component(target, needs.get(pk, ()), groups.get(target.pk, []) if target else [])
    target = targets.get(service.pk)
    try:
        result = composition.compute(service.pk, parts)
    except composition.Cycle as cycle:
        words = " → ".join(str(services[key]) for key in cycle.keys)
        return Statement(
            services=services, targets=targets, problem=_("These need each other: %(way)s.") % {"way": words}
        )
    except composition.Intricate:
        return Statement(services=services, targets=targets, problem=_("This design is too interwoven to compute."))
    return Statement(tuple(_lines(target, result, services)), result, services, targets, parts)


def shortfalls(target: PerformanceTarget) -> list[str]:
    """What is promised and cannot be delivered, or not be proven, each in a sentence."""
    found = statement(target.service)
    if found.problem:
        return [found.problem]
    return [in_words(line) for line in found.lines if line.verdict in ("gap", "unknown")]


def in_words(line: Line) -> str:
    """A gap, or what is missing to know."""
    words = {
        "what": line.label, "promised": with_unit(line.promised, line.unit), "why": line.why,
        "computed": with_unit(line.computed, line.unit), "names": named([str(one) for one in line.unknown]),
    }  # fmt: skip
    if line.verdict == "gap":
        return _("%(what)s: %(promised)s is promised, the components deliver %(computed)s. %(why)s") % words
    return _("%(what)s: nobody has said what these deliver: %(names)s.") % words


def named(labels: Sequence[str]) -> str:
    rest = len(labels) - MOST_NAMES
    shown = ", ".join(labels[:MOST_NAMES])
    return shown if rest <= 0 else _("%(names)s and %(n)d more") % {"names": shown, "n": rest}


def with_unit(value: Decimal | int | None, unit: str) -> str:
    """Without zeros behind the point: 99.5 %, 300 ms."""
    if value is None:
        return "–"
    rounded = round(Decimal(value), 4)
    text = f"{rounded:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{text} {unit}"


def _component(target: PerformanceTarget | None, needed: Sequence[int], groups: list[RedundancyGroup]) -> Component:
    """Groups as far as the service still needs their members; everything else is needed by itself."""
    left, made = list(needed), []
    for group in groups:
        members = tuple(one.pk for one in group.members.all() if one.pk in left)
        left = [pk for pk in left if pk not in members]
        if members:
            made.append(Group(members, min(group.required, len(members))))
    made = [*(Group((pk,)) for pk in left), *made]
    if target is None:
        return Component(tuple(made))
    return Component(
        tuple(made), availability=target.own_availability, latency=_decimal(target.own_latency_ms),
        capacity=target.capacity, recovery=_decimal(target.own_recovery_minutes),
        data_loss=_decimal(target.own_data_loss_minutes),
    )  # fmt: skip


def _decimal(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _lines(target: PerformanceTarget | None, result: Result, services: dict[int, Service]) -> Any:
    def promised(name: str) -> Decimal | None:
        value = getattr(target, name, None)
        return None if value is None else Decimal(value)

    def missing(name: str) -> tuple[Service, ...]:
        return tuple(services[key] for key in reversed(result.unknown[name]))

    def way(found: composition.Way | None) -> str:
        return " → ".join(str(services[key]) for key in found.keys) if found else ""

    weakest = ""
    if result.weakest is not None:
        words = {"name": services[result.weakest], "gain": with_unit(result.gain, "%")}
        weakest = _("Weakest: %(name)s; perfect, it would gain %(gain)s.") % words
    yield Line("availability", _("Availability"), "%", promised("availability"), result.availability, True, weakest,
               missing("availability"))  # fmt: skip
    yield Line("latency_ms", _("Latency (p95)"), "ms", promised("latency_ms"),
               result.latency.total if result.latency else None, False, way(result.latency),
               missing("latency"))  # fmt: skip
    narrow = result.throughput
    yield Line("throughput", _("Throughput"), "/ s", promised("throughput"), narrow.value if narrow else None, True,
               _("Narrowest: %(name)s.") % {"name": services[narrow.key]} if narrow else "",
               missing("capacity"))  # fmt: skip
    yield Line("rto_minutes", _("Recovery time (RTO)"), "min", promised("rto_minutes"),
               result.recovery.total if result.recovery else None, False, way(result.recovery),
               missing("recovery"))  # fmt: skip
    loss = result.data_loss
    yield Line("rpo_minutes", _("Recovery point (RPO)"), "min", promised("rpo_minutes"), loss.value if loss else None,
               False, _("Set by %(name)s.") % {"name": services[loss.key]} if loss else "",
               missing("data_loss"))  # fmt: skip
