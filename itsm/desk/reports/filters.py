"""The filters of one list of tickets: read from the address, applied to a queryset, written back as an address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http.request import QueryDict  # noqa: TID251 - a dictionary of lists, no HTTP
from django.utils.translation import gettext as _

from itsm.desk.reports.fields import FIELDS, MOST_VALUES, NOT, Field, MomentField, Names, TextField, phases_of
from itsm.tickets.models import Ticket
from itsm.tickets.states import Phase

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from itsm.tickets.models.ticket import TicketQuerySet

ALL_PHASES = tuple(str(phase) for phase in Phase.values)


@dataclass(frozen=True, slots=True)
class Applied:
    """One field with its values."""

    field: Field
    values: tuple[str, ...]
    negated: bool = False

    @property
    def parameter(self) -> str:
        return self.field.name + (NOT if self.negated else "")

    @property
    def operator(self) -> str:
        if isinstance(self.field, TextField):
            return _("contain")
        if isinstance(self.field, MomentField):
            return ""
        return _("is not") if self.negated else _("is")


@dataclass(frozen=True)
class Filters:
    """What a list is limited to. Without a word about phase or state it shows what is open."""

    applied: tuple[Applied, ...] = ()
    #: What of the address was not understood, for a notice.
    problems: tuple[str, ...] = ()

    @classmethod
    def parse(cls, params: QueryDict | Mapping[str, Any]) -> Filters:
        """Read parameters; a value that does not fit is left out and named in ``problems``."""
        applied, problems = [], []
        for item in FIELDS.values():
            for negated in (False, True) if item.negatable else (False,):
                name = item.name + (NOT if negated else "")
                raw = _values(params, name, whole=isinstance(item, TextField))
                good = [value for value in dict.fromkeys(raw) if item.valid(value)][:MOST_VALUES]
                if len(good) < len(set(raw)):
                    bad = next((value for value in raw if value not in good), raw[-1])
                    problems.append(f"{item.label}: {bad[:40]}")
                if isinstance(item, MomentField | TextField):
                    good = good[:1]
                if good:
                    applied.append(Applied(item, tuple(good), negated))
        return cls(tuple(applied), tuple(problems))

    def __iter__(self) -> Any:
        return iter(self.applied)

    def __bool__(self) -> bool:
        return bool(self.applied)

    def get(self, name: str, *, negated: bool = False) -> tuple[str, ...]:
        return next((a.values for a in self.applied if a.field.name == name and a.negated == negated), ())

    def has(self, *names: str) -> bool:
        return any(a.field.name in names for a in self.applied)

    def without(self, name: str, *, negated: bool | None = None) -> Filters:
        return Filters(
            tuple(a for a in self.applied if a.field.name != name or (negated is not None and a.negated != negated))
        )

    def with_(self, name: str, values: Iterable[str]) -> Filters:
        """The same with ``name`` set to ``values``."""
        rest = self.without(name, negated=False).applied
        chosen = tuple(values)
        return Filters((*rest, Applied(FIELDS[name], chosen)) if chosen else rest)

    def to_params(self) -> dict[str, list[str]]:
        """As parameters: what a saved view stores."""
        return {a.parameter: list(a.values) for a in self.applied}

    # ---------- meaning ----------

    @property
    def phases(self) -> frozenset[str]:
        """The phases the rows can be in."""
        chosen = set(self.get("phase"))
        if chosen & {"any"}:
            found = set(ALL_PHASES)
        elif chosen:
            found = (chosen - {"open"}) | (set(Phase.OPEN) if "open" in chosen else set())
        elif self.get("state"):
            found = phases_of(self.get("state"))
        elif self.get("phase", negated=True):
            found = set(ALL_PHASES)
        else:
            found = set(Phase.OPEN)
        excluded = set(self.get("phase", negated=True))
        found -= set(Phase.OPEN) if "open" in excluded else set()
        return frozenset(found - excluded)

    @property
    def is_open(self) -> bool:
        """Only open tickets: the partial indexes apply."""
        return self.phases <= set(Phase.OPEN)

    def tickets(self, user: User) -> TicketQuerySet:
        """The tickets of the list that ``user`` may see."""
        rows = Ticket.objects.visible_to(user)
        phases = self.phases
        if self.is_open:
            rows = rows.open()
        if not phases:
            return rows.none()
        if phases not in (frozenset(Phase.OPEN), frozenset(ALL_PHASES)):
            chosen = sorted(phases)
            rows = rows.filter(phase=chosen[0]) if len(chosen) == 1 else rows.filter(phase__in=chosen)
        for item in self.applied:
            if item.field.name == "phase":
                continue
            condition = item.field.condition(item.values, user)
            rows = rows.exclude(condition) if item.negated else rows.filter(condition)
        return rows

    def ids(self) -> dict[str, set[int]]:
        """Which names the chips need: tag -> ids."""
        wanted: dict[str, set[int]] = {}
        for item in self.applied:
            if item.field.tag:
                wanted.setdefault(item.field.tag, set()).update(int(v) for v in item.values if v.isdigit())
        return wanted

    def words(self, names: Names) -> list[tuple[Applied, str]]:
        return [(item, item.field.words(item.values, names)) for item in self.applied]


def _values(params: QueryDict | Mapping[str, Any], name: str, *, whole: bool) -> list[str]:
    if isinstance(params, QueryDict):
        raw = params.getlist(name)
    else:
        found = params.get(name, [])
        raw = [str(v) for v in found] if isinstance(found, list | tuple) else [str(found)]
    if whole:
        return [" ".join(value.replace("\x00", " ").split())[:200] for value in raw if value.strip()]
    return [part for value in raw for part in value.replace("\x00", "").split(",") if part][: MOST_VALUES * 2]
