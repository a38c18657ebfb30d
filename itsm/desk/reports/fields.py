"""What a list of tickets can be filtered by: one entry per parameter of the address.

``?priority=1,2&team-not=3`` reads "priority is P1 or P2, team is not 3". A value that does not fit is left out and
reported; nothing from the address reaches the database unchecked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import CharField, Q, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from itsm.accounts.models import Organisation, Team, User
from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.search.services import candidates
from itsm.tickets import kinds
from itsm.tickets.models import HoldReason, TicketCategory
from itsm.tickets.states import Channel, Phase, Priority, SlaState

if TYPE_CHECKING:
    from django.db.models import QuerySet

#: More values of one parameter than this are not a filter but an attack.
MOST_VALUES = 50
NOT = "-not"

Choices = list[tuple[str, str]]


#: Where names come from.
NAMED: dict[str, Callable[[], Any]] = {
    "user": lambda: User.objects.all(),
    "team": lambda: Team.objects.all(),
    "service": lambda: Service.objects.all(),
    "category": lambda: TicketCategory.objects.all(),
    "organisation": lambda: Organisation.objects.all(),
}
NAME: dict[str, Any] = dict.fromkeys(NAMED, "name") | {
    "user": Coalesce(NullIf("name", Value("")), "email", output_field=CharField())
}


class Names:
    """Names of people, teams, services and the like by id, looked up in one query for the whole page."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, int], str] = {}

    def load(self, wanted: dict[str, set[int]]) -> None:
        """Read the names of all ids, tag by tag, in a single query."""
        parts = [
            NAMED[tag]()
            .filter(pk__in=sorted(missing))
            .order_by()
            .values_list(Value(tag, output_field=CharField()), "pk", NAME[tag])
            for tag, ids in wanted.items()
            if (missing := {pk for pk in ids if pk is not None and (tag, pk) not in self.known})
        ]
        if parts:
            rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
            self.known.update({(tag, pk): name for tag, pk, name in rows})

    def get(self, tag: str, pk: int | None) -> str:
        return "" if pk is None else self.known.get((tag, pk), "")


@dataclass(frozen=True)
class Field:
    """One thing to filter by. Subclasses say which values are legal and what they mean in the database."""

    name: str
    label: Any
    icon: str = "list-filter"
    negatable: bool = True
    #: The tag under which ``Names`` knows its values, if they are ids.
    tag: str = ""

    def valid(self, value: str) -> bool:
        raise NotImplementedError

    def condition(self, values: Sequence[str], user: User) -> Q:
        raise NotImplementedError

    def choices(self, user: User) -> Choices:
        """What to offer. An empty list: the field has an input of its own."""
        return []

    def label_of(self, value: str, names: Names) -> str:
        raise NotImplementedError

    def words(self, values: Sequence[str], names: Names) -> str:
        """The values as a chip shows them."""
        shown = [self.label_of(value, names) for value in values]
        if len(shown) > 3:
            more = len(shown) - 2
            return ngettext("%(first)s and %(n)d more", "%(first)s and %(n)d more", more) % {
                "first": ", ".join(shown[:2]), "n": more,
            }  # fmt: skip
        return ", ".join(shown)


@dataclass(frozen=True)
class ChoiceField(Field):
    """A column with known values."""

    column: str = ""
    options: Callable[[], Choices] = field(default=list)

    def valid(self, value: str) -> bool:
        return value in dict(self.options())

    def condition(self, values: Sequence[str], user: User) -> Q:
        return _one_or_many(self.column, list(values))

    def choices(self, user: User) -> Choices:
        return self.options()

    def label_of(self, value: str, names: Names) -> str:
        return dict(self.options()).get(value, value)


