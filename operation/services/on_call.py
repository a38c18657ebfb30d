"""Who is on call: a pure function of a rota's turns and stand-ins, exact across time zones and daylight saving."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Prefetch
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.accounts.roles import Role
from itsm.audit import services as audit
from itsm.lib import clock
from itsm.lib.decisions import ALLOW, Decision, deny
from itsm.lib.errors import Denied, Invalid
from operation.models import Rota, RotaMember, RotaOverride

if TYPE_CHECKING:
    from itsm.tickets.models import Ticket

#: The longest stretch that is worked out at once.
MOST_DAYS = 400
LONGEST_OVERRIDE = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Shift:
    """From when to when somebody is on call. ``override``: as a stand-in."""

    user: User
    begins_at: datetime
    ends_at: datetime
    override: RotaOverride | None = None

    @property
    def is_away(self) -> bool:
        """The person is away at some time of it: somebody has to stand in."""
        begin, end = self.user.away_from, self.user.away_until
        return begin is not None and begin < self.ends_at and (end is None or end > self.begins_at)


def loaded(rows: Any) -> Any:
    """Rotas with what working out their turns needs, in two more queries however many they are."""
    return rows.select_related("team").prefetch_related(
        Prefetch("members", queryset=RotaMember.objects.select_related("user").order_by("position")),
        Prefetch("overrides", queryset=RotaOverride.objects.select_related("user").order_by("begins_at", "id")),
    )


def turn_begins(rota: Rota, number: int) -> datetime:
    """The instant at which a turn begins: the hour of handover of that day, by the wall clock of the rota's zone.

    An hour that the spring change skips is taken as if the clock had not been changed yet; of one that the autumn
    change repeats, the first.
    """
    day = rota.starts_on + timedelta(days=number * rota.days)
    return datetime.combine(day, rota.handover, tzinfo=ZoneInfo(rota.timezone)).astimezone(UTC)


def turn_at(rota: Rota, moment: datetime) -> int:
    """The number of the turn a moment falls into; negative before the first."""
    local = moment.astimezone(ZoneInfo(rota.timezone)).date()
    number = (local - rota.starts_on).days // rota.days
    if turn_begins(rota, number + 1) <= moment:
        return number + 1
    return number if turn_begins(rota, number) <= moment else number - 1


def people(rota: Rota) -> list[User]:
    """Those who take turns, in order; who left is passed over."""
    return [member.user for member in rota.members.all() if member.user.is_active]


def turns(rota: Rota, begin: datetime, end: datetime) -> list[Shift]:
    """The rotation alone, without stand-ins, cut to ``begin`` and ``end``."""
    taking, found = people(rota), []
    if not taking or end <= begin:
        return []
    number = max(turn_at(rota, begin), 0)
    while (start := turn_begins(rota, number)) < end:
        stop = turn_begins(rota, number + 1)
        if stop > begin and stop > start:
            found.append(Shift(taking[number % len(taking)], max(start, begin), min(stop, end)))
        number += 1
    return found


def schedule(rota: Rota, begin: datetime, end: datetime) -> list[Shift]:
    """Who is on call from ``begin`` to ``end``: the rotation with stand-ins laid over it, never two at once."""
    begin, end = begin.astimezone(UTC), min(end, begin + timedelta(days=MOST_DAYS)).astimezone(UTC)
    overrides = [
        Shift(row.user, max(row.begins_at.astimezone(UTC), begin), min(row.ends_at.astimezone(UTC), end), row)
        for row in sorted(rota.overrides.all(), key=lambda row: row.begins_at)
        if row.user.is_active and row.ends_at > begin and row.begins_at < end
    ]
    found: list[Shift] = []
    for turn in turns(rota, begin, end):
        at = turn.begins_at
        for over in overrides:
            if over.ends_at <= at or over.begins_at >= turn.ends_at:
                continue
            if over.begins_at > at:
                found.append(Shift(turn.user, at, over.begins_at))
            at = max(at, over.ends_at)
        if at < turn.ends_at:
            found.append(Shift(turn.user, at, turn.ends_at))
    return sorted([*found, *overrides], key=lambda shift: shift.begins_at)


def gaps(shifts: Sequence[Shift], begin: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """When nobody is on call."""
    found, at = [], begin
    for shift in shifts:
        if shift.begins_at > at:
            found.append((at, shift.begins_at))
        at = max(at, shift.ends_at)
    return [*found, (at, end)] if at < end else found


def now_on_call(rota: Rota, moment: datetime | None = None) -> Shift | None:
    """Who is on call at a moment, with the whole stretch from a day before to at most three months after."""
    moment = moment or clock.now()
    found = schedule(rota, moment - timedelta(days=1), moment + timedelta(days=92))
    return next((shift for shift in found if shift.begins_at <= moment < shift.ends_at), None)


def people_for(ticket: Ticket) -> list[User]:
    """Whom an escalation pages: who is on call for the ticket's team now; whoever stands in while they are away."""
    if ticket.team_id is None:
        return []
    found: dict[int, User] = {}
    for rota in loaded(Rota.objects.active().filter(team=ticket.team_id)):
        shift = now_on_call(rota)
        if shift is not None:
            found.setdefault(shift.user.pk, shift.user)
    return list(found.values())


