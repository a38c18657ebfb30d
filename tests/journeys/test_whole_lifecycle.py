"""The life of one service through the REST API, each step with the token of whoever's job it is.

The skeleton of ``tests/browser/test_whole_lifecycle.py``: from a customer's need to the improvement that closes it,
with every guard of the service refusing first.
"""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from improvement.models import Invitation
from improvement.services import links, surveys
from itsm.catalogue.models import Service
from itsm.lib import clock
from operation.models import EventSource
from operation.services import sources
from strategy.tasks import keep_months
from tests import factories
from tests.api import Api, problem
from transition.models import CIType

pytestmark = pytest.mark.django_db


class Hand(Api):
    """One person's token: make records, take their steps, add their parts, vote."""

    def make(self, collection: str, **fields: Any) -> Any:
        answer = self.post(f"{collection}/", fields)
        assert answer.status_code == 201, f"{collection}: {answer.content.decode()}"
        return answer.json()

    def add(self, record: str, part: str, **fields: Any) -> Any:
        return self.make(f"{record}/{part}", **fields)

    def step(self, record: str, verb: str, **given: Any) -> Any:
        answer = self.post(f"{record}/transitions/{verb}/", given)
        assert answer.status_code == 200, f"{record} {verb}: {answer.content.decode()}"
        return answer.json()

    def held(self, record: str, verb: str, *words: str) -> None:
        """The step is refused, names every one of these, and leads to where each is done."""
        found = problem(self.post(f"{record}/transitions/{verb}/"), 409, "guard")
        linked = {link["reason"]: link["url"] for link in found["links"]}
        for word in words:
            reason = next((reason for reason in found["reasons"] if word in reason), "")
            assert reason, f"{word!r} is none of {found['reasons']}"
            assert linked[reason].startswith("/"), reason

    def read(self, path: str) -> Any:
        answer = self.get(path)
        assert answer.status_code == 200, f"{path}: {answer.content.decode()}"
        return answer.json()

    def approve(self) -> None:
        """Yes to everything that waits for this person."""
        waiting = [one for one in self.read("approvals/?state=pending")["results"] if one["awaits_me"]]
        assert waiting, "nothing waits for an answer"
        for one in waiting:
            answer = self.post(f"approvals/{one['id']}/vote/", {"vote": "approve", "comment": "Yes."})
            assert answer.status_code == 200, answer.content


@pytest.fixture
def cast(organisation, desk, engineers):
    """Everybody of the story, and the service they make."""

    def hand(name: str, *roles: str, **more: Any) -> Hand:
        return Hand(factories.person(name, roles=roles, organisation=organisation, **more))

    Service.objects.create(name="Sign-on", slug="sign-on", status="live", support_team=engineers)
    people = SimpleNamespace(
        customer=hand("Carl Customer"), agent=hand("Anna Agent", "agent", teams=(desk,)),
        engineer=hand("Emil Engineer", "agent", teams=(engineers,)), owner=hand("Olga Owner", "service_owner"),
        manager=hand("Mona Manager", "portfolio_manager", "service_level_manager", "improvement_manager", "cab_member"),
        change=hand("Chris Change", "change_manager", "cab_member"),
        assets=hand("Aida Assets", "configuration_manager"),
        knowledge=hand("Kim Knowledge", "knowledge_manager"), finance=hand("Finn Finance", "finance_manager"),
        admin=hand("Ada Admin", "administrator"),
    )  # fmt: skip
    return people


SERVICE = "services/gift-cards"


