from datetime import UTC, date, datetime

import pytest

from itsm.audit.models import Entry
from itsm.lib import clock
from itsm.sla.models import Coverage, EscalationPolicy, EscalationStep, SupportLevel, Target
from itsm.sla.services import recalculation
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client):
    """The service level manager signed in."""
    client.force_login(factories.person("Sam Levels", roles=("service_level_manager",)))
    return client


@pytest.fixture
def gold(service):
    level = factories.support_level(first_response=60, resolution=480)
    factories.cover(level, service)
    return level


def grid(level) -> str:
    return f"/settings/levels/{level.pk}/targets/?kind=incident"


# ---------- support levels ----------


def test_a_level_is_made_then_its_targets(manager, entries):
    data = {"name": "Silver", "rank": "2", "pause_reasons": ["requester"], "is_active": "on"}
    response = manager.post("/settings/levels/new/", data)
    made = SupportLevel.objects.get(name="Silver")
    assert response.url == f"/settings/levels/{made.pk}/targets/"
    assert made.pause_reasons == ["requester"]
    assert entries(made)[0][0] == "created"
    assert manager.post("/settings/levels/new/", data).status_code == 422
    bad = manager.post("/settings/levels/new/", data | {"name": "X", "pause_reasons": ["nonsense"]})
    assert "pause_reasons" in bad.context["form"].errors


def test_what_pauses_the_clocks_reaches_open_tickets(manager, filled, gold, incident, entries):
    url = f"/settings/levels/{gold.pk}/"
    assert manager.post(url, filled(manager, url, pause_reasons=["supplier"])).status_code == 302
    recalculation.work_off()
    assert {tuple(row.pause_reasons) for row in incident.clocks.all()} == {("supplier",)}
    assert entries(gold) == [("changed", {"pause_reasons": [["requester"], ["supplier"]]})]


def test_a_level_with_history_stays(manager, gold, incident):
    assert manager.post(f"/settings/levels/{gold.pk}/delete/").status_code == 409
    Coverage.objects.all().delete()
    assert manager.post(f"/settings/levels/{gold.pk}/delete/").status_code == 409
    assert SupportLevel.objects.filter(pk=gold.pk).exists()


# ---------- the grid of targets ----------


def test_targets_take_what_people_write_and_reach_open_tickets(manager, filled, gold, incident, entries):
    data = filled(manager, grid(gold), resolution_4="4h 30m", resolution_any="", warn_resolution="80")
    assert manager.post(grid(gold), data).status_code == 302
    current = {(t.metric, t.priority): (t.minutes, t.warn_percent) for t in Target.objects.current()}
    assert current == {("resolution", 4): (270, 80), ("first_response", None): (60, 75)}
    recalculation.work_off()
    clock_row = incident.clocks.get(metric="resolution")
    assert clock_row.target_seconds == 270 * 60
    old = Target.objects.get(superseded_at__isnull=False)
    assert old.minutes == 480
    assert [next(iter(changes)) for _action, changes in entries(gold)] == [
        "target.incident.resolution.P4", "target.incident.resolution.any",
    ]  # fmt: skip


def test_saving_the_same_targets_supersedes_nothing(manager, filled, gold):
    assert manager.post(grid(gold), filled(manager, grid(gold))).status_code == 302
    assert not Target.objects.filter(superseded_at__isnull=False).exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"resolution_1": "soon"}, "resolution_1"),
        ({"resolution_1": "0"}, "resolution_1"),
        ({"resolution_1": "900d"}, "resolution_1"),
        ({"resolution_1": "4h", "resolution_2": "2h"}, "resolution_2"),
        ({"warn_resolution": "100"}, "warn_resolution"),
    ],
)
def test_a_bad_target_is_said_in_its_cell_and_changes_nothing(manager, filled, gold, change, field):
    response = manager.post(grid(gold), filled(manager, grid(gold), **change))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert Target.objects.count() == 2