@dataclass(frozen=True)
class FlagField(Field):
    """Yes or no."""

    column: str = ""
    negatable: bool = False

    def valid(self, value: str) -> bool:
        return value in ("yes", "no")

    def condition(self, values: Sequence[str], user: User) -> Q:
        wanted = {value == "yes" for value in values}
        return Q() if len(wanted) == 2 else Q(**{self.column: wanted.pop()})

    def choices(self, user: User) -> Choices:
        return [("yes", _("Yes")), ("no", _("No"))]

    def label_of(self, value: str, names: Names) -> str:
        return _("Yes") if value == "yes" else _("No")


@dataclass(frozen=True)
class RelationField(Field):
    """A foreign key: ids, and the words "me" or "mine" and "none" where they mean something."""

    column: str = ""
    mine: str = ""
    none: Any = ""
    rows: Callable[[], QuerySet[Any]] | None = None

    def valid(self, value: str) -> bool:
        return (bool(self.mine) and value == self.mine) or (bool(self.none) and value == "none") or is_id(value)

    def condition(self, values: Sequence[str], user: User) -> Q:
        ids = {int(value) for value in values if value.isdigit()}
        if self.mine and self.mine in values:
            ids |= set(user.team_ids) if self.tag == "team" else {user.pk}
        wanted = _one_or_many(self.column, sorted(ids)) if ids else Q(pk__in=[])
        return (wanted | Q(**{f"{self.column}__isnull": True})) if "none" in values else wanted

    def choices(self, user: User) -> Choices:
        special = [(self.mine, str(self._mine_label()))] if self.mine else []
        if self.none:
            special.append(("none", str(self.none)))
        found = [(str(pk), str(name)) for pk, name in self.rows().values_list("pk", "name")[:500]] if self.rows else []
        return special + found

    def _mine_label(self) -> str:
        return _("My teams") if self.tag == "team" else _("Me")

    def label_of(self, value: str, names: Names) -> str:
        if value == "none":
            return str(self.none)
        if value == self.mine:
            return self._mine_label()
        return names.get(self.tag, int(value)) or f"#{value}"


@dataclass(frozen=True)
class WatchField(Field):
    """Tickets on which the person is named."""

    negatable: bool = False

    def valid(self, value: str) -> bool:
        return value == "me"

    def condition(self, values: Sequence[str], user: User) -> Q:
        return Q(pk__in=user.watched_tickets.values("ticket_id"))

    def choices(self, user: User) -> Choices:
        return [("me", _("Me"))]

    def label_of(self, value: str, names: Names) -> str:
        return _("Me")


@dataclass(frozen=True)
class SlaField(Field):
    """Where the next promise stands now: by the moments on the ticket, so that it is right between two sweeps."""

    def valid(self, value: str) -> bool:
        return value in dict(self.options())

    @staticmethod
    def options() -> Choices:
        return [
            ("breached", _("Breached")), ("risk", _("At risk")), ("ok", _("On time")), ("paused", _("Paused")),
            ("met", _("Met")), ("none", _("No target")),
        ]  # fmt: skip

    def condition(self, values: Sequence[str], user: User) -> Q:
        now = clock.now()
        # ``due_sort`` is ``due_at`` with an index, and the far future where there is none.
        running = Q(sla_state=SlaState.RUNNING, due_sort__gt=now)
        meaning = {
            "breached": Q(sla_state=SlaState.BREACHED) | Q(sla_state=SlaState.RUNNING, due_sort__lte=now),
            "risk": running & Q(warn_at__isnull=False, warn_at__lte=now),
            "ok": running & (Q(warn_at__isnull=True) | Q(warn_at__gt=now)),
            "paused": Q(sla_state=SlaState.PAUSED),
            "met": Q(sla_state=SlaState.MET),
            "none": Q(sla_state=SlaState.NONE),
        }
        found = Q()
        for value in values:
            found |= meaning[value]
        return found

    def choices(self, user: User) -> Choices:
        return self.options()

    def label_of(self, value: str, names: Names) -> str:
        return dict(self.options())[value]