def strategy(cast) -> None:
    need = cast.agent.make(
        "requirements", title="Gift cards", priority="must", wanted_by=cast.customer.user.email,
        organisation="Halden",
    )["number"]  # fmt: skip
    goal = cast.manager.make(
        "goals", title="Grow", owner=cast.owner.user.email, starts_on="2026-01-01", ends_on="2027-12-31"
    )["number"]
    cast.manager.held(f"goals/{goal}", "activate", "Name at least one key result")
    cast.manager.add(f"goals/{goal}", "key-results", title="Sold", unit="cards", baseline="0", target="9", current="0")
    cast.manager.step(f"goals/{goal}", "activate")
    cast.manager.make("services", name="Gift cards", slug="gift-cards")
    cast.manager.held(SERVICE, "charter", "There is no business case yet.")
    owner = cast.owner
    for text in ("Accepted within a minute", "The balance is shown in two seconds"):
        owner.add(f"requirements/{need}", "criteria", text=text)
    changed = owner.patch(f"requirements/{need}/", {"goals": [goal], "services": ["gift-cards"]})
    assert changed.status_code == 200, changed.content
    owner.step(f"requirements/{need}", "analyse")
    cast.manager.step(f"requirements/{need}", "accept")
    case = owner.make(
        "business-cases", title="Gift cards", service="gift-cards", owner=owner.user.email, investment="grow",
        goals=[goal], requirements=[need], one_off_cost="60000", yearly_cost="24000", years=3, discount_percent="6",
    )["number"]  # fmt: skip
    owner.held(f"business-cases/{case}", "submit", "Still missing")
    owner.patch(f"business-cases/{case}/", {
        "reason": "Asked for", "options": "None", "yearly_value": "96000", "risk": 2, "fit": 5,
    })  # fmt: skip
    assert owner.step(f"business-cases/{case}", "submit")["score"] > 50
    cast.manager.held(SERVICE, "charter", f"The business case {case} is not approved yet.")
    cast.manager.approve()
    assert cast.manager.step(SERVICE, "charter")["status"] == "chartered"


def design(cast) -> None:
    owner, manager, tester = cast.owner, cast.manager, cast.engineer
    manager.held(SERVICE, "start_design", "The service has no owner yet.")
    manager.patch(f"{SERVICE}/", {
        "owner": owner.user.email, "support_team": "Engineers", "depends_on": ["sign-on"],
    })  # fmt: skip
    owner.step(SERVICE, "start_design")
    owner.held(
        SERVICE, "accept_design", "No service level agreement is about this service.",
        "There is no design package yet.",
        "No acceptance criteria are defined.", "No test was run yet.",
    )  # fmt: skip

    sla = owner.make(
        "agreements", title="Gift cards", type="sla", services=["gift-cards"], owner=manager.user.email,
        starts_on="2026-01-01",
    )["number"]  # fmt: skip
    owner.add(f"agreements/{sla}", "targets", kind="incident", metric="first_response", minutes=60)
    owner.add(f"agreements/{sla}", "targets", kind="incident", metric="resolution", minutes=480)
    owner.held(SERVICE, "accept_design", f"The agreement {sla} is not agreed on yet.")
    manager.step(f"agreements/{sla}", "agree")
    manager.step(f"agreements/{sla}", "activate")
    owner.held(SERVICE, "accept_design", f"{sla}: No agreement inside or with a supplier backs")
    ola = manager.make(
        "agreements", title="Engineers keep it up", type="ola", services=["gift-cards", "sign-on"],
        provider_team="Engineers", customer_team="Service desk", owner=manager.user.email, starts_on="2026-01-01",
    )["number"]  # fmt: skip
    manager.add(f"agreements/{ola}", "targets", kind="incident", metric="resolution", minutes=360)
    manager.step(f"agreements/{ola}", "agree")
    manager.step(f"agreements/{ola}", "activate")

    manager.make("performance-targets", service="sign-on", own_availability="99.99")
    promise = owner.make("performance-targets", service="gift-cards", availability="99.97", own_availability="99.96")
    owner.held(SERVICE, "accept_design", "99.97")
    owner.patch(f"performance-targets/{promise['number']}/", {"availability": "99.5"})

    package = owner.make(
        "design-packages", title="Gift cards", service="gift-cards", owner=owner.user.email,
        second_signer=manager.user.email,
    )  # fmt: skip
    number = package["number"]
    for section in package["sections"]:
        written = owner.patch(f"design-packages/{number}/sections/{section['id']}/", {"text": "Said", "complete": True})
        assert written.status_code == 200, written.content
    criteria = owner.step(f"design-packages/{number}", "collect")["criteria"]
    assert len(criteria) == 2
    plan = owner.make("validation-plans", title="Trial", package=number, owner=tester.user.email)["number"]
    for one, results in zip(criteria, (("pass",), ("fail", "pass")), strict=True):
        case = owner.add(
            f"validation-plans/{plan}", "cases", title=one["text"], criterion=one["id"], steps="Try", expected="Works"
        )["id"]
        for result in results:
            run = tester.add(
                f"validation-plans/{plan}/cases/{case}", "runs", result=result, evidence="Four seconds",
                severity="high",
            )  # fmt: skip
            if run["defects"]:
                owner.held(f"design-packages/{number}", "submit", run["defects"][0])
                owner.step(f"defects/{run['defects'][0]}", "fix")
    owner.step(f"design-packages/{number}", "submit")
    owner.held(SERVICE, "accept_design", f"The design package {number} is not approved yet")
    for signer in (owner, manager):
        signer.approve()
    assert owner.step(SERVICE, "accept_design")["status"] == "in_transition"
    cast.sla = sla


