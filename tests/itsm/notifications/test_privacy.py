"""Nothing private reaches people who may not read it, whatever the channel and whatever happens meanwhile."""

from __future__ import annotations

import pytest

from itsm.approvals import services as approvals
from itsm.notifications.models import ChatChannel, Message
from itsm.notifications.services import delivery, fan_out
from itsm.notifications.services.events import emit
from itsm.tickets.models import Watcher
from itsm.workflow import conversation, edits
from operation.services import incidents
from tests import factories

pytestmark = pytest.mark.django_db

SECRET = "The password of the mail server is hunter2"


def words() -> str:
    fan_out.run()
    return "\n".join(f"{m.subject}\n{m.body}\n{m.markdown}" for m in Message.objects.all())


@pytest.fixture
def secret_team(desk):
    return factories.TeamFactory(name="Security", is_restricted=True, email="security@example.com")


@pytest.fixture
def officer(secret_team, organisation):
    return factories.person("Sven Secret", roles=("agent",), teams=(secret_team,), organisation=organisation)


def test_work_note_never_reaches_requester_or_watchers_outside_the_desk(incident, agent, lead, colleague, requester):
    Watcher.objects.create(ticket_id=incident.pk, user=colleague)
    incidents.start(incident, actor=lead, source="web")
    conversation.note(incident, SECRET, actor=agent, source="web")
    words()
    told = {m.recipient for m in Message.objects.filter(body__contains=SECRET)}
    assert told == {lead}
    assert not Message.objects.filter(recipient__in=[requester, colleague], event__type="incident.note").exists()


def test_an_agent_gets_no_work_notes_about_the_own_ticket(agent, lead, desk, service):
    own = factories.incident(lead, service=service, team=desk, assignee=agent)
    handle = lead.email.split("@")[0]
    conversation.note(own, f"@{handle} {SECRET}", actor=agent, source="web")
    words()
    assert not Message.objects.filter(recipient=lead, event__type="incident.note").exists()


def test_comment_with_a_step_is_private_unless_said_in_public(incident, agent, requester, engineer):
    incidents.escalate(incident, actor=agent, source="web", reason=SECRET)
    words()
    assert {m.recipient for m in Message.objects.filter(body__contains=SECRET)} == {engineer}


def test_restricted_ticket_tells_its_team_and_named_people_only(agent, lead, requester, officer, secret_team, service):
    ticket = factories.incident(requester, actor=requester, service=service, team=secret_team, title=SECRET)
    conversation.reply(ticket, "Please hurry", actor=requester, source="web")
    words()
    assert {m.recipient for m in Message.objects.filter(recipient__isnull=False)} == {officer}
    assert {m.address for m in Message.objects.filter(team__isnull=False)} == {"security@example.com"}


def test_restricting_stops_what_is_already_written(incident, agent, lead, officer, secret_team, mailoutbox):
    incidents.assign(incident, actor=agent, source="web", team=incident.team, assignee=lead)
    fan_out.run()
    assert Message.objects.filter(recipient=lead, channel="email", state="pending").count() == 1
    edits.edit(incident, actor=agent, source="web", restricted_to=secret_team)
    delivery.run()
    assert mailoutbox == []
    assert set(Message.objects.filter(recipient=lead, channel="email").values_list("state", flat=True)) == {"skipped"}
    assert not Message.objects.inbox_of(lead).exists()


def test_mention_of_somebody_who_may_not_see_the_ticket_tells_him_nothing(officer, agent, requester, secret_team):
    ticket = factories.incident(requester, team=secret_team)
    fan_out.run()
    Message.objects.all().delete()
    emit("incident.note", ticket, actor=officer, source="web", mentioned=[agent.pk])
    words()
    assert not Message.objects.exists()


def test_group_address_gets_no_private_words(incident, agent, lead, engineers, engineer):
    engineers.email = "engineers@example.com"
    engineers.save()
    incidents.escalate(incident, actor=agent, source="web", reason=SECRET)
    words()
    group = Message.objects.get(team=engineers)
    assert SECRET not in group.body
    # The members hear it in their inbox; the mail goes to the group in their place.
    assert set(Message.objects.filter(recipient=engineer).values_list("channel", flat=True)) == {"in_app"}


def test_group_address_hears_nothing_of_a_ticket_restricted_to_another_team(
    incident, agent, officer, secret_team, engineers
):
    engineers.email = "engineers@example.com"
    engineers.save()
    incidents.escalate(incident, actor=agent, source="web", reason="x")
    type(incident).objects.filter(pk=incident.pk).update(restricted_to=secret_team)
    words()
    assert not Message.objects.filter(team=engineers).exists()


def test_chat_hears_nothing_restricted_and_no_words_of_people(incident, requester, secret_team, service):
    room = ChatChannel(name="Desk", events=["open", "reply"])
    room.plain_address = "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"
    room.save()
    factories.incident(requester, team=secret_team, title="Confidential")
    conversation.reply(incident, SECRET, actor=requester, source="web")
    words()
    rooms = Message.objects.filter(chat=room)
    assert {m.event.type for m in rooms} == {"incident.open", "incident.reply"}
    assert not any("Confidential" in m.subject or SECRET in m.body for m in rooms)


def test_approver_who_cannot_open_the_ticket_reads_its_number_only(incident, agent, outsider):
    round_ = approvals.open_round(
        incident, [outsider], actor=agent, source="web", label=str(incident), verb="resolve", question="Restart it?"
    )
    emit("incident.approval_asked", incident, actor=agent, source="web", round=round_.pk)
    fan_out.run()
    mail = Message.objects.get(recipient=outsider, channel="email")
    assert mail.subject == f"[{incident.number}]"
    assert "Restart it?" in mail.body
    assert incident.title not in mail.body
    assert incident.service.name not in mail.body
    assert "/approvals/" in mail.body
    assert f"/tickets/{incident.number}" not in mail.body
    assert (mail.ticket_id, mail.url) == (None, "/approvals/")


def test_delegate_hears_for_who_is_away_only_what_the_delegate_may_see(
    officer, agent, engineer, requester, secret_team, incident_manager, quiet
):
    from itsm.lib import clock

    ticket = factories.incident(requester, team=secret_team, assignee=officer)
    officer.delegate, officer.away_from = agent, clock.now()
    officer.save()
    quiet()
    conversation.reply(ticket, "Please hurry", actor=requester, source="web")
    words()
    assert {(m.recipient, m.channel) for m in Message.objects.filter(recipient__isnull=False)} == {(officer, "in_app")}
