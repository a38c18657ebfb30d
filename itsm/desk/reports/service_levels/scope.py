"""What a dashboard is about: the days, and whose tickets; read from the address, written back to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db.models import Q
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.models import Team
from itsm.catalogue.models import Service
from itsm.sla.services import measure
from itsm.tickets import kinds
from itsm.tickets.states import Priority

if TYPE_CHECKING:
    from itsm.accounts.models import User

DAY = timedelta(days=1)
LENGTHS: dict[str, tuple[Any, int]] = {
    "7d": (gettext_lazy("7 days"), 7),
    "30d": (gettext_lazy("30 days"), 30),
    "90d": (gettext_lazy("90 days"), 90),
    "365d": (gettext_lazy("12 months"), 365),
}
DEFAULT = "30d"
#: A period chosen by hand is no longer than this.
LONGEST = 731
NONE = "none"


@dataclass(frozen=True, slots=True)
class Period:
    """Days from ``first`` to ``last``, both included, in the installation's time zone."""

    first: date
    last: date
    code: str = ""

    @classmethod
    def read(cls, params: Mapping[str, str], today: date) -> Period:
        """The period of the address; what makes no sense becomes the usual one."""
        first, last = _day(params.get("from")), _day(params.get("to"))
        if first and last and first <= last and first <= today and (last - first).days < LONGEST:
            return cls(first, min(last, today))
        code = params.get("period", DEFAULT)
        code = code if code in LENGTHS else DEFAULT
        return cls(today - (LENGTHS[code][1] - 1) * DAY, today, code)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> Period:
        """The same number of days right before."""
        return Period(self.first - self.days * DAY, self.first - DAY)

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """The first instant, and the first one after it."""
        return measure.bounds(self.first)[0], measure.bounds(self.last)[1]

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last

    def params(self) -> dict[str, str]:
        if self.code:
            return {} if self.code == DEFAULT else {"period": self.code}
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}

    def days_params(self) -> dict[str, str]:
        """The very days, for lists of tickets: "the last 30 days" would be others tomorrow."""
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}


def _day(text: str | None) -> date | None:
    try:
        return parse_date(text) if text else None
    except ValueError:
        return None