def transition(cast) -> None:
    owner, manager, engineer = cast.owner, cast.manager, cast.engineer
    owner.held(
        SERVICE, "go_live", "No deployed item supports it yet.", "No delivery was checked yet.",
        "Support is not handed over yet.",
    )  # fmt: skip
    CIType.objects.get_or_create(name="Server")
    CIType.objects.get_or_create(name="Application")
    cis = {}
    for name, kind in (("gift-srv", "Server"), ("gift-app", "Application")):
        cis[name] = cast.assets.make("cis", name=name, type=kind, services=["gift-cards"])["number"]
        cast.assets.step(f"cis/{cis[name]}", "deploy")
    cast.assets.make("ci-relations", source=cis["gift-app"], kind="runs_on", target=cis["gift-srv"])

    def window(minutes: int) -> dict[str, str]:
        begin = clock.now() + timedelta(minutes=minutes)
        return {"planned_start": begin.isoformat(), "planned_end": (begin + timedelta(minutes=30)).isoformat()}

    other = cast.agent.make("changes", title="Patch", service="gift-cards", items=["gift-app"], **window(5))["number"]
    cast.agent.step(f"changes/{other}", "submit")
    number = engineer.make(
        "changes", title="First version", service="gift-cards", items=["gift-srv"], outage_minutes=0, **window(5),
        implementation_plan="Load it", backout_plan="Close it",
    )["number"]  # fmt: skip
    change = f"changes/{number}"
    engineer.step(change, "submit")
    engineer.held(change, "request_approval", "Answer the questions about its risk first.")
    questions = engineer.read(f"{change}/risk/")["questions"]
    worst = {str(one["id"]): max(one["options"], key=lambda o: o["points"])["label"] for one in questions[:4]}
    answers = {str(one["id"]): one["options"][0]["label"] for one in questions} | worst
    assert engineer.post(f"{change}/risk/", {"answers": answers}).json()["level"] in ("medium", "high")
    told = engineer.read(f"{change}/conflicts/")
    assert [one["number"] for one in told["results"]] == [other]
    engineer.step(change, "reschedule", **{name: told["next_free"][name] for name in ("planned_start", "planned_end")})
    assert engineer.read(f"{change}/conflicts/")["results"] == []
    engineer.step(change, "request_approval")
    cast.agent.step(f"changes/{other}", "cancel", reason="Not needed")
    cast.change.step(change, "reschedule", **window(0))
    assert engineer.read(f"{change}/")["state"] == "awaiting_approval", "asked anew, for its earlier time"
    board = [factories.person(f"Board {n}", roles=("cab_member",)).email for n in range(2)]
    meeting = cast.change.make(
        "cab-meetings", title="Board", starts_at=clock.now().isoformat(), chair="me",
        attendees=[manager.user.email, *board],
    )  # fmt: skip
    cab = f"cab-meetings/{meeting['number']}"
    cast.change.step(cab, "hold")
    decided = cast.change.post(f"{cab}/decide/", {"item": meeting["agenda"][0]["id"], "decision": "approved"})
    assert decided.status_code == 200, decided.content
    cast.change.patch(f"{cab}/", {"minutes": "It begins with one shop."})
    cast.change.step(cab, "close")
    engineer.step(change, "start")
    engineer.step(change, "implement")
    engineer.step(change, "close", outcome="successful", review_note="One shop sold ten cards.")
    cast.caused_by = number

    offering = manager.make(
        "offerings", service="gift-cards", name="Order cards", slug="order-cards", kind="request",
        subscribers_only=True, price="40", approval_policy={"approvers": [{"who": "service_owner"}], "rule": "any"},
        fulfilment_plan=[{"title": "Pack the cards", "team": engineer.user.memberships.get().team_id, "step": 1}],
    )["slug"]  # fmt: skip
    subscription = owner.make(
        "subscriptions", organisation="Halden", offering=offering, agreement=cast.sla, valid_from="2026-01-01"
    )["number"]
    owner.step(f"subscriptions/{subscription}", "activate")

    delivery = owner.make(
        "deliveries", title="All shops", service="gift-cards", owner=owner.user.email,
        customer=cast.customer.user.email,
    )["number"]  # fmt: skip
    delivery = f"deliveries/{delivery}"
    check = owner.add(delivery, "checks", criterion="Seconds", comparison="max", wanted="60", measured="75")["id"]
    owner.step(delivery, "start_checks")
    owner.held(delivery, "ask_acceptance", "Failed: Seconds.")
    assert owner.patch(f"{delivery}/checks/{check}/", {"measured": "42"}).json()["passed"]
    owner.step(delivery, "ask_acceptance")
    owner.held(SERVICE, "go_live", "is not accepted yet.")
    cast.customer.approve()

    handover = owner.make(
        "handovers", service="gift-cards", team="Engineers", support_model="The desk first.", articles_needed=2
    )
    topics, handover = handover["items"], f"handovers/{handover['number']}"
    owner.held(handover, "offer", "Runbook written", "0 of 2 articles")
    for one in topics:
        owner.patch(f"{handover}/items/{one['id']}/", {"done": True, "evidence": "Seen"})
    for title in ("Runbook", "A card is not accepted"):
        article = cast.agent.make(
            "articles", title=title, summary="Steps", body="1. Look", service="gift-cards", audience="desk"
        )["number"]
        cast.agent.step(f"articles/{article}", "submit")
        cast.knowledge.step(f"articles/{article}", "publish")
    owner.step(handover, "offer")
    owner.held(SERVICE, "go_live", "is not signed yet.")
    engineer.step(handover, "sign")
    assert owner.step(SERVICE, "go_live")["status"] == "live"


