"""Policies in versions, their acknowledgement, exceptions that end by themselves, and the nightly rules."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from itsm.approvals.models import Round
from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid, Refused
from itsm.notifications.models import Message
from itsm.tickets.models import Ticket
from itsm.workflow import approvals, records
from itsm.workflow.moves import move
from strategy import rules
from strategy.models import Acknowledgement, Policy, PolicyException, RuleRun, Violation
from strategy.reports import standards as found
from strategy.services import nightly, standards
from tests import factories


def text_of(answer):
    return answer.content.decode()


@pytest.fixture
def policy(planner):
    def make(title="Backups", published=True, **more):
        fields = {
            "text": "Every **night**.", "owner": planner, "audience": ["agent"],
            "review_on": clock.now().date() + timedelta(days=300), **more,
        }  # fmt: skip
        made = records.create(Policy, actor=planner, source="web", title=title, **fields)
        return publish(made, planner) if published else made

    return make


def publish(made, planner):
    """Submitted by its author, and published by whoever is asked."""
    made = records.perform(made, "submit", actor=planner, source="web")
    round_ = Round.objects.pending().get(subject_id=made.pk, subject_type=made._meta.label_lower)
    voter = round_.seats.first().approver
    approvals.vote(round_, actor=voter, approve=True, source="web")
    made.refresh_from_db()
    return made


def test_life_of_a_policy_in_the_browser(browse, planner, second, agent):
    client = browse(planner)
    sent = {
        "title": "Backups", "type": "standard", "owner": planner.email, "text": "", "audience": ["agent"],
        "review_on": (clock.now().date() + timedelta(days=90)).isoformat(),
    }  # fmt: skip
    client.post("/strategy/policies/new/", sent)
    made = Policy.objects.get()
    url = f"/strategy/policies/{made.number}/"
    assert browse(agent).get(url).status_code == 404, "drafts are for those who write them"
    assert client.post(f"{url}submit/", {}).status_code == 409
    assert "Write the text first" in text_of(client.get(url))
    client.post(f"{url}edit/", {**sent, "text": "Every **night**.", "version": "1"})
    client.post(f"{url}submit/", {})
    round_ = Round.objects.get()
    assert [seat.approver for seat in round_.seats.all()] == [second], "nobody reviews the own text"
    with pytest.raises(Denied):
        move(made, "publish", actor=planner, source="web")
    browse(second).post(f"/approvals/{round_.pk}/vote/", {"vote": "approve"})
    made.refresh_from_db()
    assert (made.state, made.edition) == ("published", 1)
    assert Message.objects.filter(recipient=agent, topic="policy_published").exists()
    reader = browse(agent)
    assert "You are asked to read and acknowledge this" in text_of(reader.get(url))
    assert "Backups" in text_of(reader.get("/?home")) or found.to_acknowledge(agent) == [made]
    for _twice in range(2):
        reader.post(f"{url}acknowledge/")
    assert Acknowledgement.objects.get().user == agent
    assert found.to_acknowledge(agent) == []
    shown = text_of(client.get(url))
    assert "1 of 1 people" in shown
    client.post(f"{url}new_version/")
    draft = Policy.objects.get(state="draft")
    assert (draft.edition, draft.text, draft.audience) == (2, "Every **night**.", ["agent"])
    assert client.post(f"{url}new_version/").status_code == 409, "one version in the works is enough"
    publish(draft, planner)
    made.refresh_from_db()
    assert made.state == "superseded"
    assert found.to_acknowledge(agent) == [draft], "a new version is acknowledged anew"
    with pytest.raises(Refused):
        standards.acknowledge(made, actor=agent, source="web")


def test_a_rejected_version_goes_back_and_an_unanswered_too(planner, second, policy):
    made = records.perform(policy(published=False), "submit", actor=planner, source="web")
    approvals.vote(Round.objects.get(), actor=second, approve=False, comment="Too short", source="web")
    made.refresh_from_db()
    assert made.state == "draft"
    made = records.perform(made, "submit", actor=planner, source="web")
    with clock.moved_to(clock.now() + timedelta(days=15)):
        approvals.chase()
    made.refresh_from_db()
    assert made.state == "draft"


def test_exceptions_end_by_themselves(browse, planner, second, agent, service, policy):
    made = policy()
    today = clock.now().date()
    client = browse(agent)
    client.post("/strategy/policy-exceptions/new/", {
        "title": "No restore test yet", "policy": made.pk, "service": service.pk, "reason": "New storage in March",
        "risk": "A restore may take longer", "expires_on": (today + timedelta(days=20)).isoformat(),
    })  # fmt: skip
    exception = PolicyException.objects.get()
    url = f"/strategy/policy-exceptions/{exception.number}/"
    assert client.post(f"{url}grant/", {}).status_code == 403
    browse(planner).post(f"{url}grant/", {"comment": "Until March"})
    exception.refresh_from_db()
    assert exception.state == "granted"
    assert standards.expire_exceptions() == 0
    with clock.moved_to(clock.now() + timedelta(days=20)):
        assert standards.expire_exceptions() == 0, "the last day still counts"
    with clock.moved_to(clock.now() + timedelta(days=21)):
        assert standards.expire_exceptions() == 1
        assert standards.expire_exceptions() == 0
    exception.refresh_from_db()
    assert exception.state == "expired"
    later = (clock.now().date() + timedelta(days=60)).isoformat()
    assert client.post(f"{url}ask_again/", {"reason": "Late", "expires_on": "2020-01-01"}).status_code == 422
    client.post(f"{url}ask_again/", {"reason": "Storage is late", "expires_on": later})
    exception.refresh_from_db()
    assert (exception.state, str(exception.expires_on)) == ("requested", later)


def test_nobody_grants_the_own_exception(planner, policy, service):
    made = records.create(
        PolicyException, actor=planner, source="web", title="Mine", policy=policy(), service=service, reason="Because",
        expires_on=clock.now().date() + timedelta(days=5),
    )  # fmt: skip
    with pytest.raises(Denied):
        records.perform(made, "grant", actor=planner, source="web")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"expires_on": date(2020, 1, 1)}, "expires_on"), ({"rule": "no-such-rule"}, "rule"), ({"reason": ""}, "reason")],
)
def test_bad_exceptions_name_their_field(planner, agent, policy, service, wrong, field):
    values = {"title": "X", "policy": policy(), "service": service, "reason": "Because",
              "expires_on": clock.now().date() + timedelta(days=5), **wrong}  # fmt: skip
    with pytest.raises(Invalid) as refusal:
        records.create(PolicyException, actor=agent, source="web", **values)
    assert field in refusal.value.fields
    assert not PolicyException.objects.exists()


def test_a_policy_about_some_services_is_not_excepted_for_others(planner, agent, policy, service):
    made = policy(published=False)
    records.edit(made, actor=planner, source="web", lists={"services": [service]})
    made = publish(made, planner)
    with pytest.raises(Invalid) as refusal:
        records.create(PolicyException, actor=agent, source="web", title="X", policy=made, reason="Because",
                       service=factories.ServiceFactory(), expires_on=clock.now().date())  # fmt: skip
    assert "service" in refusal.value.fields


# ---------- rules ----------


def test_violations_open_and_close_by_themselves(browse, planner, agent, requester):
    bad = factories.ServiceFactory(name="Orphan")
    owner = factories.person("Olga", roles=("service_owner",))
    good = factories.ServiceFactory(name="Cared for", owner=owner)
    nightly.run(["service-owner"])
    nightly.run(["service-owner"])
    one = Violation.objects.open().get(rule="service-owner")
    assert (one.subject_id, one.service, one.url) == (bad.pk, bad, bad.get_absolute_url())
    assert RuleRun.objects.get(rule="service-owner").in_scope == 2
    client = browse(agent)
    shown = text_of(client.get("/strategy/rules/"))
    assert "Every live service has an owner who is here" in shown
    shown = text_of(client.get("/strategy/rules/violations/?rule=service-owner"))
    assert "Orphan" in shown
    assert good.name not in shown
    assert "Nobody owns it" in text_of(client.get(f"{bad.get_absolute_url()}?tab=strategy"))
    assert browse(requester).get("/strategy/rules/violations/").status_code == 404
    Service.objects.filter(pk=bad.pk).update(owner=owner)
    nightly.run(["service-owner"])
    one.refresh_from_db()
    assert one.closed_at is not None
    owner.is_active = False
    owner.save()
    nightly.run(["service-owner"])
    assert Violation.objects.open().filter(rule="service-owner").count() == 2, "owners who left own nothing"
    assert "has left" in Violation.objects.open().first().detail


def test_rules_tell_nobody_about_tickets_they_may_not_see(browse, agent, requester, service):
    secret = factories.TeamFactory(name="Secret", is_restricted=True)
    hidden = factories.incident(requester, title="Leak in payroll", impact=1, urgency=1, service=service)
    plain = factories.incident(requester, title="Shop is down", impact=1, urgency=1, service=service)
    Ticket.objects.filter(pk__in=[hidden.pk, plain.pk]).update(priority=1, assignee=None)
    Ticket.objects.filter(pk=hidden.pk).update(restricted_to=secret, team=secret)
    with clock.moved_to(clock.now() + timedelta(minutes=20)):
        nightly.run(["ticket-p1"])
    assert Violation.objects.open().count() == 1, "not even a number tells of a restricted ticket"
    shown = text_of(browse(agent).get("/strategy/rules/violations/"))
    assert "Shop is down" in shown
    assert "Leak in payroll" not in shown
    assert next((one.seen, one.in_scope) for one in found.standings(agent) if one.rule.code == "ticket-p1") == (1, 1)
    owner = factories.person(roles=("service_owner",))
    assert "Shop is down" not in text_of(browse(owner).get("/strategy/rules/violations/")), "of another service"
    assert hidden.number not in text_of(browse(agent).get(f"{service.get_absolute_url()}?tab=strategy"))


def test_a_rule_that_throws_leaves_what_was_found_and_the_others(monkeypatch, service):
    nightly.run(["service-owner", "service-team"])

    def broken():
        raise RuntimeError("The table is away.")

    rule = rules.find("service-owner")
    monkeypatch.setattr(rules, "_rules", dict(rules._rules))
    rules.register(rules.Rule(rule.code, rule.title, rule.model, rule.scope, broken))
    nightly.run(["service-owner", "service-team"])
    assert "The table is away." in RuleRun.objects.get(rule="service-owner").error
    assert RuleRun.objects.get(rule="service-team").error == ""
    assert Violation.objects.open().filter(rule="service-owner").count() == 1


def test_an_exception_bears_the_violation_it_names(browse, planner, agent, policy, service):
    made = records.create(
        PolicyException, actor=agent, source="web", title="New owner in May", policy=policy(), service=service,
        rule="service-owner", reason="Vacant", expires_on=clock.now().date() + timedelta(days=5),
    )  # fmt: skip
    records.perform(made, "grant", actor=planner, source="web")
    nightly.run(["service-owner"])
    assert f"borne by {made.number}" in text_of(browse(agent).get("/strategy/rules/violations/"))


def test_every_rule_runs_on_data_of_all_kinds(
    planner, agent, requester, policy, goal, case, service, django_assert_max_num_queries
):
    """No rule asks once per row: as many queries for many records as for few."""
    policy(review_on=clock.now().date() + timedelta(days=1))
    goal(ends_on=date(2026, 1, 2))
    case()
    factories.incident(requester, service=service)
    with clock.moved_to(clock.now() + timedelta(days=40)), django_assert_max_num_queries(400) as few:
        nightly.run()
    for _more in range(3):
        factories.ServiceFactory()
        factories.incident(requester, service=service)
        policy(f"Another {_more}", review_on=clock.now().date() + timedelta(days=1))
    with clock.moved_to(clock.now() + timedelta(days=40)), django_assert_max_num_queries(len(few) + 6):
        nightly.run()
    assert not RuleRun.objects.exclude(error="").exists()
    assert set(RuleRun.objects.values_list("rule", flat=True)) == {rule.code for rule in rules.all_rules()}