@dataclass(frozen=True)
class HoldField(Field):
    """What a ticket waits for: a reason, or whom all reasons of a kind are about (``@requester``)."""

    def valid(self, value: str) -> bool:
        return bool(re.fullmatch(r"@?[a-z][a-z0-9_]{0,29}", value)) and (
            not value.startswith("@") or value[1:] in HoldReason.Party.values
        )

    def condition(self, values: Sequence[str], user: User) -> Q:
        codes = [value for value in values if not value.startswith("@")]
        parties = [value[1:] for value in values if value.startswith("@")]
        found = Q(phase=Phase.WAITING, hold_reason__in=codes) if codes else Q()
        if parties:
            by_party = HoldReason.objects.filter(party__in=parties).order_by().values("code")
            found |= Q(phase=Phase.WAITING, hold_reason__in=by_party)
        return found

    def choices(self, user: User) -> Choices:
        parties = [(f"@{value}", str(label)) for value, label in HoldReason.Party.choices]
        return parties + list(HoldReason.objects.values_list("code", "label"))

    def label_of(self, value: str, names: Names) -> str:
        if value.startswith("@"):
            return str(HoldReason.Party(value[1:]).label)
        return value.replace("_", " ").capitalize()


_SPAN = re.compile(r"(\d{4}-\d\d-\d\d)?\.\.(\d{4}-\d\d-\d\d)?")
_LAST = re.compile(r"([1-9]\d{0,3})([hd])")


@dataclass(frozen=True)
class MomentField(Field):
    """A moment: between two days (``2026-01-01..2026-01-31``, either may be missing), or the last hours or days."""

    column: str = ""
    negatable: bool = False

    def valid(self, value: str) -> bool:
        if _LAST.fullmatch(value):
            return True
        span = _SPAN.fullmatch(value)
        if not span or value == "..":
            return False
        try:
            days = [parse_date(part) for part in span.groups() if part]
        except ValueError:
            return False
        return all(day is not None and 1970 <= day.year <= 9000 for day in days)

    def condition(self, values: Sequence[str], user: User) -> Q:
        low, high = self.bounds(values[0])
        found = Q()
        if low:
            found &= Q(**{f"{self.column}__gte": low})
        if high:
            found &= Q(**{f"{self.column}__lt": high})
        return found

    @staticmethod
    def bounds(value: str) -> tuple[datetime | None, datetime | None]:
        """From (included) and until (excluded), whole days in the reader's time zone."""
        if last := _LAST.fullmatch(value):
            amount = int(last[1])
            return clock.now() - (timedelta(hours=amount) if last[2] == "h" else timedelta(days=amount)), None
        first, _dots, final = value.partition("..")
        low, high = (parse_date(first) if first else None), (parse_date(final) if final else None)
        zone = timezone.get_current_timezone()
        return (
            datetime.combine(low, time.min, zone).astimezone(UTC) if low else None,
            datetime.combine(high + timedelta(days=1), time.min, zone).astimezone(UTC) if high else None,
        )

    def label_of(self, value: str, names: Names) -> str:
        if last := _LAST.fullmatch(value):
            if last[2] == "h":
                return ngettext("last hour", "last %(n)d hours", int(last[1])) % {"n": int(last[1])}
            return ngettext("last day", "last %(n)d days", int(last[1])) % {"n": int(last[1])}
        first, _dots, final = value.partition("..")
        if first and final:
            return f"{first} – {final}"
        return _("since %s") % first if first else _("until %s") % final


@dataclass(frozen=True)
class TextField(Field):
    """Words, found by the search index; the newest matches only."""

    negatable: bool = False

    def valid(self, value: str) -> bool:
        return bool(value.strip()) and len(value) <= 200

    def condition(self, values: Sequence[str], user: User) -> Q:
        return Q(pk__in=candidates(user, values[0]))

    def label_of(self, value: str, names: Names) -> str:
        return f"“{value}”"


def is_id(value: str) -> bool:
    """A number that can be a key."""
    return value.isascii() and value.isdigit() and len(value) < 20 and int(value) < 2**63