def operation(cast) -> None:
    engineer, agent, customer = cast.engineer, cast.agent, cast.customer
    survey = cast.manager.make(
        "surveys", title="After help", kind="csat", question="How was it?", service="gift-cards", quiet_days=0,
        ticket_kinds=["incident", "request"],
    )["number"]  # fmt: skip
    cast.manager.step(f"surveys/{survey}", "run")
    source = EventSource.objects.create(name="Probes", tool="json")
    alert = {"title": "Cards are not accepted", "severity": "critical", "status": "firing", "ci": "gift-app"}
    told = Api().post(
        "intake/json/", alert, Authorization=f"Bearer {sources.new_token(source, actor=cast.admin.user, channel='web')}"
    )
    assert told.status_code == 202, told.content
    [number] = told.json()["opened"]
    incident = f"incidents/{number}"
    assert engineer.read(f"{incident}/")["service"]["slug"] == "gift-cards"
    engineer.step(incident, "start")
    metrics = {clock["metric"]: clock["state"] for clock in engineer.read(f"{incident}/sla/")["results"]}
    assert metrics["resolution"] == "running"
    engineer.add(incident, "links", kind="caused_by", target=cast.caused_by)

    problem = engineer.make("problems", title="Cards are not accepted", service="gift-cards", incidents=[number])
    problem = f"problems/{problem['number']}"
    engineer.step(problem, "assess", comment="Every shop.")
    engineer.step(problem, "investigate")
    engineer.step(
        problem, "record_cause", root_cause="The cache is too small.", whys="Nobody measured it.",
        workaround="Enter the number by hand.",
    )  # fmt: skip
    known = engineer.read("known-errors/?q=accepted")["results"]
    assert [one["workaround"] for one in known] == ["Enter the number by hand."]
    call = customer.make("incidents", title="Card not accepted", service="gift-cards")["number"]
    agent.add(f"incidents/{call}", "timeline", kind="reply", body=known[0]["workaround"])
    agent.step(f"incidents/{call}", "resolve", code="workaround", note="Enter the number by hand.")
    engineer.step(problem, "start_fix")
    engineer.step(problem, "resolve", note="The cache is larger.")
    engineer.step(incident, "resolve", code="fixed", note="The cache is larger.")
    metrics = {clock["metric"]: clock["state"] for clock in engineer.read(f"{incident}/sla/")["results"]}
    assert metrics["resolution"] == "met"

    order = customer.make("requests", offering="order-cards", form={})
    assert (order["state"], order["price"]) == ("awaiting_approval", "40.00")
    order = f"requests/{order['number']}"
    cast.owner.approve()
    [task] = engineer.read(f"{order}/tasks/")["results"]
    engineer.patch(f"{order}/tasks/{task['id']}/", {"state": "done"})
    assert customer.read(f"{order}/")["state"] == "fulfilled"
    customer.step(order, "confirm")
    cast.problem, cast.calls = problem.partition("/")[2], (call, order.partition("/")[2])


