"""Design packages with sections, criteria, tests, defects and sign-off; and what a service needs from them."""

from __future__ import annotations

import pytest

from design.models import Defect, DesignCriterion, PackageSection, ServiceDesignPackage, TestCase, ValidationPlan
from design.package_states import SectionKind
from design.services import packages as services
from design.services import testing
from itsm.approvals.models import Round
from itsm.catalogue import guards
from itsm.catalogue.models import Service
from itsm.lib.errors import Denied, Refused
from itsm.workflow import approvals, records, steps
from itsm.workflow.moves import move
from strategy.models import AcceptanceCriterion, BusinessRequirement
from tests import factories


def text_of(answer):
    return answer.content.decode()


def step(record, verb, actor, **data):
    return records.perform(record, verb, actor=actor, source="web", data=data)


@pytest.fixture
def tester(db):
    return factories.person("Theo Tester", roles=("service_owner",))


@pytest.fixture
def package(owner, service):
    """A design that is written, with two criteria of a requirement and a case for each."""
    how = {"actor": owner, "source": "web"}
    need = records.create(BusinessRequirement, title="Fast", priority="must", lists={"services": [service]}, **how)
    for words in ("Answers within a second", "Works on a phone"):
        records.put_part(need, AcceptanceCriterion(requirement=need), {"text": words}, name="criterion", **how)
    made = records.create(ServiceDesignPackage, title="Email", service=service, owner=owner, **how)
    for section in made.sections.all():
        records.put_part(made, section, {"text": "Said", "complete": True}, name="section", **how)
    return step(made, "collect", owner)


@pytest.fixture
def cases(package, owner, tester):
    how = {"actor": owner, "source": "web"}
    plan = records.create(ValidationPlan, title="Trial", package=package, owner=tester, **how)
    return [
        records.put_part(
            plan, TestCase(plan=plan), {"title": one.text, "criterion": one, "steps": "Try", "expected": "It does"},
            name="test case", **how,
        )
        for one in package.criteria.order_by("id")
    ]  # fmt: skip


def run(case, tester, result="pass", seen="", severity="medium"):
    return testing.record_run(case, result=result, evidence=seen, severity=severity, actor=tester, source="web")


def signed_off(package, owner, manager):
    moved = step(package, "submit", owner)
    round_ = Round.objects.pending().get(subject_type=ServiceDesignPackage._meta.label_lower, subject_id=moved.pk)
    for person in (owner, manager):
        approvals.vote(round_, actor=person, approve=True, comment="Good.", source="web")
    moved.refresh_from_db()
    return moved


def test_a_design_in_the_browser(browse, owner, manager, tester, service):
    client = browse(owner)
    client.post("/design/packages/new/", {"title": "Email", "service": service.pk, "owner": owner.email})
    made = ServiceDesignPackage.objects.get()
    url = f"/design/packages/{made.number}/"
    assert {one.kind for one in made.sections.all()} == set(SectionKind)
    shown = text_of(client.get(url))
    assert "No acceptance criteria are defined." in shown
    empty = client.post(f"{url}sections/{made.sections.first().pk}/", {"kind": "requirements", "complete": "on"})
    assert (empty.status_code, "An empty section is not complete." in text_of(empty)) == (422, True)
    for section in made.sections.all():
        sent = {"kind": section.kind, "text": "Said.", "complete": "on"}
        assert client.post(f"{url}sections/{section.pk}/", sent).status_code == 302
    assert client.post(f"{url}criteria/new/", {"text": ""}).status_code == 422
    client.post(f"{url}criteria/new/", {"text": "Works on a phone"})
    client.post("/design/plans/new/", {"title": "Trial", "package": made.pk, "owner": tester.email})
    plan = ValidationPlan.objects.get()
    case = {"title": "Phone", "criterion": made.criteria.get().pk, "steps": "Open it", "expected": "Readable"}
    client.post(f"/design/plans/{plan.number}/cases/new/", case)
    kept = TestCase.objects.get()
    page = kept.get_absolute_url()
    tests = browse(tester)
    assert tests.post(page, {"result": "fail"}).status_code == 422, "a failure says what was seen"
    assert tests.post(page, {"result": "perhaps", "evidence": "x"}).status_code == 422
    tests.post(page, {"result": "fail", "evidence": "Cut off", "severity": "high"})
    defect = Defect.objects.get()
    refused = text_of(client.post(f"{url}submit/", {}))
    assert f"Defects of high severity are open: {defect.number}." in refused
    client.post(f"/design/defects/{defect.number}/fix/", {"comment": "Made smaller"})
    tests.post(page, {"result": "pass"})
    defect.refresh_from_db()
    assert defect.state == "verified"
    client.post(f"{url}submit/", {"comment": "Ready"})
    kept_as = made.sign_offs.get()
    round_ = kept_as.round
    for person in (owner, manager):
        browse(person).post(f"/approvals/{round_.pk}/vote/", {"approve": "yes", "comment": "Good."})
    made.refresh_from_db()
    if made.state == "in_review":
        for person in (owner, manager):
            approvals.vote(round_, actor=person, approve=True, comment="Good.", source="web")
        made.refresh_from_db()
    assert made.state == "approved"
    # What was signed stays as it was, whatever happens to the design.
    PackageSection.objects.filter(package=made).update(text="Forged")
    signed = text_of(client.get(f"{url}sign-offs/{kept_as.pk}/"))
    assert "Said." in signed
    assert "Forged" not in signed


