import pytest

from itsm.audit.models import Entry
from itsm.tickets.models import (
    CannedReply,
    CustomField,
    HoldReason,
    Macro,
    PriorityRule,
    ProcessSetting,
    TicketCategory,
)
from itsm.workflow import macros, verbs
from itsm.workflow.models import TransitionPolicy
from operation.services import incidents
from tests import factories

pytestmark = pytest.mark.django_db


# ---------- the matrix ----------


def test_the_matrix_decides_about_the_next_ticket_and_not_about_the_last(admin, filled, requester, service):
    before = factories.incident(requester, service=service, impact=1, urgency=1)
    assert admin.post("/settings/matrix/", filled(admin, "/settings/matrix/", p_1_1="2")).status_code == 302
    after = factories.incident(requester, service=service, impact=1, urgency=1)
    before.refresh_from_db()
    assert (before.priority, after.priority) == (1, 2)
    entry = Entry.objects.get(object_type="tickets.priorityrule")
    assert entry.changes == {"priority": [1, 2]}


def test_a_stale_matrix_is_refused_with_both_values(admin, filled):
    mine = filled(admin, "/settings/matrix/", p_1_1="3")
    admin.post("/settings/matrix/", filled(admin, "/settings/matrix/", p_1_1="2"))
    response = admin.post("/settings/matrix/", mine)
    assert response.status_code == 409
    conflict = response.context["stale"][0]
    assert (conflict.stored, conflict.yours) == ("P2 High", "P3 Moderate")
    assert PriorityRule.objects.get(impact=1, urgency=1).priority == 2


@pytest.mark.parametrize("bad", ["", "9", "x"])
def test_a_bad_cell_changes_no_other(admin, filled, bad):
    response = admin.post("/settings/matrix/", filled(admin, "/settings/matrix/", p_1_1=bad, p_3_3="1"))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["p_1_1"]
    assert PriorityRule.objects.get(impact=3, urgency=3).priority != 1


# ---------- categories, hold reasons, processes, custom fields, canned replies ----------


def test_a_category_routes_the_next_ticket(admin, engineers, requester, service):
    data = {"name": "Network", "team": engineers.pk, "is_active": "on"}
    assert admin.post("/settings/categories/new/", data).status_code == 302
    made = TicketCategory.objects.get(name="Network")
    assert factories.incident(requester, service=service, category=made).team == engineers


def test_categories_of_one_name_need_different_places(admin):
    root = factories.CategoryFactory(name="Network")
    response = admin.post("/settings/categories/new/", {"name": "Network", "is_active": "on"})
    assert "already" in str(response.context["form"].errors["name"])
    data = {"name": "Network", "parent": root.pk, "is_active": "on"}
    assert admin.post("/settings/categories/new/", data).status_code == 302
    response = admin.post("/settings/categories/new/", data)
    assert response.status_code == 422


def test_what_lies_below_one_kind_is_of_that_kind(admin):
    root = factories.CategoryFactory(kind="incident")
    response = admin.post("/settings/categories/new/", {"name": "Below", "parent": root.pk})
    assert "one kind only" in str(response.context["form"].errors["kind"])


def test_the_code_of_a_hold_reason_stays(admin, filled):
    data = {"label": "Weather", "code": "weather", "party": "internal", "position": 9, "is_active": "on"}
    assert admin.post("/settings/hold-reasons/new/", data).status_code == 302
    made = HoldReason.objects.get(code="weather")
    url = f"/settings/hold-reasons/{made.pk}/"
    assert admin.post(url, filled(admin, url, code="other", label="Bad weather")).status_code == 302
    made.refresh_from_db()
    assert (made.code, made.label) == ("weather", "Bad weather")
    assert admin.post("/settings/hold-reasons/new/", data).status_code == 422
    bad = admin.post("/settings/hold-reasons/new/", data | {"code": "Bad Code"})
    assert "Small letters" in str(bad.context["form"].errors["code"])
    bad = admin.post("/settings/hold-reasons/new/", data | {"code": "b", "resumes_on_reply": "on"})
    assert "resumes_on_reply" in bad.context["form"].errors


def test_the_reopen_window_is_read(admin, filled, incident, agent, requester):
    admin.get("/settings/processes/")
    setting = ProcessSetting.objects.get(kind="incident")
    url = f"/settings/processes/{setting.pk}/"
    assert "Process: Incident" in admin.get(url).content.decode()
    assert admin.post(url, filled(admin, url, reopen_days="0")).status_code == 302
    incidents.resolve(incident, actor=agent, source="web", code="fixed", note="Done")
    incident.refresh_from_db()
    assert incident.process.reopen_days == 0
    assert admin.post(url, filled(admin, url, reopen_days="400")).status_code == 422


def test_a_custom_field_is_asked_and_its_type_stays(admin, filled, requester, service):
    data = {"label": "Till", "code": "till", "kind": "incident", "type": "choice", "choices": "A\nB\n\nA",
            "position": 1, "is_active": "on"}  # fmt: skip
    assert admin.post("/settings/custom-fields/new/", data).status_code == 302
    made = CustomField.objects.get(code="till")
    assert made.choices == ["A", "B"]
    assert factories.incident(requester, service=service, answers={"till": "A"}).custom == {"till": "A"}
    url = f"/settings/custom-fields/{made.pk}/"
    assert admin.post(url, filled(admin, url, type="text", code="x", hint="Which?")).status_code == 302
    made.refresh_from_db()
    assert (made.type, made.code, made.hint) == ("choice", "till", "Which?")
    assert admin.post("/settings/custom-fields/new/", data).status_code == 422
    bad = admin.post("/settings/custom-fields/new/", data | {"code": "b", "choices": "A"})
    assert "two choices" in str(bad.context["form"].errors["choices"])
    bad = admin.post("/settings/custom-fields/new/", data | {"code": "b", "type": "text"})
    assert "choices" in bad.context["form"].errors