def test_stale_targets_are_refused_with_both_values(manager, filled, gold):
    mine = filled(manager, grid(gold), resolution_1="1h")
    manager.post(grid(gold), filled(manager, grid(gold), resolution_1="2h"))
    response = manager.post(grid(gold), mine)
    assert response.status_code == 409
    assert [(c.label, c.yours) for c in response.context["stale"]] == [("Resolution, P1", "60")]
    assert Target.objects.current().get(priority=1).minutes == 120


def test_an_unknown_kind_has_no_grid(manager, gold):
    assert manager.get(f"/settings/levels/{gold.pk}/targets/?kind=nonsense").status_code == 404


def test_team_targets_run_by_the_team_s_hours(manager, filled, desk, incident):
    calendar = factories.calendar()
    url = f"/settings/ola/{desk.pk}/"
    data = filled(manager, url, ola_any="2h", calendar=calendar.pk)
    assert manager.post(url, data).status_code == 302
    target = Target.objects.current().get(team=desk)
    assert (target.metric, target.minutes, target.calendar) == ("ola", 120, calendar)
    recalculation.work_off()
    assert incident.clocks.get(metric="ola").target_seconds == 7200
    assert ">1<" in manager.get("/settings/ola/").content.decode()


# ---------- escalation ----------


def steps(*rows, initial=0):
    data = {"steps-TOTAL_FORMS": len(rows), "steps-INITIAL_FORMS": initial}
    for number, row in enumerate(rows):
        data |= {f"steps-{number}-{name}": value for name, value in row.items()}
    return data


def test_steps_are_added_changed_and_removed(manager, filled, entries, gold, incident):
    first = {"percent": "50", "metric": "", "action": "notify_team", "role": ""}
    second = {"percent": "100", "metric": "resolution", "action": "notify_role", "role": "incident_manager"}
    blank = {"percent": "", "metric": "", "action": "", "role": ""}
    assert (
        manager.post("/settings/escalations/new/", {"name": "Loud", **steps(first, second, blank)}).status_code == 302
    )
    policy = EscalationPolicy.objects.get()
    assert [(s.percent, s.action, s.role) for s in policy.steps.all()] == [
        (50, "notify_team", ""), (100, "notify_role", "incident_manager"),
    ]  # fmt: skip
    SupportLevel.objects.update(escalation_policy=policy)
    url = f"/settings/escalations/{policy.pk}/"
    ids = list(policy.steps.values_list("pk", flat=True))
    data = filled(manager, url, **{"steps-0-percent": "60", "steps-1-DELETE": "on"})
    assert manager.post(url, data).status_code == 302
    assert list(policy.steps.values_list("pk", "percent")) == [(ids[0], 60)]
    audited = Entry.objects.filter(object_type="sla.escalationstep").order_by("id").values_list("action", flat=True)
    assert list(audited) == ["created", "created", "changed", "deleted"]
    recalculation.work_off()
    assert incident.clocks.get(metric="resolution").steps == [[60, ids[0]]]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"percent": "50", "action": "notify_role", "role": ""}, "role"),
        ({"percent": "50", "action": "notify_team", "role": "agent"}, "role"),
        ({"percent": "0", "action": "notify_team"}, "percent"),
        ({"percent": "50", "action": "shout"}, "action"),
    ],
)
def test_a_bad_step_is_said_in_its_row(manager, row, field):
    response = manager.post("/settings/escalations/new/", {"name": "Loud", **steps(row)})
    assert response.status_code == 422
    assert field in response.context["form"].steps.forms[0].errors
    assert not EscalationPolicy.objects.exists()


def test_the_same_step_twice_is_refused(manager):
    row = {"percent": "50", "action": "notify_team"}
    response = manager.post("/settings/escalations/new/", {"name": "Loud", **steps(row, row)})
    assert response.status_code == 422
    assert "twice" in response.content.decode()


def test_a_step_somebody_added_meanwhile_is_not_overlooked(manager, filled):
    policy = EscalationPolicy.objects.create(name="Loud")
    url = f"/settings/escalations/{policy.pk}/"
    mine = filled(manager, url, name="Louder")
    EscalationStep.objects.create(policy=policy, percent=50, action="notify_team")
    response = manager.post(url, mine)
    assert response.status_code == 409
    assert [c.label for c in response.context["stale"]] == ["Steps"]