def test_results_decide_and_defects_follow(package, cases, owner, manager, tester, agent):
    first, second = cases
    run(first, tester)
    run(second, tester, "fail", "Cut off", "low")
    run(second, tester, "fail", "Still cut off", "low")
    assert Defect.objects.count() == 1, "one defect for what keeps failing"
    with pytest.raises(Refused, match="Works on a phone"):
        step(package, "submit", owner)
    with pytest.raises(Denied):
        run(first, agent)
    defect = step(Defect.objects.get(), "fix", owner)
    run(second, tester, "fail", "And again")
    defect.refresh_from_db()
    assert defect.state == "open", "a fix that does not help is none"
    defect = step(defect, "fix", owner)
    with pytest.raises(Refused):
        step(defect, "verify", tester)
    run(second, tester)
    defect.refresh_from_db()
    assert defect.state == "verified"
    assert signed_off(package, owner, manager).state == "approved"


def test_words_of_a_case_change_and_its_result_stays(package, cases, owner, tester):
    case = cases[0]
    stale = TestCase.objects.get(pk=case.pk)
    run(case, tester)
    records.put_part(case.plan, stale, {"title": "Better words"}, actor=owner, source="web", name="test case")
    assert tuple(TestCase.objects.values_list("title", "result").get(pk=case.pk)) == ("Better words", "pass")


def test_a_refusal_sends_it_back_and_results_are_frozen_meanwhile(package, cases, owner, manager, tester):
    for case in cases:
        run(case, tester)
    moved = step(package, "submit", owner)
    with pytest.raises(Refused, match="frozen"):
        run(cases[0], tester)
    with pytest.raises(Denied, match="take it back first"):
        records.put_part(moved, DesignCriterion(package=moved), {"text": "x"}, actor=owner, source="web", name="c")
    round_ = moved.sign_offs.get().round
    approvals.vote(round_, actor=manager, approve=False, comment="Who pays?", source="web")
    moved.refresh_from_db()
    assert moved.state == "draft"


def test_a_new_version_is_proven_anew_and_supersedes(package, cases, owner, manager, tester, service):
    for case in cases:
        run(case, tester)
    signed_off(package, owner, manager)
    second = step(package, "new_version", owner)
    assert (second.edition, second.criteria.count(), second.sections.filter(complete=True).count()) == (2, 2, 6)
    copies = list(TestCase.objects.filter(plan__package=second))
    assert [one.result for one in copies] == ["", ""]
    with pytest.raises(Refused, match="No test was run yet"):
        step(second, "submit", owner)
    for case in copies:
        run(case, tester)
    signed_off(second, owner, manager)
    package.refresh_from_db()
    assert package.state == "superseded"
    with pytest.raises(Refused):
        run(cases[0], tester)


