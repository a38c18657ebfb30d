"""Rules: what they react to, what they check, what they do, and that they do it once."""

import pytest
from django.contrib.auth import get_user_model

from itsm.audit.models import Entry
from itsm.automation.models import AutomationRule, RuleRun
from itsm.automation.services import rules
from itsm.automation.tasks import run_rules
from itsm.notifications.models import Event, Message
from itsm.tickets.models import Macro, TicketCategory
from itsm.workflow import conversation, edits
from operation.services import incidents
from tests import factories

pytestmark = pytest.mark.django_db


def rule(name="Rule", *, event="open", services=(), **values):
    if not {"macro", "tell"} & set(values):
        values["macro"] = Macro.objects.create(name=f"Macro of {name}", kind="incident", note="{number} was seen.")
    made = AutomationRule.objects.create(name=name, kind="incident", event=event, **values)
    made.services.set(services)
    return made


def notes(incident):
    return list(incident.timeline.filter(kind="note").values_list("body", flat=True))


def outcomes():
    return list(RuleRun.objects.order_by("id").values_list("rule__name", "outcome"))


@pytest.fixture
def sub_organisation(organisation):
    return factories.OrganisationFactory(name="Halden Oslo", parent=organisation)


@pytest.mark.parametrize(
    ("condition", "fits", "does_not"),
    [
        ("priorities", {"priorities": [3]}, {"priorities": [1, 2]}),
        ("channels", {"channels": ["portal", "email"]}, {"channels": ["phone"]}),
        ("words", {"words": ["VPN", "mail is"]}, {"words": ["printer"]}),
        ("vip_only", {"vip_only": False}, {"vip_only": True}),
    ],
)
def test_a_condition_decides(requester, service, condition, fits, does_not):
    rule("fits", **fits)
    rule("does not", **does_not)
    made = factories.incident(requester, service=service, title="Mail is down", impact=2, urgency=2)
    assert made.priority == 3
    run_rules()
    assert outcomes() == [("fits", "done")]
    assert notes(made) == [f"{made.number} was seen."]


def test_conditions_about_relations_hold_together(requester, service, sub_organisation, desk, engineers):
    category = TicketCategory.objects.create(name="Network")
    other = TicketCategory.objects.create(name="Desk")
    requester.organisation = sub_organisation
    requester.save()
    fits = {"services": [service], "organisation": sub_organisation.parent, "category": category, "team": desk}
    rule("all hold", **fits)
    rule("one does not", **fits | {"category": other})
    rule("another team", **fits | {"team": engineers})
    rule("another service", **fits | {"services": [factories.ServiceFactory()]})
    rule("another organisation", **fits | {"organisation": factories.OrganisationFactory(name="Elsewhere")})
    factories.incident(requester, service=service, category=category, team=desk)
    run_rules()
    assert outcomes() == [("all hold", "done")]


def test_each_event_is_met_once_and_in_order(requester, service, agent):
    rule("second", position=2, event="reply")
    rule("first", position=1, event="reply")
    made = factories.incident(requester, service=service)
    conversation.reply(made, "Hello", actor=requester, source="web")
    run_rules()
    run_rules()
    assert outcomes() == [("first", "done"), ("second", "done")]
    assert not Event.objects.filter(automated_at=None).exists()


def test_a_rule_reacts_to_a_step_and_takes_one_as_the_system(requester, service, agent, desk):
    macro = Macro.objects.create(name="Back", kind="incident", verb="reopen", data={"reason": "Not yet"})
    rule("bounce", event="resolve", macro=macro)
    made = factories.incident(requester, service=service, team=desk, assignee=agent)
    incidents.start(made, actor=agent, source="web")
    incidents.resolve(made, actor=agent, source="web", code="fixed", note="Done")
    run_rules()
    made.refresh_from_db()
    assert (made.state, outcomes()) == ("in_progress", [("bounce", "done")])
    entry = Entry.objects.filter(object_id=made.pk, action="incident.reopen").get()
    assert (entry.source, entry.actor) == ("rule", get_user_model().objects.system())


def test_what_rules_do_starts_no_rules(requester, service, engineers):
    macro = Macro.objects.create(name="Over", kind="incident", changes={"team": engineers.pk})
    rule("ping", event="open", macro=macro)
    rule("pong", event="edit")
    made = factories.incident(requester, service=service)
    run_rules()
    run_rules()
    made.refresh_from_db()
    assert (made.team, outcomes()) == (engineers, [("ping", "done")])


def test_a_refusal_is_written_down_undone_and_the_next_rule_goes_on(requester, service):
    macro = Macro.objects.create(name="Too early", kind="incident", note="Before", verb="confirm")
    rule("refused", macro=macro, position=1)
    rule("goes on", position=2)
    made = factories.incident(requester, service=service)
    run_rules()
    assert outcomes() == [("refused", "refused"), ("goes on", "done")]
    assert RuleRun.objects.get(rule__name="refused").reason
    assert notes(made) == [f"{made.number} was seen."], "the note of the refused macro is gone with it"


def test_an_error_in_one_rule_stops_nothing(requester, service, monkeypatch, caplog):
    rule("breaks", position=1)
    rule("goes on", position=2)
    real = rules.macros.run

    def run(macro, *args, **kwargs):
        if macro.name == "Macro of breaks":
            raise RuntimeError("boom")
        return real(macro, *args, **kwargs)

    monkeypatch.setattr(rules.macros, "run", run)
    factories.incident(requester, service=service)
    run_rules()
    assert outcomes() == [("breaks", "failed"), ("goes on", "done")]
    assert "an automation rule failed" in caplog.text


def test_the_switch_is_read_and_the_past_is_left_alone(requester, service):
    off = rule("off", is_active=False)
    factories.incident(requester, service=service)
    run_rules()
    off.is_active = True
    off.save()
    run_rules()
    assert outcomes() == []
    Macro.objects.update(is_active=False)
    factories.incident(requester, service=service)
    run_rules()
    assert outcomes() == [("off", "refused")], "a macro that is off is not run"


def test_imported_history_starts_no_rule(requester, service):
    rule()
    made = factories.incident(requester, service=service)
    Event.objects.filter(ticket=made).update(automated_at=None, source="import")
    rules.forget_past()
    run_rules()
    assert outcomes() == []


def test_a_team_is_told_unless_a_member_may_not_see_the_ticket(requester, service, desk, engineers, agent, engineer):
    rule("Wake them", event="edit", tell=engineers)
    made = factories.incident(requester, service=service, team=desk)
    edits.edit(made, actor=agent, source="web", title="Everything is down")
    run_rules()
    told = Message.objects.filter(topic="rule", channel="in_app")
    assert [(m.recipient, m.subject, m.url) for m in told] == [
        (engineer, "Wake them: Everything is down", f"/tickets/{made.number}/")
    ]
    edits.edit(made, actor=agent, source="web", restricted_to=desk)
    run_rules()
    assert told.count() == 1


def test_nothing_to_do_costs_three_queries(requester, service, django_assert_max_num_queries):
    factories.incident(requester, service=service)
    run_rules()
    with django_assert_max_num_queries(6):
        run_rules()
