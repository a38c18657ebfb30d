"""Agreements through their pages, the API and the job that turns them; and what they mean for clocks."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from design.models import Agreement, AgreementTarget
from design.reports import agreements as reports
from design.services import guards
from design.tasks import turn_agreements
from itsm.catalogue.models import ServiceDependency
from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid, Refused, Stale
from itsm.sla.models import Clock, Coverage, SupportLevel, Target
from itsm.sla.services import rebuild, recalculation, targets
from itsm.workflow import records
from tests import factories
from tests.design.conftest import NOW

OFFICE = {str(day): [["09:00", "17:00"]] for day in range(5)}


def text_of(answer):
    return answer.content.decode()


def step(record, verb, actor, **data):
    return records.perform(record, verb, actor=actor, source="web", data=data)


def in_force(record, actor):
    return step(step(record, "agree", actor), "activate", actor)


def clock_of(ticket):
    return Clock.objects.get(ticket=ticket.pk, metric="resolution", withdrawn_at__isnull=True)


def on(day, hour=12):
    return clock.moved_to(datetime(day.year, day.month, day.day, hour, tzinfo=UTC))


def test_life_of_an_agreement_in_the_browser(browse, manager, service, requester):
    with on(date(2026, 9, 10)):
        ticket = factories.incident(requester, service=service, priority=1)
    client = browse(manager)
    level = factories.support_level("Silver", hours=None, resolution=600)
    sent = {
        "title": "Email for Halden", "type": "sla", "services": [service.pk], "customer": requester.organisation_id,
        "support_level": level.pk, "owner": manager.email, "starts_on": "2026-09-01",
    }  # fmt: skip
    client.post("/design/agreements/new/", sent)
    made = Agreement.objects.get()
    url = f"/design/agreements/{made.number}/"
    shown = text_of(client.get(url))
    assert "Nothing is promised yet" in shown
    assert client.post(f"{url}agree/").status_code == 409
    client.post(f"{url}take_targets/")
    assert made.targets.filter(metric="resolution", minutes=600).exists(), "taken over from the support level"
    fast = {"kind": "incident", "metric": "resolution", "priority": "1", "minutes": "4h", "warn_percent": "80"}
    assert client.post(f"{url}targets/new/", fast)["Location"] == url
    client.post(f"{url}agree/", {"comment": "Signed by the board"})
    client.post(f"{url}activate/")
    made.refresh_from_db()
    assert (made.state, made.published.published_by) == ("active", made.number)
    recalculation.work_off()
    row = clock_of(ticket)
    assert (row.target_seconds, row.label, row.warn_percent) == (4 * 3600, f"{made.number} Email for Halden", 80)
    assert row.state == "breached", "counted over its whole history, not from today"
    assert [str(one) for one in rebuild.check()] == []
    shown = text_of(client.get(url))
    assert "No agreement inside or with a supplier backs" in shown
    columns = re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', shown[shown.index('id="targets"') :])
    assert columns[:4] == ["Promise", "Tickets", "P1", "Every priority"], "what is in force stands as a matrix"
    assert made.number in text_of(client.get(f"/services/{service.slug}/")), "the page of the service names it"
    client.post(f"{url}terminate/", {"reason": "Sold"})
    made.refresh_from_db()
    assert (made.state, made.ends_on, Coverage.objects.get(support_level=made.published).valid_to) == (
        "terminated", NOW.date(), NOW.date(),
    )  # fmt: skip


WRONG = [
    ({"title": ""}, "title"),
    ({"title": "x" * 161}, "title"),
    ({"services": []}, "services"),
    ({"starts_on": ""}, "starts_on"),
    ({"starts_on": "31.31.2026"}, "starts_on"),
    ({"ends_on": "2026-08-01"}, "ends_on"),
    ({"type": "ola"}, "provider_team"),
    ({"type": "uc"}, "supplier"),
    ({"supplier": "Telco"}, "supplier"),
    ({"customer": "999999"}, "customer"),
    ({"owner": "nobody@example.com"}, "owner"),
]


def test_bad_input_stands_at_its_field(browse, manager, service, agreement):
    client = browse(manager)
    good = {"title": "A", "type": "sla", "services": [service.pk], "owner": manager.email, "starts_on": "2026-09-01"}
    for wrong, field in WRONG:
        answer = client.post("/design/agreements/new/", {**good, **wrong})
        assert answer.status_code == 422, wrong
        assert f'id="{field}-error"' in text_of(answer) or f"#id_{field}" in text_of(answer), (wrong, field)
    assert not Agreement.objects.exists()
    made = agreement(promises=[(1, 60)])
    target = {"kind": "incident", "metric": "resolution", "priority": "2", "minutes": "1h", "warn_percent": "75"}
    for wrong in (
        {"minutes": "soon"}, {"minutes": "0"}, {"priority": "1"}, {"priority": "9"}, {"metric": "fulfilment"},
        {"kind": "wish"}, {"warn_percent": "100"}, {"pause_reasons": ["weather"]}, {"calendar": "999999"},
    ):  # fmt: skip
        answer = client.post(f"/design/agreements/{made.number}/targets/new/", {**target, **wrong})
        assert answer.status_code == 422, wrong
    assert made.targets.count() == 1


def test_who_does_what(browse, agreement, agent, owner, requester, manager):
    made = agreement()
    assert browse(requester).get("/design/agreements/").status_code == 404
    assert browse(agent).get(made.get_absolute_url()).status_code == 200
    assert browse(agent).get("/design/agreements/new/").status_code == 403
    with pytest.raises(Denied):
        step(made, "agree", agent)
    with pytest.raises(Refused):
        records.edit(made, actor=owner, source="web", title="Mine now")
    drafted = records.create(
        Agreement, actor=owner, source="web", title="By the owner", owner=manager, starts_on=date(2026, 10, 1),
        lists={"services": list(made.services.all())},
    )  # fmt: skip
    records.edit(drafted, actor=owner, source="web", title="Whoever drafts it edits it")
    with pytest.raises(Denied):
        step(drafted, "agree", owner)
    agreed = step(made, "agree", manager)
    with pytest.raises(Refused, match="take it back"):
        records.edit(agreed, actor=manager, source="web", title="Quickly")
    assert step(agreed, "take_back", manager, reason="A typo").state == "draft"


def test_the_same_is_not_agreed_on_twice(agreement, manager, organisation, agent, desk, engineers):
    first = step(agreement("First", ends_on=date(2026, 12, 31)), "agree", manager)
    second = agreement("Second", starts_on=date(2026, 12, 31))
    with pytest.raises(Refused, match=f"{first.number} “First”"):
        step(second, "agree", manager)
    # Another day, another customer or another service is another thing.
    step(records.edit(second, actor=manager, source="web", starts_on=date(2027, 1, 1)), "agree", manager)
    step(agreement("Halden", customer=organisation), "agree", manager)
    step(agreement("Other service", services=[factories.ServiceFactory()]), "agree", manager)
    ola = {"type": "ola", "provider_team": engineers, "customer_team": desk}
    step(agreement("Inside", **ola), "agree", manager)
    with pytest.raises(Refused, match="Inside"):
        step(agreement("Again", **ola), "agree", manager)
    step(agreement("Telco", type="uc", supplier="Telco"), "agree", manager)
    with pytest.raises(Refused, match="Telco"):
        step(agreement("Other line", type="uc", supplier="telco"), "agree", manager)


def test_a_new_version_takes_over_on_its_day(agreement, manager, requester, service):
    first = in_force(agreement(promises=[(None, 480)]), manager)
    second = step(first, "new_version", manager)
    assert (second.edition, second.first_id, second.starts_on) == (2, first.pk, date(2026, 9, 16))
    with pytest.raises(Refused, match=second.number):
        step(first, "new_version", manager)
    target = second.targets.get()
    records.put_part(second, target, {"minutes": 60}, actor=manager, source="web", name="target")
    step(second, "agree", manager)
    with pytest.raises(Refused, match="by itself"):
        step(second, "activate", manager)
    turn_agreements()
    assert Agreement.objects.get(pk=second.pk).state == "agreed"
    before = factories.incident(requester, service=service)
    with on(date(2026, 9, 16)):
        turn_agreements()
        turn_agreements()
        after = factories.incident(requester, service=service)
        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.state, first.ends_on, second.state) == ("expired", date(2026, 9, 15), "active")
        recalculation.work_off()
        assert [clock_of(one).target_seconds // 60 for one in (before, after)] == [480, 60]
        assert [str(one) for one in rebuild.check()] == []


def test_agreements_end_by_themselves(agreement, manager, requester, service):
    made = in_force(agreement(ends_on=date(2026, 9, 30)), manager)
    with on(date(2026, 9, 30)):
        turn_agreements()
        assert Agreement.objects.get(pk=made.pk).state == "active"
    with on(date(2026, 10, 1)):
        turn_agreements()
        assert Agreement.objects.get(pk=made.pk).state == "expired"
        late = factories.incident(requester, service=service)
        assert not Clock.objects.filter(ticket=late.pk, metric="resolution").exists()


def test_one_that_cannot_begin_stays_agreed_and_others_begin(agreement, manager):
    stuck = step(agreement("Stuck", starts_on=date(2026, 9, 16)), "agree", manager)
    free = step(agreement("Free", services=[factories.ServiceFactory()], starts_on=date(2026, 9, 16)), "agree", manager)
    # Somebody made room for a conflict behind the door's back.
    rival = agreement("Rival")
    Agreement.objects.filter(pk=rival.pk).update(state="active")
    with on(date(2026, 9, 17)):
        turn_agreements()
    assert [Agreement.objects.get(pk=one.pk).state for one in (stuck, free)] == ["agreed", "active"]


def test_a_team_is_measured_by_its_strictest_agreement_about_a_service(agreement, manager, service, desk, engineers):
    ola = {"type": "ola", "provider_team": engineers, "customer_team": desk}
    hours = factories.calendar()
    slow = in_force(agreement("Slow", promises=[(None, 480)], calendar=hours, **ola), manager)
    other = factories.ServiceFactory(name="Payroll")
    fast = in_force(agreement("Fast", promises=[(None, 240)], services=[other], **ola), manager)

    both = in_force(
        agreement("Both", promises=[(None, 300), (1, 30)], services=[service, other], type="ola",
                  provider_team=engineers, customer_team=factories.TeamFactory(name="Field service")), manager,
    )  # fmt: skip

    def promised():
        rows = Target.objects.current().filter(team=engineers, metric="ola").order_by("service", "priority")
        return sorted(
            (row.service.name, row.priority or 0, row.minutes, row.calendar_id and row.calendar.name) for row in rows
        )

    assert promised() == [
        ("Email", 0, 300, None), ("Email", 1, 30, None), ("Payroll", 0, 240, None), ("Payroll", 1, 30, None),
    ]  # fmt: skip
    step(both, "terminate", manager, reason="Reorganised")
    assert promised() == [("Email", 0, 480, "Office hours"), ("Payroll", 0, 240, None)]
    step(fast, "terminate", manager, reason="Reorganised")
    assert promised() == [("Email", 0, 480, "Office hours")]
    step(slow, "terminate", manager, reason="Reorganised")
    assert promised() == []


def test_targets_have_hours_and_pauses_of_their_own(agreement, manager, requester, service):
    hours = factories.calendar("Always", {str(day): [["00:00", "24:00"]] for day in range(7)})
    made = agreement(promises=[(None, 480)], calendar=factories.calendar("Office", OFFICE))
    target = made.targets.get()
    records.put_part(made, target, {"calendar": hours, "pause_reasons": ["requester"]}, actor=manager, source="web",
                     name="target")  # fmt: skip
    in_force(made, manager)
    with on(date(2026, 9, 19), 20):  # a Saturday night
        row = clock_of(factories.incident(requester, service=service))
        assert (row.due_at, row.pause_reasons) == (clock.now() + timedelta(hours=8), ["requester"])
        hours.weekly = {"0": [["09:00", "10:00"]]}
        targets.store(hours, actor=manager, source="web")
        recalculation.work_off()
        assert clock_of(row.ticket).due_at > clock.now() + timedelta(days=20), "an edition of its own hours counts"
        assert [str(one) for one in rebuild.check()] == []


def test_what_an_agreement_published_changes_only_with_it(browse, call, agreement, manager):
    made = in_force(agreement(), manager)
    client = browse(manager)
    level = made.published
    assert level.name not in text_of(client.get("/settings/levels/"))
    assert client.get(f"/settings/levels/{level.pk}/targets/").status_code == 404
    api = call(manager, "*")
    covered = Coverage.objects.get(support_level=level)
    row = level.targets.first()
    assert api.patch(f"/api/v1/support-levels/{level.pk}/", {"name": "Mine"}, format="json").status_code == 409
    assert api.delete(f"/api/v1/coverage/{covered.pk}/").status_code == 409
    assert api.patch(f"/api/v1/targets/{row.pk}/", {"minutes": 1}, format="json").status_code == 409
    assert SupportLevel.objects.filter(pk=level.pk, name=level.name).exists()


def test_the_chain_is_checked_along_the_services(agreement, manager, service, desk, engineers, organisation):
    network = factories.ServiceFactory(name="Network")
    ServiceDependency.objects.create(service=service, depends_on=network)
    sla = agreement("Outside", promises=[(1, 240)])
    assert [gap.code for gap in reports.chains(sla)[0].gaps] == ["unbacked", "unbacked"]
    type(engineers).objects.filter(pk=engineers.pk).update(tier="second")
    office = factories.calendar("Office", OFFICE)
    step(agreement("Desk", [(None, 60)], type="ola", provider_team=desk, customer_team=engineers), "agree", manager)
    second = {"type": "ola", "customer_team": desk, "services": [network]}
    engineers.refresh_from_db()
    step(agreement("Network", [(None, 120)], calendar=office, provider_team=engineers, **second), "agree", manager)
    step(agreement("Carrier", [(None, 90)], type="uc", supplier="Telco", services=[network]), "agree", manager)
    agreement("Draft", [(None, 9000)], type="uc", supplier="Nobody", services=[network])
    (one,) = reports.chains(sla)
    assert [gap.code for gap in one.gaps] == ["hours", "minutes"]
    hours, minutes = one.words
    assert "Mon–Fri 00:00–09:00, 17:00–24:00, Sat–Sun 00:00–24:00" in hours
    assert "30 minutes more than the promised 4h" in minutes
    assert [item.done for item in guards.chain_needs(service)] == [False]
    assert "is not agreed on yet" in guards.chain_needs(service)[0].detail
    step(sla, "agree", manager)
    item = guards.chain_needs(service)[0]
    assert (item.done, item.url) == (False, f"{sla.get_absolute_url()}#chain")
    assert item.detail.startswith(f"{sla.number}: ")
    network_ola = Agreement.objects.get(title="Network")
    step(network_ola, "take_back", manager, reason="Too slow")
    records.edit(network_ola, actor=manager, source="web", calendar=None)
    records.put_part(network_ola, network_ola.targets.get(), {"minutes": 90}, actor=manager, source="web", name="t")
    step(network_ola, "agree", manager)
    assert [item.done for item in guards.chain_needs(service)] == [True]


def test_agreements_in_the_api(call, manager, agent, requester, service):
    client = call(manager)
    sent = {"title": "Email", "type": "sla", "services": [service.slug], "starts_on": "2026-09-01", "owner": "me"}
    made = client.post("/api/v1/agreements/", sent, format="json")
    assert (made.status_code, made.data["state"], made.data["services"][0]["slug"]) == (201, "draft", service.slug)
    url = f"/api/v1/agreements/{made.data['number']}/"
    bad = client.post("/api/v1/agreements/", {**sent, "type": "ola", "colour": 1}, format="json")
    assert (bad.status_code, "colour" in bad.data["errors"]) == (422, True)
    bad = client.post("/api/v1/agreements/", {**sent, "type": "ola"}, format="json")
    assert (bad.status_code, set(bad.data["errors"])) == (422, {"provider_team", "customer_team"})
    target = {"kind": "incident", "metric": "resolution", "minutes": 60}
    assert client.post(f"{url}targets/", target, format="json").status_code == 201
    assert client.post(f"{url}targets/", target, format="json").status_code == 422
    offered = {one["name"]: one["allowed"] for one in client.get(f"{url}transitions/").data["results"]}
    assert offered["agree"]
    assert client.post(f"{url}transitions/agree/", {}, format="json").status_code == 200
    assert client.post(f"{url}transitions/activate/", {}, format="json").data["state"] == "active"
    chain = client.get(f"{url}chain/").data["results"]
    assert [(one["service"], one["holds"], one["gaps"][0]["code"]) for one in chain] == [
        (service.slug, False, "unbacked")
    ]
    renewed = client.post(f"{url}transitions/new_version/", {}, format="json")
    assert (renewed.data["edition"], renewed.data["state"]) == (2, "draft")
    assert len(client.get(f"/api/v1/agreements/?state=active&service={service.slug}").data["results"]) == 1
    assert call(agent).post("/api/v1/agreements/", {**sent, "owner": agent.email}, format="json").status_code == 403
    assert call(requester).get("/api/v1/agreements/").status_code == 404
    stale = client.patch(f"{url}", {"title": "x"}, format="json", HTTP_IF_MATCH='"0"')
    assert stale.status_code == 412


def test_lists_cost_the_same_for_one_and_many(browse, agreement, manager, django_assert_max_num_queries):
    client = browse(manager)
    agreement("One")
    client.get("/design/agreements/")
    with django_assert_max_num_queries(14) as one:
        client.get("/design/agreements/")
    agreement("Two", services=[factories.ServiceFactory()])
    agreement("Three", services=[factories.ServiceFactory()])
    with django_assert_max_num_queries(len(one)):
        shown = text_of(client.get("/design/agreements/?q=&type=sla"))
    assert shown.count("Email, Gold") == 0
    assert "Two" in shown
    assert "Three" in text_of(client.get("/search/?q=Three"))
    assert isinstance(AgreementTarget.objects.first().hours, type(None))


def test_agreeing_twice_at_once_waits_for_the_other(agreement, manager):
    """The version seen first is stale after the other's step."""
    made = agreement()
    seen = made.version
    step(made, "agree", manager)
    with pytest.raises(Stale):
        records.perform(made, "agree", actor=manager, source="web", version=seen)
    with pytest.raises(Invalid):
        records.perform(made, "agree", actor=manager, source="web", data={"colour": "red"})