# ---------- changing it ----------


def may_manage(rota: Rota | None, user: User) -> Decision:
    """Leads of the team, incident managers and administrators plan turns."""
    if user.holds(Role.ADMINISTRATOR, Role.INCIDENT_MANAGER):
        return ALLOW
    if rota is not None and user.memberships.filter(team=rota.team_id, is_lead=True).exists():
        return ALLOW
    return deny(_("Leads of the team and incident managers plan turns."))


def may_stand_in(rota: Rota, user: User, who: User) -> Decision:
    """Members of the team take over themselves; who plans turns puts in anybody of the team."""
    if who.pk == user.pk and rota.team_id in user.team_ids and user.acts_for_desk:
        return ALLOW
    return may_manage(rota, user)


@transaction.atomic
def save(rota: Rota, members: Sequence[User], *, actor: User, source: str) -> Rota:
    """Write a rota with its people in their order."""
    verdict = may_manage(Rota.objects.get(pk=rota.pk) if rota.pk else None, actor)
    if not verdict:
        raise Denied(verdict.reason)
    if not members:
        raise Invalid({"people": _("Somebody has to take the turns.")})
    strangers = [person for person in members if rota.team_id not in person.team_ids]
    if strangers:
        raise Invalid({"people": _("Not in team %(team)s: %(people)s.") % {
            "team": rota.team, "people": ", ".join(map(str, strangers)),
        }})  # fmt: skip
    before = Rota.objects.select_for_update().filter(pk=rota.pk).first() if rota.pk else None
    old = audit.snapshot(before) | {"people": [str(one.user) for one in before.members.all()]} if before else {}
    rota.version = before.version + 1 if before else 1
    rota.save()
    rota.members.all().delete()
    RotaMember.objects.bulk_create(
        RotaMember(rota=rota, user=person, position=number) for number, person in enumerate(members)
    )
    new = audit.snapshot(rota) | {"people": [str(person) for person in members]}
    changes = audit.diff(old, new) if before else {"name": [None, rota.name], "people": [None, new["people"]]}
    changes.pop("version", None)
    audit.record(rota, "changed" if before else "created", actor=actor, source=source, changes=changes)
    return rota


@transaction.atomic
def stand_in(
    rota: Rota, who: User, begins_at: datetime, ends_at: datetime, *, actor: User, source: str, reason: str = ""
) -> RotaOverride:
    """Put somebody else in for a while. Two stand-ins at once would leave open who answers."""
    verdict = may_stand_in(rota, actor, who)
    if not verdict:
        raise Denied(verdict.reason)
    locked = Rota.objects.select_for_update().get(pk=rota.pk)
    errors: dict[str, Any] = {}
    if ends_at <= begins_at:
        errors["ends_at"] = _("The end comes after the beginning.")
    elif ends_at - begins_at > LONGEST_OVERRIDE:
        errors["ends_at"] = _("At most %d days; change the rota instead.") % LONGEST_OVERRIDE.days
    elif ends_at <= clock.now():
        errors["ends_at"] = _("This is over already.")
    if locked.team_id not in who.team_ids or not who.is_active:
        errors["user"] = _("%(person)s is not in team %(team)s.") % {"person": who, "team": locked.team}
    if len(reason) > 200:
        errors["reason"] = _("At most 200 characters.")
    taken = locked.overrides.filter(begins_at__lt=ends_at, ends_at__gt=begins_at).select_related("user").first()
    if not errors and taken is not None:
        errors["begins_at"] = _("%(person)s stands in at that time already.") % {"person": taken.user}
    if errors:
        raise Invalid(errors)
    made = RotaOverride.objects.create(
        rota=locked, user=who, begins_at=begins_at, ends_at=ends_at, reason=reason.strip(), created_by=actor,
        created_at=clock.now(),
    )  # fmt: skip
    audit.record(locked, "changed", actor=actor, source=source, changes={"stand-in": [None, str(made)]})
    return made


@transaction.atomic
def take_back(override: RotaOverride, *, actor: User, source: str) -> None:
    """The rotation goes on as planned."""
    verdict = may_stand_in(override.rota, actor, override.user)
    if not verdict:
        raise Denied(verdict.reason)
    said = str(override)
    override.delete()
    audit.record(override.rota, "changed", actor=actor, source=source, changes={"stand-in": [said, None]})