def test_a_canned_reply_is_for_a_team_or_a_person(admin, desk, agent, engineer):
    data = {"name": "Hello", "body": "Hello {requester}", "is_active": "on"}
    assert admin.post("/settings/canned-replies/new/", data | {"team": desk.pk}).status_code == 302
    assert list(macros.canned_for(agent)) == list(CannedReply.objects.all())
    assert list(macros.canned_for(engineer)) == []
    bad = admin.post("/settings/canned-replies/new/", data | {"team": desk.pk, "owner": agent.email})
    assert "owner" in bad.context["form"].errors


# ---------- macros ----------

RESOLVE = {"name": "Quick fix", "kind": "incident", "step": "incident:resolve", "data_code": "fixed",
           "data_note": "Restarted", "reply": "Hello {requester}", "set_impact": "2", "is_active": "on"}  # fmt: skip


def test_a_macro_made_here_runs(admin, incident, agent):
    assert admin.post("/settings/macros/new/", RESOLVE).status_code == 302
    made = Macro.objects.get()
    assert (made.verb, made.data, made.changes) == ("resolve", {"code": "fixed", "note": "Restarted"}, {"impact": 2})
    done = macros.run(made, incident, actor=agent, source="web")
    assert (done.state, done.resolution, done.impact) == ("resolved", "Restarted", 2)


def test_a_macro_shows_what_its_step_asks_before_it_is_saved(admin):
    response = admin.post("/settings/macros/new/", {"step": "incident:resolve", "refresh": "1"})
    assert response.status_code == 200
    assert not response.context["form"].errors
    assert [field.name for field in response.context["form"].questions] == ["data_code", "data_note"]
    assert not Macro.objects.exists()


def test_a_macro_keeps_its_answers_when_it_is_edited(admin, filled):
    admin.post("/settings/macros/new/", RESOLVE)
    url = f"/settings/macros/{Macro.objects.get().pk}/"
    assert admin.post(url, filled(admin, url, name="Fix")).status_code == 302
    made = Macro.objects.get()
    assert (made.name, made.data, made.changes) == ("Fix", {"code": "fixed", "note": "Restarted"}, {"impact": 2})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"data_code": ""}, "data_code"),
        ({"data_code": "nonsense"}, "data_code"),
        ({"step": "incident:nonsense"}, "step"),
        ({"step": "", "reply": "", "set_impact": ""}, "__all__"),
        ({"name": ""}, "name"),
    ],
)
def test_a_macro_that_could_not_run_is_refused(admin, change, field):
    response = admin.post("/settings/macros/new/", RESOLVE | change)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not Macro.objects.exists()


def test_a_macro_gives_a_ticket_to_members_only(admin, desk, engineer):
    response = admin.post("/settings/macros/new/", RESOLVE | {"set_team": desk.pk, "set_assignee": engineer.pk})
    assert "not in team" in str(response.context["form"].errors["set_assignee"])


# ---------- transition policies ----------


def policy(**more):
    return {"name": "Four eyes", "step": "incident:resolve", "rule": "any", "quorum": "1", "days": "3",
            "is_active": "on"} | more  # fmt: skip


def test_a_policy_holds_the_step(admin, incident, agent):
    data = policy(must=["category", "incident:affected_people"], checklist="Told the users\n Checked logs ")
    assert admin.post("/settings/policies/new/", data).status_code == 302
    made = TransitionPolicy.objects.get()
    assert (made.kind, made.verb) == ("incident", "resolve")
    assert made.required_fields == ["category", "affected_people"]
    assert made.checklist == ["Told the users", "Checked logs"]
    assert made.approval == {}
    with pytest.raises(Exception, match="must be filled in first"):
        verbs.perform(incident, "resolve", actor=agent, source="web", data={"code": "fixed", "note": "x"})


def test_the_approval_builder_stores_what_the_rounds_read(admin, filled, desk, agent, entries):
    data = policy(by_manager="on", by_people=agent.email, by_leads=[desk.pk], by_roles=["cab_member"],
                  rule="quorum", quorum="2", days="4")  # fmt: skip
    assert admin.post("/settings/policies/new/", data).status_code == 302
    made = TransitionPolicy.objects.get()
    approvers = [{"who": "requester_manager"}, {"user": agent.pk}, {"leads": desk.pk}, {"role": "cab_member"}]
    assert made.approval == {"approvers": approvers, "rule": "quorum", "quorum": 2, "days": 4}
    url = f"/settings/policies/{made.pk}/"
    assert admin.post(url, filled(admin, url)).status_code == 302
    made.refresh_from_db()
    assert made.approval["approvers"] == approvers
    assert len(entries(made)) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, "__all__"),
        ({"by_people": "nobody@example.com"}, "by_people"),
        ({"by_manager": "on", "rule": "quorum", "quorum": ""}, "quorum"),
        ({"step": "incident:nonsense", "roles": ["agent"]}, "step"),
        ({"roles": ["king"]}, "roles"),
        ({"checklist": "x" * 201}, "checklist"),
    ],
)
def test_a_policy_that_means_nothing_is_refused(admin, change, field):
    response = admin.post("/settings/policies/new/", policy(**change))
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not TransitionPolicy.objects.exists()


def test_a_policy_about_another_service_s_offering_is_refused(admin, service):
    offering = factories.OfferingFactory()
    response = admin.post("/settings/policies/new/", policy(roles=["agent"], service=service.pk, offering=offering.pk))
    assert "another service" in str(response.context["form"].errors["offering"])