# ---------- coverage ----------


def test_coverage_reaches_open_tickets(manager, service, incident, entries):
    level = factories.support_level("Silver", resolution=600)
    data = {"service": service.pk, "support_level": level.pk, "valid_from": "2020-01-01"}
    assert manager.post("/settings/coverage/new/", data).status_code == 302
    recalculation.work_off()
    assert incident.clocks.get().label == "Silver"
    assert entries(Coverage.objects.get())[0][0] == "created"


@pytest.mark.parametrize(
    ("span", "refused"),
    [
        (("", ""), True), (("2026-03-01", ""), True), (("", "2026-01-01"), True), (("2026-06-30", "2026-12-31"), True),
        (("2026-07-01", ""), False), (("", "2025-12-31"), False), (("2026-05-02", "2026-05-01"), True),
    ],
)  # fmt: skip
def test_the_same_is_not_covered_twice_at_a_time(manager, service, span, refused):
    level = factories.support_level()
    factories.cover(level, service, valid_from=date(2026, 1, 1), valid_to=date(2026, 6, 30))
    data = {"service": service.pk, "support_level": level.pk, "valid_from": span[0], "valid_to": span[1]}
    assert (manager.post("/settings/coverage/new/", data).status_code == 422) == refused
    assert Coverage.objects.count() == (1 if refused else 2)
    other = {"support_level": level.pk}
    assert manager.post("/settings/coverage/new/", other).status_code == 302


def test_an_offering_of_another_service_is_refused(manager, service):
    offering = factories.OfferingFactory()
    response = manager.post("/settings/coverage/new/", {"service": service.pk, "offering": offering.pk})
    assert "another service" in str(response.context["form"].errors["offering"])


def test_the_tester_says_what_the_clocks_would(manager, service, gold, requester):
    hours = factories.calendar()
    SupportLevel.objects.update(calendar=hours)
    url = f"/settings/coverage/test/?kind=incident&priority=3&service={service.pk}&opened=2026-11-20T16:30"
    context = manager.get(url).context
    assert context["level"] == gold
    # Friday, half an hour before the end of the day: the response is due on Monday, the resolution at its end.
    assert [(str(label), due) for label, _target, due in context["found"]] == [
        ("First response", datetime(2026, 11, 23, 9, 30, tzinfo=UTC)),
        ("Resolution", datetime(2026, 11, 23, 16, 30, tzinfo=UTC)),
    ]
    with clock.moved_to(datetime(2026, 11, 20, 16, 30, tzinfo=UTC)):
        ticket = factories.incident(requester, service=service)
    assert ticket.clocks.get(metric="first_response").due_at == context["found"][0][2]


def test_the_tester_says_that_nothing_is_promised(manager, service):
    page = manager.get(f"/settings/coverage/test/?kind=incident&priority=3&service={service.pk}")
    assert "Nothing is promised" in page.content.decode()
    assert manager.get("/settings/coverage/test/?kind=x&priority=9&opened=never").context["form"].errors


@pytest.mark.parametrize("slug", ["levels", "coverage", "escalations", "calendars"])
def test_lists_cost_the_same_for_three_rows(manager, slug, django_assert_max_num_queries, service):
    def count():
        with django_assert_max_num_queries(12) as seen:
            manager.get(f"/settings/{slug}/")
        return len(seen)

    def make(name):
        policy = EscalationPolicy.objects.create(name=name)
        EscalationStep.objects.create(policy=policy, percent=50, action="notify_team")
        level = factories.support_level(name, hours=factories.calendar(name), resolution=60)
        SupportLevel.objects.filter(pk=level.pk).update(escalation_policy=policy)
        factories.cover(level, factories.ServiceFactory(), organisation=factories.OrganisationFactory())

    make("one")
    manager.get(f"/settings/{slug}/")
    first = count()
    make("two")
    make("three")
    assert count() == first