def test_the_life_of_a_service_waits_for_its_design(
    browse, service, owner, manager, tester, agreement, package, cases, desk, engineers
):
    Service.objects.filter(pk=service.pk).update(status="in_design")
    service.refresh_from_db()
    items = {item.label: item.done for item in steps_items(service, "accept_design")}
    assert items == {
        "Approved design package": False, "Acceptance criteria defined": True, "Validation passed": False,
        "Service level agreement backed": False,
    }  # fmt: skip
    page = text_of(browse(owner).get(f"/services/{service.slug}/"))
    assert "Validation passed" in page
    assert f"/design/agreements/new/?services={service.pk}" in page
    with pytest.raises(Refused):
        move(service, "accept_design", actor=owner, source="web")
    for case in cases:
        run(case, tester)
    signed_off(package, owner, manager)
    sla = agreement("Outside", promises=[(None, 240)])
    ola = agreement("Inside", promises=[(None, 120)], type="ola", provider_team=desk, customer_team=engineers)
    for one in (sla, ola):
        step(one, "agree", manager)
    assert all(item.done for item in steps_items(service, "accept_design"))
    assert move(service, "accept_design", actor=owner, source="web").status == "in_transition"


def test_design_does_not_start_without_an_owner(service, administrator):
    Service.objects.filter(pk=service.pk).update(status="chartered", owner=None)
    service.refresh_from_db()
    (item,) = steps_items(service, "start_design")
    assert (item.done, item.url) == (False, f"/settings/services/{service.pk}/")
    with pytest.raises(Refused) as error:
        move(service, "start_design", actor=administrator, source="web")
    assert " ".join(error.value.reasons).count("The service has no owner yet.") >= 1


def steps_items(service, verb):
    assert steps.find(service, verb) is not None
    return guards.requirements(service, verb)


def test_designs_in_the_api(call, owner, tester, package, cases, requester, agent):
    client = call(owner)
    url = f"/api/v1/design-packages/{package.number}/"
    assert len(client.get(url).data["criteria"]) == 2
    plan = cases[0].plan
    runs = f"/api/v1/validation-plans/{plan.number}/cases/{cases[0].pk}/runs/"
    assert client.post(runs, {"result": "fail"}, format="json").data["errors"].keys() == {"evidence"}
    failed = client.post(runs, {"result": "fail", "evidence": "Slow", "severity": "high"}, format="json")
    assert (failed.status_code, failed.data["defects"]) == (201, [Defect.objects.get().number])
    proof = client.get(f"{url}coverage/").data["results"]
    assert [one["result"] for one in proof] == ["fail", ""]
    refused = client.post(f"{url}transitions/submit/", {}, format="json")
    assert (refused.status_code, refused.data["reasons"] != []) == (409, True)
    renamed = client.patch(url, {"title": "Electronic mail"}, format="json")
    assert (renamed.status_code, renamed.data["title"]) == (200, "Electronic mail")
    second = {"title": "Again", "service": package.service.slug, "owner": "me"}
    assert client.post("/api/v1/design-packages/", second, format="json").status_code == 422
    assert client.get("/api/v1/defects/?severity=high").data["results"][0]["title"] == "Answers within a second"
    assert call(requester).get("/api/v1/design-packages/").status_code == 404
    assert call(agent).post("/api/v1/design-packages/", second, format="json").status_code == 403


def test_lists_cost_the_same_for_one_and_many(browse, owner, package, cases, tester, django_assert_max_num_queries):
    client = browse(owner)
    pages = ("packages", "plans", "defects")
    for page in pages:
        client.get(f"/design/{page}/")
    run(cases[0], tester, "fail", "x")
    costs = {}
    for page in pages:
        with django_assert_max_num_queries(16) as few:
            client.get(f"/design/{page}/")
        costs[page] = len(few)
    for name in ("B", "C"):
        other = factories.ServiceFactory(name=name, owner=owner)
        records.create(ServiceDesignPackage, actor=owner, source="web", title=name, service=other, owner=owner)
        records.create(ValidationPlan, actor=owner, source="web", title=name, package=package, owner=tester)
    run(cases[1], tester, "fail", "y")
    for page in pages:
        with django_assert_max_num_queries(costs[page]):
            client.get(f"/design/{page}/")
    assert services.signers(package)[0] == owner


def test_what_holds_a_sign_off_leads_to_where_it_is_mended(browse, owner, package, cases, tester):
    run(cases[0], tester, "fail", "It took four seconds", "high")
    defect = Defect.objects.get()
    page = browse(owner).get(package.get_absolute_url()).content.decode()
    assert f'{defect.number}. <a href="{defect.get_absolute_url()}">Do it' in page