@dataclass(frozen=True)
class Scope:
    """Whose tickets count: what the person chose, inside what the person may see."""

    user: User
    kind: str = ""
    team: int | None = None
    service: int | None = None
    priority: int | None = None
    #: "No team" and "no service" are choices too.
    without: frozenset[str] = frozenset()
    problems: tuple[str, ...] = field(default=(), compare=False)

    # ---------- who may see what ----------

    @cached_property
    def teams(self) -> dict[int, Team]:
        return {team.pk: team for team in Team.objects.order_by("name")}

    @cached_property
    def services(self) -> dict[int, Service]:
        found = Service.objects.select_related("owner").only("name", "slug", "status", "owner__name", "owner__email")
        return {service.pk: service for service in found.order_by("name")}

    @cached_property
    def sees_all(self) -> bool:
        return bool(self.user.reads_all)

    @cached_property
    def own_teams(self) -> frozenset[int]:
        """The teams somebody is limited to; only used for people who do not read everything."""
        return frozenset(self.user.team_ids)

    @cached_property
    def own_services(self) -> frozenset[int]:
        return frozenset(pk for pk, service in self.services.items() if service.owner_id == self.user.pk)

    @cached_property
    def hidden_teams(self) -> frozenset[int]:
        """Restricted teams of others: their numbers would tell what only they may know."""
        return frozenset(pk for pk, team in self.teams.items() if team.is_restricted and pk not in self.user.team_ids)

    @property
    def is_empty(self) -> bool:
        """There is nothing this person could see here."""
        return not (self.sees_all or self.own_teams or self.own_services)

    # ---------- the same limits for rows and for Python ----------

    def rows(self, prefix: str = "", *, team: str = "team", priority: bool = True) -> Q:
        """The limits as a condition; ``prefix`` leads to where kind, service and team are."""
        found = Q()
        if self.kind:
            found &= Q(**{f"{prefix}kind": self.kind})
        if self.team:
            found &= Q(**{f"{prefix}{team}": self.team})
        if self.service:
            found &= Q(**{f"{prefix}service": self.service})
        for name in self.without:
            found &= Q(**{f"{prefix}{team if name == 'team' else name}__isnull": True})
        if self.priority and priority:
            found &= Q(**{f"{prefix}priority": self.priority})
        if self.hidden_teams:
            # "Not in" alone would drop rows without a team: to SQL, unknown is not "not".
            allowed = ~Q(**{f"{prefix}{team}__in": self.hidden_teams}) | Q(**{f"{prefix}{team}__isnull": True})
            found &= allowed
        if not self.sees_all:
            mine = Q(**{f"{prefix}{team}__in": self.own_teams})
            if self.own_services:
                mine |= Q(**{f"{prefix}service__in": self.own_services})
            found &= mine
        return found

    def takes(self, row: Any, *, priority: bool = True) -> bool:
        """The limits for a row in memory with ``kind``, ``service_id``, ``team_id`` and ``priority``."""
        if self.kind and row.kind != self.kind:
            return False
        if self.team and row.team_id != self.team:
            return False
        if self.service and row.service_id != self.service:
            return False
        if ("team" in self.without and row.team_id) or ("service" in self.without and row.service_id):
            return False
        if self.priority and priority and row.priority != self.priority:
            return False
        if row.team_id in self.hidden_teams:
            return False
        return self.sees_all or row.team_id in self.own_teams or row.service_id in self.own_services

    # ---------- the address ----------

    @classmethod
    def read(cls, params: Mapping[str, str], user: User) -> Scope:
        """The filters of the address; one that does not fit is left out and named in ``problems``."""
        scope = cls(user)
        chosen: dict[str, Any] = {}
        without, problems = set(), []
        kind = params.get("kind", "")
        if kind in dict(kinds.choices()):
            chosen["kind"] = kind
        elif kind:
            problems.append(_("Kind"))
        for name, label, known in (("team", _("Team"), scope.teams), ("service", _("Service"), scope.services)):
            text = params.get(name, "")
            if text == NONE:
                without.add(name)
            elif text.isdigit() and len(text) < 19 and int(text) in known and int(text) not in _hidden(scope, name):
                chosen[name] = int(text)
            elif text:
                problems.append(label)
        priority = params.get("priority", "")
        if priority.isdigit() and priority in {str(level) for level in Priority.values}:
            chosen["priority"] = int(priority)
        elif priority:
            problems.append(_("Priority"))
        made = replace(scope, without=frozenset(without), problems=tuple(map(str, problems)), **chosen)
        # What was looked up to check the address is not looked up again.
        made.__dict__.update(teams=scope.teams, services=scope.services)
        return made

    def params(self) -> dict[str, str]:
        given = {"kind": self.kind, "team": self.team, "service": self.service, "priority": self.priority}
        found = {name: str(value) for name, value in given.items() if value}
        return found | dict.fromkeys(self.without, NONE)

    @property
    def filtered(self) -> bool:
        return bool(self.params())

    def team_choices(self) -> list[tuple[str, str]]:
        allowed = [t for pk, t in self.teams.items() if pk not in self.hidden_teams and self._may_choose_team(pk)]
        return _choices(_("All teams"), ((t.pk, t.name) for t in allowed), _("No team") if self.sees_all else "")

    def _may_choose_team(self, pk: int) -> bool:
        return self.sees_all or pk in self.own_teams or bool(self.own_services)

    def service_choices(self) -> list[tuple[str, str]]:
        return _choices(_("All services"), ((s.pk, s.name) for s in self.services.values()), _("No service"))

    def kind_choices(self) -> list[tuple[str, str]]:
        return [("", _("All kinds")), *((kind.code, str(kind.plural)) for kind in kinds.all_kinds())]

    def priority_choices(self) -> list[tuple[str, str]]:
        return [("", _("All priorities")), *((str(p.value), f"P{p.value} {p.label}") for p in Priority)]

    def team_name(self, pk: int | None) -> str:
        return self.teams[pk].name if pk in self.teams else _("No team")

    def service_name(self, pk: int | None) -> str:
        return self.services[pk].name if pk in self.services else _("No service")


def _hidden(scope: Scope, name: str) -> frozenset[int]:
    return scope.hidden_teams if name == "team" else frozenset()


def _choices(every: str, rows: Iterable[tuple[int, str]], none: str) -> list[tuple[str, str]]:
    return [("", every), *((str(pk), name) for pk, name in rows), *([(NONE, none)] if none else [])]


def address(path: str, *parts: Mapping[str, Any]) -> str:
    """A path with the parameters of all parts, those without a value left out."""
    merged: dict[str, Any] = {}
    for part in parts:
        merged |= part
    query = urlencode({name: value for name, value in merged.items() if value not in (None, "")})
    return f"{path}?{query}" if query else path
