"""The improvement register: from an unhappy answer to a proven effect, through pages and the API."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from improvement import suggestions
from improvement.models import Improvement
from improvement.services import answers, improvements, surveys
from improvement.suggestions import Suggestion
from itsm.approvals.models import Round
from itsm.lib import clock
from itsm.lib.errors import Denied, Refused, Stale
from itsm.tickets.models import Ticket
from itsm.workflow import approvals, records
from tests import factories
from tests.api import Api, problem
from tests.pages import words as text_of

GRADES = {"reach": "4", "improvement_benefit": "5", "confidence": "80", "effort": "2"}


def today(offset=0):
    return clock.now().date() + timedelta(days=offset)


def vote(user, *, approve=True, comment="Go"):
    approvals.vote(Round.objects.pending().get(), actor=user, approve=approve, comment=comment, source="web")


@pytest.fixture
def approved(improvement, manager, second):
    def make(**more):
        made = records.perform(improvement(**more), "assess", actor=manager, source="web", data=GRADES)
        records.perform(made, "submit", actor=manager, source="web")
        vote(second)
        made.refresh_from_db()
        return made

    return make


def measure(record, value, actor, **more):
    fields = {"value": Decimal(value), "measured_on": today(), **more}
    return improvements.add_measurement(record, actor=actor, source="web", **fields)


def test_an_unhappy_answer_becomes_an_improvement_in_one_click(asked, browse, agent, service, solved):
    kept = answers.keep(asked(), score=1, comment="Three days", source="web")
    client = browse(agent)
    assert "Make it an improvement" in text_of(client.get(kept.get_absolute_url()))
    for _click in range(2):
        answer = client.post(f"{kept.get_absolute_url()}improve/")
    made = Improvement.objects.get()
    assert answer["Location"] == f"/improvement/register/{made.number}/"
    assert (made.baseline_value, made.baseline_on, made.unit, made.target_value) == (0, today(), "%", 10)
    assert (made.measured_by, made.service, made.answer, made.state) == (
        "satisfaction:csat", service, kept, "identified",
    )  # fmt: skip
    assert [ticket.pk for ticket in made.tickets.all()] == [kept.ticket_id]
    shown = text_of(client.get(made.get_absolute_url()))
    assert "Three days" in shown
    assert "Survey answer 1 / 5" in shown
    assert made.number in text_of(client.get(f"{kept.ticket.get_absolute_url()}more/"))
    assert made.number in text_of(client.get(f"{service.get_absolute_url()}?tab=improvement"))


def test_the_whole_life_and_what_holds_each_step(browse, manager, second, service):
    client = browse(manager)
    client.post("/improvement/register/new/", {
        "title": "Fewer reopened incidents", "owner": manager.email, "area": "process", "window_days": "30",
        "service": service.pk, "yearly_benefit": "12000.50",
    })  # fmt: skip
    made = Improvement.objects.get()
    url = f"/improvement/register/{made.number}/"
    client.post(f"{url}assess/", GRADES)
    made.refresh_from_db()
    assert (made.state, made.score) == ("assessed", 32)
    assert "reach 4 × benefit 5 × confidence 80% ÷ effort 2, times four = 32 of 100" in text_of(client.get(url))
    assert "The baseline is missing" in text_of(client.get(url))
    assert client.post(f"{url}submit/").status_code == 409
    form = {
        "title": made.title,
        "owner": manager.email,
        "area": "process",
        "window_days": "30",
        "version": made.version,
    }
    client.post(f"{url}edit/", {**form, "unit": "%", "baseline_value": "8.4", "target_value": "4"})
    client.post(f"{url}submit/")
    assert client.post(f"{url}submit/").status_code == 409, "it waits for approval already"
    vote(second)
    made.refresh_from_db()
    assert made.state == "approved"
    assert client.post(f"{url}edit/", {**form, "version": made.version, "baseline_value": "20", "target_value": "4"}
                       ).status_code == 422  # fmt: skip
    client.post(f"{url}start/")
    client.post(f"{url}measure/")
    assert "no measurement after its approval" in text_of(client.get(url))
    assert client.post(f"{url}realise/").status_code == 409
    client.post(f"{url}measurements/new/", {"measured_on": today().isoformat(), "value": "6.1"})
    refused = client.post(f"{url}realise/")
    assert refused.status_code == 409
    assert "6.1%" in text_of(refused)
    client.post(f"{url}measurements/new/", {"measured_on": today().isoformat(), "value": "3.9", "note": "November"})
    client.post(f"{url}realise/", {"realised_benefit": "11000"})
    made.refresh_from_db()
    assert (made.state, made.realised_benefit, made.closed_on) == ("realised", 11000, today())
    shown = text_of(client.get(url))
    assert "102%" in shown
    assert "€11k" in shown
    client.post(f"{url}take_up/", {"reason": "It went up again"})
    made.refresh_from_db()
    assert (made.state, made.approved_at, made.realised_benefit) == ("assessed", None, None)


def test_what_was_measured_before_approval_proves_nothing(improvement, manager, second):
    made = improvement()
    measure(made, "3", manager)
    made = records.perform(made, "assess", actor=manager, source="web", data=GRADES)
    made = records.perform(made, "submit", actor=manager, source="web")
    vote(second)
    made.refresh_from_db()
    for verb in ("start", "measure"):
        made = records.perform(made, verb, actor=manager, source="web")
    with pytest.raises(Refused, match="no measurement after"):
        records.perform(made, "realise", actor=manager, source="web")
    measure(made, "3", manager)
    records.perform(made, "realise", actor=manager, source="web")


def test_the_latest_measurement_decides(approved, manager):
    made = approved()
    for verb in ("start", "measure"):
        made = records.perform(made, verb, actor=manager, source="web")
    measure(made, "2", manager)
    measure(made, "9", manager)
    with pytest.raises(Refused, match="9%"):
        records.perform(made, "realise", actor=manager, source="web")
    made = records.perform(made, "give_up", actor=manager, source="web", data={"lesson": "It only looked better"})
    assert (made.state, made.lesson) == ("not_realised", "It only looked better")
    with pytest.raises(Denied):
        measure(made, "1", manager)


def test_targets_upwards_and_downwards(improvement):
    down, up = improvement(), improvement("More", baseline_value="40", target_value="75")
    assert [down.reaches(Decimal(value)) for value in ("4.01", "4", "1")] == [False, True, True]
    assert [up.reaches(Decimal(value)) for value in ("74.99", "75", "80")] == [False, True, True]
    assert down.progress(Decimal("10.6")) == -50


def test_a_rejection_says_why_and_a_new_assessment_asks_anew(improvement, manager, second, approved):
    made = records.perform(improvement(), "assess", actor=manager, source="web", data=GRADES)
    made = records.perform(made, "submit", actor=manager, source="web")
    vote(second, approve=False, comment="Too dear")
    made.refresh_from_db()
    assert (made.state, made.lesson) == ("rejected", "Too dear")
    made = records.perform(made, "take_up", actor=manager, source="web", data={"reason": "Cheaper now"})
    made = records.perform(made, "submit", actor=manager, source="web")
    made = records.perform(made, "assess", actor=manager, source="web", data={**GRADES, "effort": "1"})
    assert not Round.objects.pending().exists()
    other = approved(title="Other")
    other = records.perform(other, "assess", actor=manager, source="web", data=GRADES)
    assert (other.state, other.approved_at) == ("assessed", None)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": ""}, "title"), ({"title": "x" * 161}, "title"), ({"owner": "nobody@example.com"}, "owner"),
        ({"baseline_value": "5", "target_value": "5"}, "__all__"), ({"baseline_on": "2199-01-01"}, "baseline_on"),
        ({"measured_by": "kpi:parrots"}, "measured_by"), ({"yearly_benefit": "-1"}, "yearly_benefit"),
        ({"effort": "9"}, "effort"), ({"window_days": "0"}, "window_days"), ({"baseline_value": "1e99"}, "baseline"),
    ],
)  # fmt: skip
def test_bad_input_changes_nothing(browse, manager, wrong, field):
    sent = {"title": "T", "owner": manager.email, "area": "process", "window_days": "30", "baseline_value": "1",
            "target_value": "2", **wrong}  # fmt: skip
    assert browse(manager).post("/improvement/register/new/", sent).status_code == 422
    assert not Improvement.objects.exists()


def test_who_may(improvement, manager, agent, auditor, requester, browse):
    made = improvement()
    assert browse(requester).get("/improvement/register/").status_code == 404
    assert browse(auditor).post("/improvement/register/new/", {"title": "T"}).status_code == 403
    assert browse(agent).post(f"/improvement/register/{made.number}/assess/", GRADES).status_code == 403
    assert browse(agent).post(f"/improvement/register/{made.number}/measurements/new/", {}).status_code == 403
    mine = records.create(Improvement, actor=agent, source="web", title="Mine", owner=agent)
    records.perform(mine, "assess", actor=agent, source="web", data=GRADES)
    with pytest.raises(Denied):
        records.perform(mine, "reject", actor=agent, source="web", data={"reason": "No"})
    with pytest.raises(Stale):
        records.edit(mine, actor=agent, source="web", version=1, title="Old")


def test_links_to_tickets(improvement, incident, manager, browse, agent, outsider):
    made, client = improvement(), browse(manager)
    url = f"/improvement/register/{made.number}/"
    client.post(f"{url}tickets/", {"ticket": incident.number.lower()})
    assert incident.number in text_of(client.get(url))
    assert made.number in text_of(browse(agent).get(f"{incident.get_absolute_url()}more/"))
    assert client.post(f"{url}tickets/", {"ticket": incident.number}).status_code == 422
    assert client.post(f"{url}tickets/", {"ticket": "INC-999999"}).status_code == 422
    client.post(f"{url}tickets/", {"remove": incident.number})
    assert not made.tickets.exists()
    Ticket.objects.filter(pk=incident.pk).update(restricted_to=factories.TeamFactory(is_restricted=True))
    assert client.post(f"{url}tickets/", {"ticket": incident.number}).status_code == 422


def test_numbers_from_data_are_read_every_week(asked, solved, manager, service, approved):
    answers.keep(asked(), score=1, source="web")
    made = approved(title="Happier", baseline_value=None, target_value="60", unit="", service=service,
                    measured_by="satisfaction:csat")  # fmt: skip
    assert (made.baseline_value, made.unit) == (0, "%")
    answers.keep(surveys.ask_about(solved()), score=5, source="web")
    assert improvements.read_due() == 1
    assert improvements.read_due() == 0
    found = made.measurements.get()
    assert (found.value, found.cases, found.by.is_system) == (50, 2, True)
    with clock.moved_to(clock.now() + timedelta(days=8)):
        assert improvements.read_due() == 1
    with clock.moved_to(clock.now() + timedelta(days=200)):
        assert improvements.read_due() == 0, "no answers, no number"


def test_suggestions_are_taken_up_once(browse, agent, requester, monkeypatch):
    one = Suggestion("a", "Less ping-pong", origin="Process analysis", origin_url="/improvement/x/", unit="%",
                     baseline_value=Decimal(30), target_value=Decimal(10))  # fmt: skip

    def broken(user):
        raise RuntimeError

    monkeypatch.setattr(suggestions, "_sources", {"test": lambda user: [one], "broken": broken})
    client = browse(agent)
    assert "Less ping-pong" in text_of(client.get("/improvement/register/"))
    client.post("/improvement/register/suggested/", {"suggestion": "test.a"})
    made = Improvement.objects.get()
    assert (made.title, made.baseline_value, made.target_value, made.owner) == ("Less ping-pong", 30, 10, agent)
    assert "Suggested by the data" not in text_of(client.get("/improvement/register/"))
    assert client.post("/improvement/register/suggested/", {"suggestion": "test.a"}).status_code == 409
    assert browse(requester).post("/improvement/register/suggested/", {"suggestion": "test.a"}).status_code == 404
    link = suggestions.address(title="From there", origin="Process analysis", origin_url="/improvement/x/")
    assert 'value="From there"' in client.get(link).content.decode()


def test_an_unsatisfying_service_is_suggested(survey, solved, manager, service, browse):
    survey()
    for number in range(5):
        invitation = surveys.ask_about(solved(factories.person(f"P {number}")))
        answers.keep(invitation, score=2 if number else 5, source="web")
    client = browse(manager)
    assert "4 of 5 answers in the last 90 days are unhappy" in text_of(client.get("/improvement/register/"))
    client.post("/improvement/register/suggested/", {"suggestion": f"satisfaction.service-{service.pk}"})
    assert Improvement.objects.get().baseline_value == 20


def test_an_address_from_elsewhere_is_not_kept(browse, manager):
    sent = {"title": "T", "owner": manager.email, "area": "process", "window_days": "30", "origin": "Evil"}
    for url in ("https://evil.example", "//evil.example", "javascript:alert(1)"):
        browse(manager).post("/improvement/register/new/", {**sent, "origin_url": url})
    assert set(Improvement.objects.values_list("origin_url", flat=True)) == {""}


def test_the_register_costs_the_same_for_one_and_many(
    browse, approved, manager, improvement, django_assert_max_num_queries
):
    client = browse(manager)
    made = approved()
    measure(made, "5", manager)
    client.get("/improvement/register/")
    with django_assert_max_num_queries(45) as few:
        client.get("/improvement/register/")
    for number in range(3):
        other = improvement(f"More {number}", owner=factories.person(roles=("agent",)), reach=1, benefit=1,
                            confidence=50, effort=1, service=factories.ServiceFactory())  # fmt: skip
        measure(other, "5", manager)
    with django_assert_max_num_queries(len(few)):
        shown = text_of(client.get("/improvement/register/"))
    assert "More 2" in shown
    lines = b"".join(client.get("/improvement/register/export/").streaming_content).decode().splitlines()
    assert len(lines) == 5
    assert made.number in lines[1]
    for view in ("mine", "identified", "realised", "all", "nonsense"):
        assert client.get(f"/improvement/register/?view={view}").status_code == 200


def test_stage_home_and_money(browse, approved, manager, agent):
    approved(due_on=today(-1), yearly_benefit="5000")
    shown = text_of(browse(manager).get("/improvement/"))
    assert "It should be done by now" in shown
    assert "Active improvements" in shown
    made = Improvement.objects.get()
    assert "€5" in text_of(browse(manager).get(made.get_absolute_url()))
    assert "€5" not in text_of(browse(agent).get(made.get_absolute_url()))
    assert Api(agent).get(f"improvements/{made.number}/").json()["yearly_benefit"] is None
    assert made.number in text_of(browse(agent).get("/search/", {"q": made.number}))


def test_api_of_improvements(manager, second, incident, requester, asked):
    desk = Api(manager)
    sent = {"title": "Fewer reopened", "owner": manager.email, "unit": "%", "baseline_value": "8", "target_value": "4"}
    problem(desk.post("improvements/", {**sent, "target_value": "8"}), 422)
    problem(desk.post("improvements/", {**sent, "score": 99}), 422)
    made = desk.post("improvements/", sent).json()
    url = f"improvements/{made['number']}/"
    assessed = desk.post(f"{url}transitions/assess/", {name: int(value) for name, value in GRADES.items()}).json()
    assert assessed.get("score") == 32, assessed
    assert "submit" in str(desk.get(f"{url}transitions/").json())
    desk.post(f"{url}transitions/submit/")
    vote(second)
    for verb in ("start", "measure"):
        desk.post(f"{url}transitions/{verb}/")
    refused = problem(desk.post(f"{url}transitions/realise/"), 409)
    assert "no measurement" in str(refused)
    problem(desk.post(f"{url}measurements/", {"value": "3", "measured_on": today(1).isoformat()}), 422)
    assert desk.post(f"{url}measurements/", {"value": "3", "measured_on": today().isoformat()}).status_code == 201
    assert desk.post(f"{url}tickets/", {"ticket": incident.number}).json()["tickets"] == [incident.number]
    problem(desk.post(f"{url}tickets/", {"ticket": "INC-999999"}), 422)
    assert desk.delete(f"{url}tickets/{incident.number}/").json()["tickets"] == []
    assert desk.post(f"{url}transitions/realise/").json()["state"] == "realised"
    assert Api(requester).get("improvements/").status_code == 404
    kept = answers.keep(asked(), score=1, source="web")
    assert desk.post(f"improvements/from-answer/{kept.pk}/").json()["measured_by"] == "satisfaction:csat"
    problem(desk.post("improvements/from-answer/999999/"), 422)