def improvement(cast) -> None:
    manager, owner = cast.manager, cast.owner

    def answer(number: str, score: int) -> None:
        """One click in the mail, without signing in."""
        invitation = Invitation.objects.get(ticket__id=number.partition("-")[2], skipped="")
        assert Client().post(urlsplit(links.address(invitation, score)).path, {"score": score}).status_code < 400

    surveys.send_due()
    unhappy, happy = cast.calls
    answer(unhappy, 1)
    [said] = manager.read("survey-answers/")["results"]
    assert said["ticket"] == unhappy
    made = manager.post(f"improvements/from-answer/{said['id']}/")
    assert made.status_code == 201, made.content
    assert made.json()["baseline_value"] == "0.00"
    item = f"improvements/{made.json()['number']}"
    manager.patch(f"{item}/", {"target_value": "50"})
    manager.step(item, "assess", reach=3, improvement_benefit=4, confidence=80, effort=1)
    manager.step(item, "submit")
    owner.approve()
    assert owner.post(f"{item}/tickets/", {"ticket": cast.problem}).status_code == 200
    owner.step(item, "start")
    owner.step(item, "measure")
    owner.held(item, "realise", "There is no measurement after its approval yet.")
    answer(happy, 5)
    owner.add(item, "measurements", value="50", measured_on=clock.now().date().isoformat(), note="One of two")
    assert owner.step(item, "realise")["state"] == "realised"

    month = clock.now().date().replace(day=1).isoformat()
    review = manager.make("service-reviews", service="gift-cards", month=month, chair="me", minutes="It began well.")
    review = f"service-reviews/{review['number']}"
    volume = {one["kind"]: one["opened"] for one in manager.read(f"{review}/scorecard/")["scorecard"]["volume"]}
    assert (volume["incident"], volume["request"], volume["problem"], volume["change"]) == (2, 1, 1, 2)
    manager.held(review, "hold", "Name who took part first.")
    changed = manager.patch(f"{review}/", {"attendees": [owner.user.email]})
    assert changed.status_code == 200, changed.content
    manager.step(review, "hold")
    cast.finance.make(
        "cost-items", title="Licences", service="gift-cards", kind="software", recurrence="monthly", amount="2000",
        starts_on=month,
    )  # fmt: skip
    measure = cast.finance.make(
        "value-measures", title="Margin", service="gift-cards", owner=owner.user.email, kind="revenue", planned="7000"
    )["number"]
    cast.finance.add(f"value-measures/{measure}", "entries", month=month, amount="8000")
    keep_months()
    [cost] = cast.finance.read(f"service-costs/?service=gift-cards&month={month}")["results"]
    assert (cost["cost"], cost["value"]) == ("2000.00", "8000.00")


def test_a_service_from_a_need_to_an_improvement(cast):
    strategy(cast)
    design(cast)
    transition(cast)
    operation(cast)
    improvement(cast)
