# ruff: noqa: E501
"""Every filter against a slow reference in Python."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict

from itsm.desk.reports.fields import FIELDS
from itsm.desk.reports.filters import Filters
from itsm.lib import clock
from itsm.tickets.models import HoldReason, Ticket, Watcher
from tests import factories

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
STATES = {
    "new": "new",
    "assigned": "active",
    "in_progress": "active",
    "on_hold": "waiting",
    "resolved": "resolved",
    "closed": "closed",
}
OPEN = ("new", "active", "waiting")


@pytest.fixture
def world(agent, engineer, requester, outsider, desk, engineers, service, make, time_machine=None):
    """Eighty tickets of every sort."""
    dice = random.Random(7)
    category = factories.CategoryFactory(name="Mailbox")
    made = []
    with clock.moved_to(NOW):
        for n in range(80):
            state = dice.choice(list(STATES))
            due = dice.choice([None, NOW - timedelta(hours=1), NOW + timedelta(hours=2), NOW + timedelta(days=3)])
            sla = "none" if due is None else "running"
            if STATES[state] in ("resolved", "closed"):
                due, sla = None, dice.choice(["met", "breached", "none"])
            who = dice.choice([requester, outsider])
            made.append(
                make(
                    title=f"Ticket {n} {dice.choice(['printer', 'mail'])}", state=state, phase=STATES[state],
                    hold_reason=dice.choice(["requester", "supplier", "change"]) if state == "on_hold" else "",
                    priority=dice.randint(1, 5), requester=who, organisation=who.organisation,
                    team=dice.choice([desk, engineers, None]), assignee=dice.choice([agent, engineer, None]),
                    service=dice.choice([service, None]), category=dice.choice([category, None]),
                    is_vip=dice.random() < 0.3, is_major=dice.random() < 0.2, awaiting_reply=dice.random() < 0.4,
                    channel=dice.choice(["portal", "email"]), sla_state=sla, due_at=due,
                    warn_at=due and due - timedelta(hours=dice.choice([1, 30])),
                    opened_at=NOW - timedelta(hours=dice.randint(1, 900)), updated_at=NOW - timedelta(minutes=dice.randint(1, 9000)),
                )
            )  # fmt: skip
        for ticket in made[::7]:
            Watcher.objects.create(ticket=ticket, user=agent)
    return made


def sla_is(t, name):
    if t.sla_state != "running":
        return t.sla_state == name
    if t.due_at <= NOW:
        return name == "breached"
    return name == ("risk" if t.warn_at <= NOW else "ok")


def party(t, name):
    return t.phase == "waiting" and HoldReason.objects.get(code=t.hold_reason).party == name


def is_open(t):
    return t.phase in OPEN


#: address -> what it means. ``{agent}`` and the like are ids.
CASES = {
    "": is_open,
    "phase=any": lambda t: True,
    "phase=open": is_open,
    "phase=resolved": lambda t: t.phase == "resolved",
    "phase=closed,resolved": lambda t: not is_open(t),
    "phase=open&phase=closed": lambda t: is_open(t) or t.phase == "closed",
    "phase-not=closed": lambda t: t.phase != "closed",
    "phase-not=open": lambda t: not is_open(t),
    "state=on_hold": lambda t: t.state == "on_hold",
    "state=closed": lambda t: t.state == "closed",
    "state=new,resolved": lambda t: t.state in ("new", "resolved"),
    "state-not=new": lambda t: is_open(t) and t.state != "new",
    "state-not=new&phase=any": lambda t: t.state != "new",
    "kind=incident": is_open,
    "kind-not=incident": lambda t: False,
    "priority=1": lambda t: is_open(t) and t.priority == 1,
    "priority=1,2": lambda t: is_open(t) and t.priority in (1, 2),
    "priority-not=3&priority-not=4": lambda t: is_open(t) and t.priority not in (3, 4),
    "team={desk}": lambda t: is_open(t) and t.team and t.team.name == "Service desk",
    "team=mine": lambda t: is_open(t) and t.team and t.team.name == "Service desk",
    "team=none": lambda t: is_open(t) and t.team is None,
    "team=mine,none": lambda t: is_open(t) and (t.team is None or t.team.name == "Service desk"),
    "team-not={desk}": lambda t: is_open(t) and not (t.team and t.team.name == "Service desk"),
    "team-not=none": lambda t: is_open(t) and t.team is not None,
    "assignee=me": lambda t: is_open(t) and t.assignee and t.assignee.name == "Anna Agent",
    "assignee=none": lambda t: is_open(t) and t.assignee is None,
    "assignee={engineer}&phase=any": lambda t: t.assignee and t.assignee.name == "Emil Engineer",
    "assignee-not=me": lambda t: is_open(t) and not (t.assignee and t.assignee.name == "Anna Agent"),
    "requester={requester}&phase=any": lambda t: t.requester.name == "Rita Requester",
    "requester=me&phase=any": lambda t: t.requester.name == "Anna Agent",
    "organisation={elsewhere}": lambda t: is_open(t) and t.organisation.name == "Elsewhere",
    "service={service}": lambda t: is_open(t) and t.service is not None,
    "service=none": lambda t: is_open(t) and t.service is None,
    "category={category}&phase=any": lambda t: t.category is not None,
    "category-not={category}": lambda t: is_open(t) and t.category is None,
    "vip=yes": lambda t: is_open(t) and t.is_vip,
    "vip=no&phase=any": lambda t: not t.is_vip,
    "vip=yes,no": is_open,
    "major=yes": lambda t: is_open(t) and t.is_major,
    "awaiting=yes": lambda t: is_open(t) and t.awaiting_reply,
    "watching=me": lambda t: is_open(t) and t.watchers.exists(),
    "channel=email": lambda t: is_open(t) and t.channel == "email",
    "sla=breached": lambda t: is_open(t) and sla_is(t, "breached"),
    "sla=breached&phase=any": lambda t: sla_is(t, "breached"),
    "sla=risk": lambda t: is_open(t) and sla_is(t, "risk"),
    "sla=ok": lambda t: is_open(t) and sla_is(t, "ok"),
    "sla=risk,breached": lambda t: is_open(t) and (sla_is(t, "risk") or sla_is(t, "breached")),
    "sla=none,met&phase=any": lambda t: sla_is(t, "none") or sla_is(t, "met"),
    "hold=requester": lambda t: t.phase == "waiting" and t.hold_reason == "requester",
    "hold=@internal": lambda t: party(t, "internal"),
    "hold=@requester,supplier": lambda t: party(t, "requester") or party(t, "supplier"),
    "hold-not=requester": lambda t: is_open(t) and t.hold_reason != "requester",
    "opened=24h": lambda t: is_open(t) and t.opened_at >= NOW - timedelta(hours=24),
    "opened=7d&phase=any": lambda t: t.opened_at >= NOW - timedelta(days=7),
    "opened=2026-02-01..2026-02-10&phase=any": lambda t: datetime(2026, 2, 1, tzinfo=UTC) <= t.opened_at < datetime(2026, 2, 11, tzinfo=UTC),
    "opened=..2026-02-01&phase=any": lambda t: t.opened_at < datetime(2026, 2, 2, tzinfo=UTC),
    "updated=2026-03-01..": lambda t: is_open(t) and t.updated_at >= datetime(2026, 3, 1, tzinfo=UTC),
    "due=2026-03-05..": lambda t: is_open(t) and t.due_at and t.due_at >= datetime(2026, 3, 5, tzinfo=UTC),
    "q=printer": lambda t: is_open(t) and "printer" in t.title,
    "q=printer&phase=any&priority=1": lambda t: "printer" in t.title and t.priority == 1,
    "team=mine&assignee=none&priority=1,2,3&sla-not=breached": lambda t: (
        is_open(t) and t.team and t.team.name == "Service desk" and not t.assignee and t.priority <= 3 and not sla_is(t, "breached")
    ),
}  # fmt: skip


def test_every_filter_means_what_it_says(agent, engineer, requester, outsider, desk, service, world):
    ids = {
        "agent": agent.pk, "engineer": engineer.pk, "desk": desk.pk, "requester": requester.pk, "service": service.pk,
        "elsewhere": outsider.organisation_id, "category": next(t.category_id for t in world if t.category_id),
    }  # fmt: skip
    tickets = list(
        Ticket.objects.select_related("team", "assignee", "requester", "organisation", "service", "category")
    )
    with clock.moved_to(NOW):
        for address, means in CASES.items():
            filters = Filters.parse(QueryDict(address.format(**ids)))
            assert filters.problems == (), address
            found = set(filters.tickets(agent).values_list("pk", flat=True))
            assert found == {t.pk for t in tickets if means(t)}, address
            # What a saved view stores reads back as the same.
            assert set(Filters.parse(filters.to_params()).tickets(agent).values_list("pk", flat=True)) == found


def test_the_cases_name_every_field():
    named = {part.partition("=")[0].removesuffix("-not") for case in CASES for part in case.split("&") if part}
    assert set(FIELDS) - named == {"resolved"}


@pytest.mark.parametrize(
    "address",
    [
        "priority=9", "priority=1;DROP TABLE", "team=abc", "team=-1", "team=99999999999999999999999", "phase=nonsense", "state=flying",
        "kind=unicorn", "vip=maybe", "sla=soon", "hold=@nobody", "hold=NOT A CODE", "opened=yesterday", "opened=2026-13-45..", "opened=..",
        "opened=0001-01-01..", "opened=9999-12-31..", "opened=99999d", "q=" + "x" * 0 + " ", "watching=you", "requester=\u0661",
    ],
)  # fmt: skip
def test_what_does_not_fit_is_left_out_and_reported(agent, make, address):
    make()
    filters = Filters.parse(QueryDict(address))
    assert not filters.applied
    assert len(filters.problems) == (0 if address.startswith("q=") else 1)
    assert filters.tickets(agent).count() == 1


def test_values_are_limited_in_number(agent):
    filters = Filters.parse(QueryDict("team=" + ",".join(map(str, range(1, 500)))))
    assert len(filters.get("team")) == 50
    assert list(filters.tickets(agent)) == []


def test_nothing_left_after_exclusion_is_an_empty_list(agent, make):
    make()
    assert list(Filters.parse(QueryDict("phase=new&phase-not=new")).tickets(agent)) == []
