"""Whom agreements reach: organisations below the customer, tickets of a team about one service, waits for suppliers."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from design.models import Agreement
from improvement.reports.kpis import figures
from improvement.services import kpis
from itsm.accounts.models import Organisation
from itsm.desk.reports.service_levels.scope import Period, Scope
from itsm.lib import clock
from itsm.sla.models import Clock, Coverage, Recalculation, Target
from itsm.sla.services import clocks, rebuild, recalculation, terms
from itsm.tickets.models import HoldReason, Ticket
from operation.services import incidents
from tests import factories
from tests.design.conftest import NOW
from tests.design.test_agreements import in_force, step, text_of


def at(minutes):
    return clock.moved_to(NOW + timedelta(minutes=minutes))


def minutes_of(ticket, metric="resolution"):
    rows = Clock.objects.filter(ticket=ticket.pk, metric=metric, withdrawn_at__isnull=True)
    return [row.target_seconds // 60 for row in rows.order_by("cycle")]


def proven():
    return [str(one) for one in rebuild.check()] == []


@pytest.fixture
def tree(db):
    """Group > Country > Site > Hall."""
    found, above = {}, None
    for name in ("Group", "Country", "Site", "Hall"):
        above = found[name] = factories.OrganisationFactory(name=name, parent=above)
    return found


# ---------- organisations ----------


def test_an_agreement_holds_below_its_customer_until_a_nearer_one(
    browse, agreement, manager, administrator, service, tree
):
    people = {name: factories.person(f"{name} Person", organisation=one) for name, one in tree.items()}
    other = factories.person("Other Person", organisation=factories.OrganisationFactory(name="Other"))
    tickets = {name: factories.incident(one, service=service) for name, one in people.items()}
    outside = factories.incident(other, service=service)
    whole = in_force(agreement("For the group", [(None, 480)], customer=tree["Group"]), manager)
    recalculation.work_off()
    assert [minutes_of(tickets[name]) for name in tree] == [[480]] * 4
    assert minutes_of(outside) == []
    near = in_force(agreement("For the site", [(None, 60)], customer=tree["Site"]), manager)
    recalculation.work_off()
    assert [minutes_of(tickets[name]) for name in tree] == [[480], [480], [60], [60]]
    assert minutes_of(factories.incident(people["Hall"], service=service)) == [60]
    assert proven()
    shown = text_of(browse(manager).get(whole.get_absolute_url()))
    covers = shown[shown.index('id="covers"') : shown.index('id="kept"')]
    assert [name for name in tree if f'<span class="chip">{name}</span>' in covers] == ["Group", "Country"]
    assert covers.count(f"has {near.number} For the site") == 2
    # The hall is sold to somebody who has no agreement, by the settings page and back by the API's door.
    hall = tree["Hall"]
    form = {"name": "Hall", "parent": "", "is_active": "on"}
    assert browse(administrator).post(f"/settings/organisations/{hall.pk}/", form).status_code == 302
    recalculation.work_off()
    assert minutes_of(tickets["Hall"]) == []
    assert proven()
    step(near, "terminate", manager, reason="Merged")
    recalculation.work_off()
    assert minutes_of(tickets["Site"]) == [60], "what was opened before is owed until it is done"
    with at(1440):
        assert minutes_of(factories.incident(people["Site"], service=service)) == [480]
        assert proven()


def test_an_organisation_that_moves_in_the_api_takes_over_what_holds_there(
    call, agreement, manager, administrator, service, tree
):
    in_force(agreement("For the site", [(None, 60)], customer=tree["Site"]), manager)
    bought = factories.OrganisationFactory(name="Bought")
    ticket = factories.incident(factories.person("New Person", organisation=bought), service=service)
    assert minutes_of(ticket) == []
    client = call(administrator, "*")
    assert client.patch(f"/api/v1/organisations/{bought.pk}/", {"parent": tree["Hall"].pk}, format="json").data[
        "parent"
    ]
    recalculation.work_off()
    assert minutes_of(ticket) == [60]
    assert client.patch(f"/api/v1/organisations/{bought.pk}/", {"name": "Bought Ltd"}, format="json").status_code == 200
    assert not Recalculation.objects.unfinished().exists(), "another name changes no promise"
    assert proven()


def slow_level(rows, parents, service, organisation):
    """The reference: look at the organisation, then at what it is part of, one after the other."""
    one, seen = organisation, set()
    while one is not None and one not in seen:
        seen.add(one)
        own = [level for about, whose, level in rows if whose == one and about == service]
        if own:
            return own[-1]
        one = parents[one]
    general = [level for about, whose, level in rows if whose is None and about == service]
    return general[-1] if general else None


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_nearest_organisation_wins_in_any_tree(data, db, service, requester, django_db_blocker):
    size = data.draw(st.integers(1, 7))
    Coverage.objects.all().delete()
    Organisation.objects.filter(name__startswith="T ").update(parent=None)
    made = [Organisation.objects.get_or_create(name=f"T {number}")[0] for number in range(size)]
    above = [data.draw(st.sampled_from([None, *range(number)])) for number in range(size)]
    for one, part_of in zip(made, above, strict=True):
        one.parent = None if part_of is None else made[part_of]
        one.save()
    levels = LEVELS or [factories.support_level(f"L {n}", hours=None) for n in range(3)]
    LEVELS[:] = levels
    rows = []
    for _number in range(data.draw(st.integers(0, 6))):
        whose = data.draw(st.sampled_from([None, *range(size)]))
        level = data.draw(st.sampled_from([None, *levels]))
        Coverage.objects.create(service=service, organisation=made[whose] if whose is not None else None,
                                support_level=level)  # fmt: skip
        rows.append((service.pk, made[whose].pk if whose is not None else None, level))
    parents = {one.pk: one.parent_id for one in made}
    tickets = [Ticket(kind="incident", service=service, organisation=one, opened_at=NOW, priority=3) for one in made]
    expected = [slow_level(rows, parents, service.pk, one.pk) for one in made]
    together = terms.Book(tickets)
    assert [together.level_for(one) for one in tickets] == expected
    assert [terms.Book([one]).level_for(one) for one in tickets] == expected


LEVELS: list = []


@pytest.fixture(autouse=True)
def _no_levels_of_another_test():
    LEVELS.clear()


def test_whom_it_covers_costs_the_same_for_one_and_many(
    browse, agreement, manager, tree, django_assert_max_num_queries
):
    made = in_force(agreement("For the group", customer=tree["Group"]), manager)
    client = browse(manager)
    client.get(made.get_absolute_url())
    with django_assert_max_num_queries(60) as few:
        client.get(made.get_absolute_url())
    for number in range(30):
        factories.OrganisationFactory(name=f"Branch {number:02}", parent=tree["Country"])
    with django_assert_max_num_queries(len(few)):
        shown = text_of(client.get(made.get_absolute_url()))
    assert "and 14 more organisations" in shown


# ---------- teams ----------


def test_a_team_is_measured_by_what_it_promised_about_the_service(agreement, manager, agent, service, engineers, desk,
                                                                   requester):  # fmt: skip
    Target.objects.create(team=engineers, kind="incident", metric="ola", minutes=999)
    payroll = factories.ServiceFactory(name="Payroll", support_team=desk)
    ola = {"type": "ola", "provider_team": engineers, "customer_team": desk}
    in_force(agreement("About mail", [(None, 240), (1, 20)], **ola), manager)
    mail = factories.incident(requester, service=service)
    urgent = factories.incident(requester, service=service, priority=1)
    wages = factories.incident(requester, service=payroll)
    for one in (mail, urgent, wages):
        incidents.assign(one, team=engineers, assignee=None, actor=agent, source="web")
    assert [minutes_of(one, "ola") for one in (mail, urgent, wages)] == [[240], [20], [999]]
    made = in_force(agreement("About wages", [(None, 120)], services=[payroll], **ola), manager)
    recalculation.work_off()
    assert [minutes_of(one, "ola") for one in (mail, urgent, wages)] == [[240], [20], [120]]
    step(made, "terminate", manager, reason="Reorganised")
    recalculation.work_off()
    assert minutes_of(wages, "ola") == [999]
    assert proven()


# ---------- suppliers ----------


@pytest.fixture
def carrier(agreement, manager):
    return in_force(agreement("Carrier", [(None, 90)], type="uc", supplier="Telco"), manager)


def wait(ticket, manager, reason="supplier"):
    return incidents.put_on_hold(ticket, hold_reason=reason, comment="Case 77", actor=manager, source="web")


def test_the_wait_for_a_supplier_is_measured_against_the_contract(
    browse, call, carrier, manager, agent, requester, service, desk
):
    factories.cover(factories.support_level(hours=None, resolution=600), service)
    ticket = factories.incident(requester, service=service)
    with at(10):
        incidents.assign(ticket, team=desk, assignee=agent, actor=agent, source="web")
        incidents.start(ticket, actor=agent, source="web")
        wait(ticket, agent)
        assert Ticket.objects.get(pk=ticket.pk).sla_metric != "uc", (
            "the ticket is due by what its customer was promised"
        )
    with at(40):
        incidents.resume(ticket, actor=agent, source="web")
    with at(50):
        wait(ticket, agent)
    with at(200):
        incidents.resume(ticket, actor=agent, source="web")
        rows = Clock.objects.filter(ticket=ticket.pk, metric="uc").order_by("cycle")
        assert [(row.state, row.elapsed_seconds // 60, row.label) for row in rows] == [
            ("met", 30, f"{carrier.number} Carrier"), ("breached", 150, f"{carrier.number} Carrier"),
        ]  # fmt: skip
        assert proven()
        page = text_of(browse(agent).get(ticket.get_absolute_url()))
        assert "Waiting for the supplier" in page
        ledger = text_of(browse(agent).get(f"{ticket.get_absolute_url()}sla/"))
        assert ledger.count(f"{carrier.number} Carrier promises 90 minutes") == 2
        shown = text_of(browse(manager).get(carrier.get_absolute_url()))
        kept = shown[shown.index('id="kept"') :]
        assert "50.0 %" in kept
        assert ticket.number in kept
        told = call(manager).get(f"/api/v1/agreements/{carrier.number}/attainment/").data["results"]
        assert told == [
            {"metric": "uc", "met": 1, "breached": 1, "running_late": 0, "percent": Decimal("50.0")}
        ]  # fmt: skip
        read = call(agent, "*").get(f"/api/v1/tickets/{ticket.number}/sla/").data
        assert {one["metric"] for one in read["results"]} >= {"uc"}
        read = call(requester, "*").get(f"/api/v1/tickets/{ticket.number}/sla/").data
        assert "uc" not in {one["metric"] for one in read["results"]}, "what suppliers owe is no business of customers"
    with at(1440):
        kpis.back_fill(NOW.date(), NOW.date(), codes=["supplier_attainment"])
        series = figures.read(Scope(manager), NOW.date(), NOW.date())["supplier_attainment"]
        assert series.sums(Period(NOW.date(), NOW.date())) == (1, 2)


def test_other_waits_and_other_services_are_no_suppliers_business(carrier, manager, agent, requester, service, desk):
    other = factories.incident(requester, service=factories.ServiceFactory(name="Payroll", support_team=desk))
    mail = factories.incident(requester, service=service)
    for ticket, reason in ((other, "supplier"), (mail, "requester")):
        incidents.assign(ticket, team=desk, assignee=agent, actor=agent, source="web")
        incidents.start(ticket, actor=agent, source="web")
        wait(ticket, agent, reason)
    assert not Clock.objects.filter(metric="uc").exists()
    made = in_force_about(other.service, manager, carrier)
    recalculation.work_off()
    assert minutes_of(other, "uc") == [90], "a wait that goes on is measured from its beginning"
    step(made, "terminate", manager, reason="Cancelled")
    recalculation.work_off()
    assert minutes_of(other, "uc") == []
    assert proven()


def in_force_about(service, manager, like):
    made = step(like, "new_version", manager)
    Agreement.objects.filter(pk=made.pk).update(starts_on=NOW.date(), supplier="Another", first=None, edition=1)
    made.refresh_from_db()
    made.services.set([service])
    return in_force(made, manager)


def test_of_two_contracts_about_a_service_the_quicker_counts(carrier, agreement, manager, agent, requester, service):
    in_force(agreement("Second carrier", [(None, 45), (1, 400)], type="uc", supplier="Other"), manager)
    found = {}
    for priority in (1, 3):
        ticket = factories.incident(requester, service=service, priority=priority)
        incidents.assign(ticket, team=service.support_team, assignee=agent, actor=agent, source="web")
        incidents.start(ticket, actor=agent, source="web")
        wait(ticket, agent)
        found[priority] = minutes_of(ticket, "uc")
    assert found == {1: [400], 3: [45]}, "what is said for a priority comes before what is said for all"


def test_who_was_waited_for_does_not_change_afterwards(browse, administrator, agent, incident):
    reason = HoldReason.objects.get(code="supplier")
    form = {"label": "Supplier", "code": "supplier", "party": "internal", "position": "1", "is_active": "on"}
    assert browse(administrator).post(f"/settings/hold-reasons/{reason.pk}/", form).status_code == 302
    HoldReason.objects.filter(pk=reason.pk).update(party="supplier")
    incidents.assign(incident, team=incident.team, assignee=agent, actor=agent, source="web")
    incidents.start(incident, actor=agent, source="web")
    wait(incident, agent)
    answer = browse(administrator).post(f"/settings/hold-reasons/{reason.pk}/", form)
    assert answer.status_code == 422
    assert "Tickets have waited for this already" in text_of(answer)
    assert HoldReason.objects.get(pk=reason.pk).party == "supplier"


# ---------- what was in force before ----------


def test_agreements_in_force_are_measured_by_service_from_the_migration_on(
    agreement, manager, desk, engineers, service
):
    migrate = import_module("design.migrations.0203_measured_by_service").by_service
    ola = {"type": "ola", "provider_team": engineers, "customer_team": desk}
    for made in (agreement("Inside", [(None, 240)], **ola), agreement("Carrier", [(2, 90)], type="uc", supplier="T")):
        Agreement.objects.filter(pk=made.pk).update(state="active")
    Target.objects.create(team=engineers, kind="incident", metric="ola", minutes=240)
    by_hand = Target.objects.create(team=engineers, kind="incident", metric="ola", minutes=100, priority=1)
    migrate(apps, None)
    rows = Target.objects.current().order_by("metric", "minutes")
    assert [(row.metric, row.minutes, row.priority, row.service) for row in rows] == [
        ("ola", 100, 1, None), ("ola", 240, None, service), ("uc", 90, 2, service),
    ]  # fmt: skip
    assert by_hand in rows
    carrier = Agreement.objects.get(title="Carrier")
    assert carrier.published.published_by == carrier.number
    assert recalculation.work_off() == 0
    assert clocks.history_of is not None
    step(carrier, "terminate", manager, reason="Over")
    assert not Target.objects.current().filter(metric="uc").exists()