def _one_or_many(column: str, values: list[Any]) -> Q:
    # One value as "=": with IN an index is not read in its order.
    return Q(**{column: values[0]}) if len(values) == 1 else Q(**{f"{column}__in": values})


def state_choices() -> Choices:
    """Every state of every kind, once."""
    found: dict[str, str] = {}
    for kind in kinds.all_kinds():
        for state in kind.phases:
            found.setdefault(str(state), kind.state_label(state))
    return list(found.items())


def phases_of(states: Sequence[str]) -> set[str]:
    """The phases that states stand for, in any kind."""
    return {str(phase) for kind in kinds.all_kinds() for state, phase in kind.phases.items() if state in states}


def _phase_choices() -> Choices:
    return [
        ("open", _("Open")),
        ("any", _("Open or done")),
        *((value, str(label)) for value, label in Phase.choices),
    ]


FIELDS: dict[str, Field] = {
    item.name: item
    for item in (
        ChoiceField("kind", gettext_lazy("Kind"), "shapes", column="kind", options=kinds.choices),
        ChoiceField("phase", gettext_lazy("Phase"), "circle-dashed", column="phase", options=_phase_choices),
        ChoiceField("state", gettext_lazy("Status"), "circle-dot", column="state", options=state_choices),
        ChoiceField(
            "priority", gettext_lazy("Priority"), "signal", column="priority",
            options=lambda: [(str(value), f"P{value} {label}") for value, label in Priority.choices],
        ),
        RelationField(
            "team", gettext_lazy("Team"), "users", tag="team", column="team", mine="mine", none=gettext_lazy("No team"),
            rows=lambda: Team.objects.filter(is_active=True).order_by("name"),
        ),
        RelationField(
            "assignee", gettext_lazy("Assignee"), "user", tag="user", column="assignee", mine="me",
            none=gettext_lazy("Nobody"),
            rows=lambda: User.objects.people().filter(memberships__isnull=False).distinct().order_by("name", "id"),
        ),
        RelationField("requester", gettext_lazy("Requester"), "user-round", tag="user", column="requester", mine="me"),
        RelationField(
            "organisation", gettext_lazy("Organisation"), "building-2", tag="organisation", column="organisation",
            none=gettext_lazy("None"), rows=lambda: Organisation.objects.order_by("name"),
        ),
        RelationField(
            "service", gettext_lazy("Service"), "layers", tag="service", column="service",
            none=gettext_lazy("No service"), rows=lambda: Service.objects.order_by("name"),
        ),
        RelationField(
            "category", gettext_lazy("Category"), "tag", tag="category", column="category",
            none=gettext_lazy("No category"), rows=lambda: TicketCategory.objects.order_by("name"),
        ),
        SlaField("sla", gettext_lazy("Service level"), "timer"),
        HoldField("hold", gettext_lazy("Waiting for"), "pause"),
        FlagField("vip", gettext_lazy("VIP"), "star", column="is_vip"),
        FlagField("major", gettext_lazy("Major"), "flame", column="is_major"),
        FlagField("awaiting", gettext_lazy("Requester awaits an answer"), "message-circle", column="awaiting_reply"),
        WatchField("watching", gettext_lazy("Watched by"), "eye"),
        ChoiceField(
            "channel", gettext_lazy("Channel"), "radio-tower", column="channel",
            options=lambda: [(value, str(label)) for value, label in Channel.choices],
        ),
        MomentField("opened", gettext_lazy("Opened"), "calendar-plus", column="opened_at"),
        MomentField("updated", gettext_lazy("Updated"), "calendar-clock", column="updated_at"),
        MomentField("resolved", gettext_lazy("Resolved"), "calendar-check", column="resolved_at"),
        MomentField("due", gettext_lazy("Due"), "calendar-x", column="due_at"),
        TextField("q", gettext_lazy("Words"), "search"),
    )
}  # fmt: skip
