"""Surveys from the question to the answer: who is asked, the link in the mail, once only, and who reads it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import signing

from improvement.models import Answer, Invitation, Survey
from improvement.reports import satisfaction
from improvement.services import answers, links, surveys
from itsm.accounts.models import Team
from itsm.audit.models import Entry
from itsm.lib import clock
from itsm.lib.errors import Invalid, Refused
from itsm.notifications.models import Event, Message
from itsm.notifications.services import preferences
from itsm.notifications.services import templates as words
from itsm.tickets.models import Ticket
from itsm.workflow import records
from operation.services import incidents
from tests import factories
from tests.pages import words as text_of


def path_of(invitation, score=None):
    return links.address(invitation, score).partition("//")[2].partition("/")[2].join(["/", ""])


def keep(invitation, score=5, **more):
    return answers.keep(Invitation.objects.get(pk=invitation.pk), score=score, source="web", **more)


# ---------- who is asked ----------


def test_who_had_a_ticket_solved_is_asked_once_by_mail(survey, solved, requester):
    survey()
    ticket = solved()
    assert surveys.send_due() == 1
    assert surveys.send_due() == 0
    invitation = Invitation.objects.get()
    assert (invitation.person, invitation.ticket_id, invitation.skipped) == (requester, ticket.pk, "")
    mail = Message.objects.get(topic="survey", channel="email")
    assert mail.address == requester.email
    assert links.address(invitation, 5) in mail.body
    assert mail.body.index(links.address(invitation, 5)) < mail.body.index(links.address(invitation, 1))
    assert f"]({links.address(invitation, 1)})" in mail.markdown
    assert ticket.number in mail.subject


def test_what_was_solved_before_or_is_open_again_is_not_asked_about(survey, solved, requester, service):
    solved()
    with clock.moved_to(clock.now() + timedelta(hours=1)):
        survey()
        again = solved()
        incidents.reopen(again, actor=requester, source="web", reason="No")
        factories.incident(requester, service=service)
        assert surveys.send_due() == 0
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    ("settings", "reason"), [({"quiet_days": 14}, "recent"), ({"share": 1}, "share"), ({"ticket_kinds": []}, "")]
)
def test_settings_decide_whom_is_asked(survey, solved, settings, reason):
    survey(**settings)
    for _number in range(3):
        solved()
    surveys.send_due()
    found = list(Invitation.objects.order_by("pk").values_list("skipped", flat=True))
    assert len(found) == 3, "whoever was not asked is kept with the reason"
    if reason == "recent":
        assert found == ["", "recent", "recent"]
    elif reason == "share":
        assert found.count("share") >= 2
    else:
        assert found == ["", "", ""]


def test_other_kinds_and_other_services_are_left_alone(survey, solved):
    other = factories.ServiceFactory(name="Telephony")
    survey(service=other)
    survey(title="Never", ticket_kinds=["security_incident"])
    solved()
    assert surveys.send_due() == 0


def test_duplicates_own_work_and_the_unwilling_are_not_asked(survey, solved, requester, agent, service):
    survey()
    original = factories.incident(requester, service=service)
    twin = factories.incident(requester, service=service)
    incidents.mark_duplicate(incidents.start(twin, actor=agent, source="web"), original, actor=agent, source="web")
    own = incidents.start(factories.incident(agent, service=service), actor=agent, source="web")
    incidents.resolve(own, actor=agent, source="web", code="fixed", note="Myself")
    unwilling = factories.person("Una Unwilling")
    chosen = {("survey", "email"): False, ("survey", "in_app"): False}
    preferences.choose(unwilling, chosen, actor=unwilling, source="web")
    solved(unwilling)
    assert surveys.send_due() == 0
    reasons = dict(Invitation.objects.values_list("person__name", "skipped"))
    assert reasons == {requester.name: "duplicate", agent.name: "own", unwilling.name: "declined"}


def test_confirming_in_the_portal_asks_on_the_next_page(
    survey, solved, requester, browse, django_capture_on_commit_callbacks
):
    survey()
    ticket = solved()
    client, url = browse(requester), f"/portal/tickets/{ticket.number}/"
    assert "How satisfied" not in text_of(client.get(url))
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{url}confirm/")
    shown = client.get(url)
    assert "How satisfied" in text_of(shown)
    invitation = Invitation.objects.get()
    own = f"/portal/surveys/{invitation.pk}/"
    assert f'href="{own}?score=5"' in shown.content.decode()
    assert browse(factories.person()).get(own).status_code == 404
    client.post(own, {"score": "4"})
    assert Answer.objects.get().score == 4
    assert "How satisfied" not in text_of(client.get(url))


def test_the_organisation_words_the_mail(survey, solved, administrator):
    words.save(
        "survey", "", subject="About {survey.about}", body="Vote:\n{survey.links}", actor=administrator, source="web"
    )
    with pytest.raises(Invalid):
        words.save("survey", "", subject="{ticket.number}", body="x", actor=administrator, source="web")
    survey()
    ticket = solved()
    surveys.send_due()
    mail = Message.objects.get(topic="survey", channel="email")
    assert mail.subject == f"About {ticket.number} {ticket.title}"
    assert mail.body.startswith("Vote:\n")


# ---------- the link ----------


def test_one_click_chooses_and_a_button_answers(asked, browse, requester):
    invitation = asked()
    client, url = browse(), path_of(invitation, 2)
    for _scan in range(3):
        answer = client.get(url)
        client.head(url)
    assert not Answer.objects.exists(), "a mail scanner that opens every link answers nothing"
    assert re.search(r'value="2"[^>]*checked', answer.content.decode())
    assert "no-store" in answer["Cache-Control"]
    done = client.post(url.partition("?")[0], {"score": "2", "comment": " Three days! "})
    assert done.status_code == 200
    assert "Thank you" in text_of(done)
    kept = Answer.objects.get()
    assert (kept.score, kept.band, kept.comment, kept.person) == (2, "bad", "Three days!", requester)
    assert (kept.ticket_id, kept.service) == (invitation.ticket_id, invitation.ticket.service)
    assert Entry.objects.filter(action="survey.answered", actor=requester).exists()


def test_a_link_counts_once(asked, browse):
    invitation = asked()
    client, url = browse(), path_of(invitation)
    client.post(url, {"score": "5"})
    for again in (client.get(url), client.post(url, {"score": "1"})):
        assert again.status_code == 410
        assert "answered already" in text_of(again)
    assert Answer.objects.get().score == 5
    stale = Invitation.objects.get()
    stale.answered = False
    with pytest.raises(Refused, match="answered already"):
        answers.keep(stale, score=1, source="web")


@pytest.mark.parametrize("forge", ["{pk}:forged", "{pk}", "", "9:", "x" * 300, "{other}", "{salt}"])
def test_a_forged_link_is_refused(asked, browse, forge):
    invitation = asked()
    good = links.token(invitation)
    values = {
        "pk": invitation.pk, "other": good.replace(str(invitation.pk), "7" + str(invitation.pk), 1),
        "salt": signing.Signer(salt="another").sign(str(invitation.pk)),
    }  # fmt: skip
    answer = browse().get(f"/survey/{forge.format(**values) or 'x'}/")
    assert answer.status_code == 404
    assert "not complete" in text_of(answer)


def test_an_expired_link_is_over(asked, browse):
    invitation = asked(valid_days=3)
    with clock.moved_to(clock.now() + timedelta(days=4)):
        for answer in (browse().get(path_of(invitation)), browse().post(path_of(invitation), {"score": "5"})):
            assert answer.status_code == 410
            assert "expired" in text_of(answer)
    assert not Answer.objects.exists()


@pytest.mark.parametrize(
    ("sent", "why"),
    [({}, "Choose one"), ({"score": "6"}, "valid choice"), ({"score": "-1"}, "valid choice"), ({"score": "x"}, "valid"),
     ({"score": "5", "comment": "x" * 5001}, "at most 5000"), ({"score": "5", "bad": "1"}, "")],
)  # fmt: skip
def test_bad_answers_stand_at_their_field_and_the_link_still_works(asked, browse, sent, why):
    invitation = asked()
    answer = browse().post(path_of(invitation), sent)
    if not why:
        assert Answer.objects.count() == 1
        return
    assert answer.status_code == 422
    assert why in text_of(answer)
    assert not Answer.objects.exists()
    assert not Invitation.objects.get().answered


def test_further_questions(asked, survey, manager, browse):
    made = records.create(Survey, actor=manager, source="web", title="T", question="How?", quiet_days=0)
    client = browse(manager)
    url = f"/improvement/surveys/{made.number}/"
    for position, kind in enumerate(("scale", "yes_no", "text"), 1):
        client.post(f"{url}questions/new/", {"text": f"Q {kind}", "kind": kind, "position": position})
    scale, yes_no, free = made.questions.all()
    invitation = asked(title="Other")
    Invitation.objects.filter(pk=invitation.pk).update(survey=made)
    page = browse().get(path_of(invitation))
    assert "Q yes_no" in text_of(page)
    sent = {"score": "4", f"q{scale.pk}": "3", f"q{yes_no.pk}": "0", f"q{free.pk}": "More beds"}
    assert browse().post(path_of(invitation), {**sent, f"q{scale.pk}": "9"}).status_code == 422
    browse().post(path_of(invitation), sent)
    kept = Answer.objects.get()
    assert [(one.question.text, str(one.shown)) for one in kept.details.all()] == [
        ("Q scale", "3 / 5"), ("Q yes_no", "No"), ("Q text", "More beds"),
    ]  # fmt: skip
    assert "More beds" in text_of(client.get(kept.get_absolute_url()))


# ---------- periodic ----------


def test_recommendation_is_asked_every_quarter(survey, requester, colleague, agent):
    made = survey(kind="nps", title="Recommend?", every_days=90)
    assert surveys.send_due() == 2, "everybody outside the desk"
    assert surveys.send_due() == 0
    made.refresh_from_db()
    assert (made.wave, made.next_wave_at.date()) == (1, (clock.now() + timedelta(days=90)).date())
    invitation = Invitation.objects.get(person=requester)
    with pytest.raises(Invalid):
        keep(invitation, 11)
    assert keep(invitation, 0).band == "bad"
    with clock.moved_to(clock.now() + timedelta(days=91)):
        assert surveys.send_due() == 2
    assert Invitation.objects.count() == 4


def test_an_interrupted_wave_goes_on_where_it_stopped(survey, requester, colleague):
    made = survey(kind="nps")
    surveys._invite(Survey.objects.get(pk=made.pk), requester)
    Invitation.objects.update(wave=1)
    assert surveys.send_due() == 1
    assert set(Invitation.objects.filter(wave=1).values_list("person", flat=True)) == {requester.pk, colleague.pk}


# ---------- the survey itself ----------


def test_life_of_a_survey_in_the_browser(browse, manager, agent, solved):
    client = browse(manager)
    sent = {
        "title": "After", "kind": "csat", "question": "How?", "share": "100", "quiet_days": "0", "valid_days": "14",
        "every_days": "90", "ticket_kinds": ["incident"],
    }  # fmt: skip
    assert client.post("/improvement/surveys/new/", {**sent, "share": "0"}).status_code == 422
    assert client.post("/improvement/surveys/new/", {**sent, "ticket_kinds": ["parrot"]}).status_code == 422
    assert client.post("/improvement/surveys/new/", {**sent, "kind": "nps"}).status_code == 422
    client.post("/improvement/surveys/new/", sent)
    made = Survey.objects.get()
    url = f"/improvement/surveys/{made.number}/"
    assert browse(agent).post(f"{url}run/").status_code == 403
    client.post(f"{url}run/")
    solved()
    surveys.send_due()
    again = client.post(f"{url}edit/", {**sent, "question": "Otherwise?"})
    assert again.status_code == 422
    assert "were asked already" in text_of(again)
    client.post(f"{url}edit/", {**sent, "share": "50"})
    client.post(f"{url}end/", {"comment": "Enough"})
    made.refresh_from_db()
    assert (made.state, made.share, made.question) == ("ended", 50, "How?")
    assert "Asked" in text_of(client.get(url))
    assert client.get(f"{url}edit/").status_code == 403


# ---------- who reads what ----------


@pytest.fixture
def restricted(solved, survey, db):
    """An unhappy answer about a ticket that only its team sees."""
    survey()
    ticket = solved()
    team = factories.TeamFactory(name="Secret", is_restricted=True)
    invitation = surveys.ask_about(ticket)
    Ticket.objects.filter(pk=ticket.pk).update(restricted_to=Team.objects.get(pk=team.pk))
    return keep(invitation, 1, comment="Nobody may read this")


def test_answers_follow_their_ticket(restricted, browse, agent, manager, requester, auditor):
    for user in (agent, manager, auditor):
        client = browse(user)
        assert "Nobody may read this" not in text_of(client.get("/improvement/answers/"))
        assert client.get(restricted.get_absolute_url()).status_code == 404
        assert client.post(f"{restricted.get_absolute_url()}improve/").status_code == 404
        assert satisfaction.figures(user, "csat").total.n == 0
    insider = factories.person("Ivo Insider", roles=("agent",), teams=(Team.objects.get(name="Secret"),))
    assert "Nobody may read this" in text_of(browse(insider).get("/improvement/answers/"))
    assert browse(requester).get("/improvement/answers/").status_code == 404
    assert browse(requester).get("/improvement/satisfaction/").status_code == 404
    assert Event.objects.get(type="survey.answered").ticket_id == restricted.ticket_id


def test_anonymous_answers_say_neither_who_nor_when_nor_about_what(survey, solved, browse, manager, service):
    survey(is_anonymous=True)
    people = [factories.person(f"Person {number}") for number in range(5)]
    invitations = [surveys.ask_about(solved(person)) for person in people]
    for invitation in invitations[:4]:
        keep(invitation, 2, comment="Too slow")
    client = browse(manager)
    assert satisfaction.figures(manager, "csat").total.n == 0, "four are too few to hide among"
    assert satisfaction.read("csat", service, clock.now().date(), 90) is None
    keep(invitations[4], 5)
    assert satisfaction.figures(manager, "csat").total.n == 5
    assert satisfaction.read("csat", service, clock.now().date(), 90).value == 20
    one = Answer.objects.first()
    assert (one.person, one.ticket, one.team, one.organisation) == (None, None, None, None)
    assert {answer.at.hour for answer in Answer.objects.all()} == {12}
    assert not Entry.objects.filter(action="survey.answered").exists()
    assert not Event.objects.filter(type="survey.answered").exists()
    assert client.get(one.get_absolute_url()).status_code == 404
    assert "Too slow" not in text_of(client.get("/improvement/answers/"))


def test_figures_by_month_and_service_lead_to_their_answers(survey, solved, browse, manager, service):
    survey()
    other = factories.ServiceFactory(name="Telephony", slug="telephony")
    for about, score in ((service, 5), (service, 1), (other, 4)):
        keep(surveys.ask_about(solved(about=about)), score, comment=f"Said {score}")
    client = browse(manager)
    shown = text_of(client.get("/improvement/satisfaction/"))
    assert "67 %" in shown
    assert "21 to 94 with 95% confidence, n = 3" in shown
    assert "Telephony" in shown
    narrowed = text_of(client.get("/improvement/satisfaction/?service=telephony"))
    assert "n = 1" in narrowed
    month = f"{clock.now():%Y-%m}"
    found = text_of(client.get(f"/improvement/answers/?service={service.pk}&band=bad&month={month}"))
    assert "Said 1" in found
    assert "Said 5" not in found
    for strange in ("service=x", "month=2026-99", "band=awful", "kind=?", "cursor=zz", "month=99999999-1"):
        assert client.get(f"/improvement/answers/?{strange}").status_code == 200


def test_the_unhappy_are_heard_by_those_who_can_mend_it(asked, agent, service):
    owner = factories.person("Olaf Owner", roles=("service_owner",))
    service.owner = owner
    service.save()
    keep(asked(), 1, comment="Awful")
    told = Message.objects.filter(topic="survey_unhappy", channel="in_app")
    assert {message.recipient for message in told} == {agent, owner}


def test_lists_cost_the_same_for_one_and_many(survey, solved, browse, manager, django_assert_max_num_queries):
    survey()
    client = browse(manager)
    keep(surveys.ask_about(solved()), 1, comment="Bad")
    pages = ("/improvement/answers/", "/improvement/satisfaction/", "/improvement/surveys/")
    for url in pages:
        client.get(url)
        with django_assert_max_num_queries(40) as few:
            client.get(url)
        if url == pages[0]:
            for number in range(3):
                about = factories.ServiceFactory()
                keep(surveys.ask_about(solved(factories.person(f"P {number}"), about)), 2, comment="Bad")
        with django_assert_max_num_queries(len(few) + 1):
            client.get(url)
