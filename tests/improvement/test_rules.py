"""The nightly rules of all stages: each finds what is wrong, leaves what is right, and closes what was put right."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from design.models import Agreement
from improvement.models import KPI, Improvement, ImprovementMeasurement, ReviewAction, ServiceReview
from itsm.lib import clock
from itsm.tickets.models import Ticket, TicketLink
from itsm.workflow import records
from operation.models import Problem, Risk
from strategy import rules
from strategy.models import RuleRun, Violation
from strategy.services import nightly
from tests import factories
from transition.models import (
    Article,
    CIType,
    ConfigurationItem,
    Contract,
    HandoverItem,
    Licence,
    LicenceAssignment,
    Supplier,
    SupportHandover,
)
from transition.services import articles

NOW = datetime(2026, 9, 15, 12, tzinfo=timezone.get_default_timezone())
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def _noon(db):
    with clock.moved_to(NOW):
        yield


@pytest.fixture
def boss(service):
    return factories.person(
        "Bea Boss", roles=("service_level_manager", "configuration_manager", "problem_manager", "security_officer",
                           "improvement_manager", "knowledge_manager", "administrator"),
    )  # fmt: skip


def put(record, **values):
    """As if it had come to this long ago, by whatever steps."""
    type(record).objects.filter(pk=record.pk).update(**values)
    record.refresh_from_db()
    return record


def agreement(boss, title, services, **values):
    made = records.create(Agreement, title=title, owner=boss, starts_on=date(2026, 1, 1), lists={"services": services},
                          actor=boss, source="web", **{k: v for k, v in values.items() if k != "state"})  # fmt: skip
    return put(made, state=values.get("state", "active"))


def found(code):
    nightly.run([code])
    run = RuleRun.objects.get(rule=code)
    assert run.error == ""
    rows = Violation.objects.open().filter(rule=code).order_by("subject_id")
    return run.in_scope, [(one.subject_id, one.detail) for one in rows]


def links(browse, person, code):
    page = browse(person).get(f"/strategy/rules/violations/?rule={code}").content.decode()
    return [
        one.url
        for one in Violation.objects.open().filter(rule=code).order_by("subject_id")
        if f'href="{one.url}"' in page
    ]


def test_live_services_have_agreements_and_runbooks(browse, boss, service, desk):
    promised = factories.ServiceFactory(name="Promised")
    written = factories.ServiceFactory(name="Written")
    agreement(boss, "SLA", [promised])
    agreement(boss, "Draft", [service], state="draft")
    assert found("service-agreement") == (3, [
        (one.pk, "No service level agreement about it is active") for one in (service, written)
    ])  # fmt: skip
    assert links(browse, boss, "service-agreement") == [service.get_absolute_url(), written.get_absolute_url()]
    draft = articles.write(actor=boss, source="web", title="How", summary="S", body="Do.", service=written)
    articles.publish(draft, actor=boss, source="web")
    handover = SupportHandover.objects.create(created_by=boss, service=promised, team=desk)
    HandoverItem.objects.create(handover=handover, topic="runbook", done=True)
    assert [pk for pk, _words in found("service-runbook")[1]] == [service.pk, promised.pk], "it is not signed yet"
    put(handover, state="signed")
    assert found("service-runbook") == (3, [(service.pk, "Support has no runbook and no article for it")])


def test_agreements_go_on_and_are_backed(browse, boss, service):
    ends = agreement(boss, "Ends", [service], ends_on=TODAY + timedelta(days=30))
    agreement(boss, "Ends later", [service], ends_on=TODAY + timedelta(days=31))
    renewed = agreement(boss, "Renewed", [service], ends_on=TODAY + timedelta(days=5))
    records.perform(renewed, "new_version", actor=boss, source="web", data={})
    scope, rows = found("agreement-ends")
    assert (scope, [pk for pk, _words in rows]) == (3, [ends.pk])
    assert "15 Oct 2026" in rows[0][1] or "Oct. 15, 2026" in rows[0][1] or "15 October 2026" in rows[0][1]
    scope, rows = found("agreement-backed")
    assert (scope, len(rows)) == (3, 3)
    assert "1 gap: No agreement inside or with a supplier backs “Email”." in rows[0][1]
    assert f"{ends.get_absolute_url()}#chain" in links(browse, boss, "agreement-backed")
    carrier = agreement(boss, "Carrier", [service], type="uc", supplier="Telco")
    assert found("agreement-backed") == (3, [])
    assert carrier.state == "active"


def test_items_licences_contracts_and_articles(browse, boss, agent, service):
    supplier = Supplier.objects.create(name="Telco")
    kind = CIType.objects.first() or CIType.objects.create(name="Server", slug="server")
    left = factories.person("Lea Left", is_active=False)
    items = [ConfigurationItem.objects.create(created_by=boss, name=f"Server {n}", type=kind, owner=owner)
             for n, owner in enumerate((None, left, boss, None))]  # fmt: skip
    for one in items[:3]:
        put(one, state="deployed")
    assert found("item-owner") == (
        3, [(items[0].pk, "Nobody answers for it"), (items[1].pk, "Lea Left has left")]
    ), "what lies in stock needs no owner"  # fmt: skip
    put(items[0], owner=boss)
    assert found("item-owner")[1] == [(items[1].pk, "Lea Left has left")]
    licences = [Licence.objects.create(created_by=boss, product=f"Editor {n}", entitled=n) for n in (1, 2)]
    for one in licences:
        for person in (boss, agent):
            LicenceAssignment.objects.create(licence=one, user=person)
    assert found("licence-entitled") == (2, [(licences[0].pk, "Used 2 times, entitled 1")])
    about = {"created_by": boss, "supplier": supplier, "starts_on": date(2026, 1, 1)}
    made = [
        put(Contract.objects.create(title=title, **about, **days), state="active")
        for title, days in (
            ("Ends", {"ends_on": TODAY + timedelta(days=30)}), ("Notice", {"notice_on": TODAY}),
            ("Goes on", {"ends_on": TODAY + timedelta(days=31)}), ("Missed", {"notice_on": TODAY - timedelta(days=1)}),
        )
    ]  # fmt: skip
    scope, rows = found("contract-decided")
    assert (scope, [pk for pk, _words in rows]) == (4, [made[0].pk, made[1].pk])
    assert links(browse, agent, "contract-decided") == [], "contracts hold money: the desk does not read them"
    assert links(browse, boss, "contract-decided") == [one.get_absolute_url() for one in made[:2]]
    draft = articles.write(actor=boss, source="web", title="Old", summary="S", body="Do.", service=service)
    text = articles.publish(draft, actor=boss, source="web")
    assert found("article-review") == (1, [])
    Article.objects.filter(pk=text.pk).update(review_at=TODAY - timedelta(days=1))
    assert [pk for pk, _words in found("article-review")[1]] == [text.pk]
    assert links(browse, agent, "article-review") == [text.get_absolute_url()]


def problem(boss, **values):
    made = Problem.objects.create(
        title="Cache", requester=boss, opened_by=boss, kind="problem", state="new", phase="new",
        opened_at=NOW - timedelta(days=90),
    )  # fmt: skip
    Ticket.objects.filter(pk=made.pk).update(
        **{k: v for k, v in values.items() if k in ("state", "phase", "updated_at", "restricted_to")}
    )
    Problem.objects.filter(pk=made.pk).update(workaround=values.get("workaround", ""))
    return made


def test_problems_majors_and_risks(browse, boss, agent, requester, service, engineers):
    bare = problem(boss, state="known_error", phase="active", updated_at=NOW)
    problem(boss, state="known_error", phase="active", workaround="Restart", updated_at=NOW)
    problem(boss, state="known_error", phase="active", updated_at=NOW, restricted_to=engineers)
    assert found("problem-workaround") == (2, [(bare.pk, "Nothing helps until it is removed")])
    old = problem(boss, state="assessed", phase="active", updated_at=NOW - timedelta(days=61))
    problem(boss, state="closed", phase="closed", updated_at=NOW - timedelta(days=61))
    scope, rows = found("problem-touched")
    assert (scope, [pk for pk, _words in rows]) == (3, [old.pk])
    majors = [factories.incident(requester, service=service) for _ in range(4)]
    for one, days in zip(majors, (8, 8, 3, 8), strict=True):
        over = NOW - timedelta(days=days)
        Ticket.objects.filter(pk=one.pk).update(
            is_major=True, phase="resolved", state="resolved", opened_at=over, resolved_at=over
        )
    TicketLink.objects.create(source=majors[1], target=old, kind="caused_by", created_by=boss)
    Ticket.objects.filter(pk=majors[3].pk).update(restricted_to=engineers)
    assert found("major-reviewed") == (2, [(majors[0].pk, "No problem asks why it happened")])
    assert links(browse, agent, "major-reviewed") == [majors[0].get_absolute_url()]
    risks = [
        Risk.objects.create(created_by=boss, title="Flood", owner=boss, review_on=TODAY - timedelta(days=n))
        for n in (0, 1)
    ]
    assert [pk for pk, _words in found("risk-review")[1]] == [risks[1].pk]
    assert links(browse, agent, "risk-review") == [], "the register is read by those who keep it"
    assert links(browse, boss, "risk-review") == [risks[1].get_absolute_url()]


def test_improvements_actions_and_kpis(browse, boss, agent, service):
    made = [
        put(
            Improvement.objects.create(created_by=boss, title=title, owner=boss, due_on=due),
            state=state, approved_at=NOW - timedelta(days=60), measuring_since=date(2026, 8, 1),
        )
        for title, state, due in (
            ("Said", "realised", None), ("Proven", "realised", None), ("Early", "realised", None),
            ("Late", "in_progress", TODAY - timedelta(days=1)), ("Today", "in_progress", TODAY),
        )
    ]  # fmt: skip
    for one, on in ((made[1], date(2026, 8, 1)), (made[2], date(2026, 7, 31))):
        ImprovementMeasurement.objects.create(improvement=one, measured_on=on, value=Decimal(5), by=boss)
    assert found("improvement-proven") == (3, [(one.pk, "No measurement proves it") for one in (made[0], made[2])])
    scope, rows = found("improvement-due")
    assert (scope, [pk for pk, _words in rows]) == (2, [made[3].pk])
    review = ServiceReview.objects.create(created_by=boss, service=service, month=date(2026, 8, 1), chair=boss)
    late = ReviewAction.objects.create(review=review, text="Tell the users", owner=boss, due_on=date(2026, 9, 14))
    ReviewAction.objects.create(review=review, text="Later", owner=boss, due_on=TODAY)
    ReviewAction.objects.create(review=review, text="Done", owner=boss, due_on=date(2026, 9, 1), done_on=TODAY)
    scope, rows = found("action-due")
    assert (scope, [pk for pk, _words in rows]) == (2, [late.pk])
    assert rows[0][1].startswith("Bea Boss promised it by")
    assert links(browse, agent, "action-due") == [review.get_absolute_url()]
    KPI.objects.all().update(target=1)
    KPI.objects.filter(code="backlog").update(target=None)
    assert [words for _pk, words in found("kpi-target")[1]] == ["Nobody said how good “Backlog” has to be"]
    KPI.objects.filter(code="backlog").update(is_active=False)
    assert found("kpi-target")[1] == []


def test_no_rule_asks_once_per_row(boss, requester, agent, service, django_assert_max_num_queries):
    def more(number):
        agreement(boss, f"SLA {number}", [factories.ServiceFactory(name=f"S {number}")], ends_on=TODAY)
        agreement(boss, f"UC {number}", [service], type="uc", supplier=f"T {number}", ends_on=TODAY)
        problem(boss, state="known_error", phase="active", updated_at=NOW - timedelta(days=99))
        Risk.objects.create(created_by=boss, title=f"R {number}", owner=boss, review_on=date(2026, 1, 1))
        review = ServiceReview.objects.create(created_by=boss, month=date(2020 + number, 1, 1), chair=boss)
        ReviewAction.objects.create(review=review, text="Late", owner=agent, due_on=date(2026, 1, 1))
        put(
            Improvement.objects.create(created_by=boss, title="I", owner=boss, due_on=date(2026, 1, 1)),
            state="in_progress",
        )
        put(Improvement.objects.create(created_by=boss, title="J", owner=boss), state="realised", approved_at=NOW)
        major = factories.incident(requester, service=service)
        over = NOW - timedelta(days=9)
        Ticket.objects.filter(pk=major.pk).update(is_major=True, phase="resolved", state="resolved", opened_at=over,
                                                  resolved_at=over)  # fmt: skip
        licence = Licence.objects.create(created_by=boss, product=f"L {number}", entitled=0)
        LicenceAssignment.objects.create(licence=licence, user=boss)
        supplier = Supplier.objects.create(name=f"Supplier {number}")
        put(
            Contract.objects.create(created_by=boss, title="C", supplier=supplier, starts_on=TODAY, ends_on=TODAY),
            state="active",
        )

    codes = [rule.code for rule in rules.all_rules() if rule.order >= 12 and rule.order not in (20, 30, 40, 50)]
    assert len(codes) == 16
    more(0)
    nightly.run(codes)
    Violation.objects.all().delete()
    with django_assert_max_num_queries(300) as few:
        nightly.run(codes)
    for number in range(1, 4):
        more(number)
    Violation.objects.all().delete()
    with django_assert_max_num_queries(len(few)):
        nightly.run(codes)
    assert not RuleRun.objects.exclude(error="").exists()
    assert Violation.objects.open().filter(rule="licence-entitled").count() == 4
