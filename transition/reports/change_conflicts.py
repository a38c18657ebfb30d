"""What a planned change collides with, by how much, and the way out: the next slot free of all of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.ui.times import duration, when_words
from transition.models import Change, ConfigurationItem, FreezeWindow, MaintenanceWindow, TicketCI
from transition.reports import change_scope
from transition.reports.change_scope import Scope
from transition.states.changes import ChangeState

if TYPE_CHECKING:
    from itsm.accounts.models import User

#: How far ahead a free slot is looked for.
HORIZON = timedelta(days=60)
#: Slots begin on such marks.
MARK = timedelta(minutes=15)
#: No list of clashes is longer.
MOST = 50

Span = tuple[datetime, datetime]


@dataclass(slots=True)
class Conflict:
    """One thing that collides: a change, a freeze, or the lack of a maintenance window."""

    kind: str
    name: str
    why: str
    begin: datetime
    end: datetime
    overlap: timedelta
    url: str = ""
    number: str = ""
    change_type: str = ""

    @property
    def words(self) -> str:
        """The whole sentence without its subject."""
        if self.kind == "window":
            return self.why
        return _("overlaps by %(length)s: %(why)s") % {"length": duration(self.overlap), "why": self.why}


def find(
    change: Change, user: User | None = None, *, window: Span | None = None, scope: Scope | None = None
) -> list[Conflict]:
    """Everything that the change collides with at its planned time, or at another one.

    Changes that ``user`` may not see are counted without a name. The number of queries does not depend on how much
    is planned. Whoever knows the scope of the change already passes it on.
    """
    span = window or _window(change)
    if span is None or change.state not in (ChangeState.DRAFT, *ChangeState.PLANNED):
        return []
    scope = scope or change_scope.of(change)
    return [
        *_changes(change, scope, span, user),
        *(_freeze(one, span) for one in _freezes(scope, span)),
        *_outside(change, scope, span),
    ]


def freezes(change: Change) -> list[FreezeWindow]:
    """The freezes that a change runs into."""
    span = _window(change)
    return _freezes(change_scope.of(change), span) if span else []


def count(change: Change) -> int:
    """How many clashes there are, to keep with what was decided."""
    return min(len(find(change)), 32_000)


def next_slot(change: Change, *, after: datetime | None = None) -> Span | None:
    """The first time from now or the planned begin on in which the change collides with nothing.

    As long as it is planned now; inside a maintenance window where its services have some. ``None`` within 60 days.
    """
    window = _window(change)
    if window is None:
        return None
    length = window[1] - window[0]
    first = max(after or window[0], clock.now())
    first += -(first - datetime.min.replace(tzinfo=first.tzinfo)) % MARK
    horizon = (first, first + HORIZON)
    scope = change_scope.of(change)
    busy: list[Span] = [_span(one) for one, _why in _near(change, scope, horizon)]
    if change.change_type != "emergency":
        busy += [(one.starts_at, one.ends_at) for one in _freezes(scope, horizon)]
    open_ = _openings(change, scope, horizon)
    starts = sorted({first, *(end for _begin, end in busy), *(begin for begin, _end in open_ or ())})
    for begin in starts:
        end = begin + length
        if begin < first or begin >= horizon[1]:
            continue
        if any(start < end and begin < stop for start, stop in busy):
            continue
        if open_ is None or any(opens <= begin and end <= closes for opens, closes in open_):
            return begin, end
    return None


def clashing(changes: Sequence[Change], scopes: Mapping[int, Scope] | None = None) -> dict[int, list[Change]]:
    """Which of many planned changes collide with which, for a calendar: by id, read together."""
    planned: list[Any] = sorted(
        (one for one in changes if one.state in ChangeState.PLANNED and one.planned_start and one.planned_end),
        key=lambda one: one.planned_start or clock.FAR_FUTURE,
    )
    scopes = change_scope.scopes(planned) if scopes is None else scopes
    found: dict[int, list[Change]] = {}
    running: list[Any] = []
    for one in planned:
        running = [other for other in running if other.planned_end > one.planned_start]
        for other in running:
            if scopes[one.pk].touches(scopes[other.pk]):
                found.setdefault(one.pk, []).append(other)
                found.setdefault(other.pk, []).append(one)
        running.append(one)
    return found


# ---------- other changes ----------


def _span(change: Any) -> Span:
    """The window of a change that is known to have one."""
    return change.planned_start, change.planned_end


def _window(change: Change) -> Span | None:
    return (change.planned_start, change.planned_end) if change.planned_start and change.planned_end else None


def _near(change: Change, scope: Scope, span: Span) -> list[tuple[Change, tuple[str, int]]]:
    """Planned changes in a time that touch the same or dependent items or services, and what they share."""
    rows = Change.objects.planned().between(*span).exclude(pk=change.pk)
    named = Change.services.through.objects.filter(service__in=scope.services_near, change__in=rows.values("pk"))
    links = TicketCI.objects.filter(item__in=scope.items_near, ticket__in=rows.values("pk"))
    candidates = [
        *((pk, ("item", item)) for pk, item in links.order_by().values_list("ticket_id", "item_id")),
        *((pk, ("service", one)) for pk, one in named.order_by().values_list("change_id", "service_id")),
        *((pk, ("service", one)) for pk, one in rows.filter(service__in=scope.services_near).order_by()
          .values_list("pk", "service_id")),
    ]  # fmt: skip
    shared: dict[int, tuple[str, int]] = {}
    for pk, what in sorted(candidates, key=lambda one: _telling(one[1], scope)):
        shared.setdefault(pk, what)
    found: Any = Change.objects.filter(pk__in=shared)
    ordered = found.order_by("planned_start", "id")
    return [(one, shared[one.pk]) for one in ordered.defer("description", "implementation_plan", "test_plan")]


def _telling(what: tuple[str, int], scope: Scope) -> tuple[int, int]:
    """The most telling thing in common first: the same item, a dependent one, the same service, a dependent one."""
    kind, pk = what
    own = scope.items if kind == "item" else scope.services
    return (0 if kind == "item" else 2) + (pk not in own), pk


def _changes(change: Change, scope: Scope, span: Span, user: User | None) -> list[Conflict]:
    near = _near(change, scope, span)[:MOST]
    if not near:
        return []
    names = _names(near)
    seen = {one.pk for one, _what in near}
    if user is not None:
        seen = set(Change.objects.visible_to(user).filter(pk__in=seen).values_list("pk", flat=True))
    found = []
    for other, what in near:
        visible = other.pk in seen
        found.append(Conflict(
            "change", f"{other.number} {other.title}" if visible else _("A change you may not see"),
            _why(what, names, scope) if visible else _("it touches the same things"),
            *_span(other), _overlap(span, _span(other)),
            other.get_absolute_url() if visible else "", other.number if visible else "", other.change_type,
        ))  # fmt: skip
    return found


def _names(near: Iterable[tuple[Change, tuple[str, int]]]) -> dict[tuple[str, int], str]:
    items = {pk for _one, (kind, pk) in near if kind == "item"}
    services = {pk for _one, (kind, pk) in near if kind == "service"}
    names: dict[tuple[str, int], str] = {}
    for pk, name in ConfigurationItem.objects.filter(pk__in=items).values_list("pk", "name"):
        names["item", pk] = name
    for pk, name in Service.objects.filter(pk__in=services).values_list("pk", "name"):
        names["service", pk] = name
    return names


def _why(what: tuple[str, int], names: dict[tuple[str, int], str], scope: Scope) -> str:
    kind, pk = what
    words = {"name": names.get(what, "")}
    if kind == "item":
        if pk in scope.items:
            return _("it changes the same item, %(name)s") % words
        if pk in scope.items_hit:
            return _("it changes %(name)s, which depends on this change") % words
        return _("it changes %(name)s, which this change depends on") % words
    if pk in scope.services:
        return _("it touches the same service, %(name)s") % words
    if pk in scope.services_hit:
        return _("it touches %(name)s, which depends on this change") % words
    return _("it touches %(name)s, which this change depends on") % words


def _overlap(one: Span, other: Span) -> timedelta:
    return max(min(one[1], other[1]) - max(one[0], other[0]), timedelta(0))


# ---------- freezes and maintenance windows ----------


def _freezes(scope: Scope, span: Span) -> list[FreezeWindow]:
    rows = FreezeWindow.objects.filter(is_active=True, starts_at__lt=span[1], ends_at__gt=span[0])
    found = []
    for one in rows.prefetch_related("services"):
        services = {service.pk for service in one.services.all()}
        if not services or services & scope.services_hit:
            found.append(one)
    return found


def _freeze(one: FreezeWindow, span: Span) -> Conflict:
    services: list[Service] = list(one.services.all())
    about = ", ".join(str(service) for service in services[:4]) or _("every service")
    words = {"about": about, "until": when_words(one.ends_at)}
    return Conflict(
        "freeze", one.name, _("%(about)s is frozen until %(until)s") % words, one.starts_at, one.ends_at,
        _overlap(span, (one.starts_at, one.ends_at)),
    )  # fmt: skip


def windows_of(services: Iterable[int]) -> list[MaintenanceWindow]:
    """The maintenance windows agreed for any of these services."""
    rows = MaintenanceWindow.objects.filter(is_active=True, services__in=list(services)).distinct()
    return list(rows.order_by("weekday", "starts_at", "id"))


def _openings(change: Change, scope: Scope, span: Span) -> list[Span] | None:
    """When work on the named services is agreed; ``None`` where nothing limits it: no window, or nobody notices."""
    if change.outage_minutes == 0:
        return None
    found = windows_of(scope.services)
    if not found:
        return None
    return sorted(occurrence for one in found for occurrence in one.spans(*span))


def _outside(change: Change, scope: Scope, span: Span) -> list[Conflict]:
    open_ = _openings(change, scope, (span[0], span[1] + timedelta(days=8)))
    if open_ is None or any(begin <= span[0] and span[1] <= end for begin, end in open_):
        return []
    best = max((_overlap(span, one) for one in open_), default=timedelta(0))
    outside = span[1] - span[0] - best
    following = next((one for one in open_ if one[0] >= span[0]), None)
    why = _("%(length)s are outside of the maintenance window") % {"length": duration(outside)}
    if following is not None:
        why = _("%(why)s; the next one begins %(moment)s") % {"why": why, "moment": when_words(following[0])}
    return [Conflict("window", _("Maintenance window"), why, span[0], span[1], outside)]


def describe(found: Iterable[Conflict]) -> list[dict[str, Any]]:
    """Conflicts as plain data, for the API."""
    return [
        {
            "kind": one.kind, "name": one.name, "why": one.why, "number": one.number or None, "begin": one.begin,
            "end": one.end, "overlap_minutes": int(one.overlap.total_seconds() // 60),
        }
        for one in found
    ]  # fmt: skip
