"""Who is told of what: one test per event, the whole audience compared."""

from __future__ import annotations

from datetime import timedelta

import pytest

from itsm.accounts.models import User
from itsm.approvals import services as approvals
from itsm.lib import clock
from itsm.notifications.models import Event, Message
from itsm.notifications.services.events import emit
from itsm.tickets.models import HoldReason, Watcher
from itsm.workflow import conversation, edits, links
from operation.services import incidents
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def working(incident, agent, quiet):
    """In the hands of Anna."""
    started = incidents.start(incident, actor=agent, source="web")
    quiet()
    return started


@pytest.fixture
def watched(working, colleague, engineer):
    """Followed by a colleague of the requester and by an engineer."""
    for person in (colleague, engineer):
        Watcher.objects.create(ticket_id=working.pk, user=person)
    return working


@pytest.fixture
def system(db):
    return User.objects.system()


def happen(ticket, news, **data):
    """An event that another part of the product writes."""
    return emit(f"incident.{news}", ticket, actor=None, source="system", **data)


# ---------- opening and handing over ----------


def test_open_tells_the_team_and_not_the_requester_who_did_it(agent, lead, requester, service, told):
    factories.incident(requester, service=service)
    assert told() == {("Anna", "new_in_team"), ("Lea", "new_in_team")}


def test_open_by_the_desk_confirms_to_the_requester(agent, lead, requester, service, told):
    factories.incident(requester, actor=agent, service=service)
    assert told() == {("Rita", "received"), ("Lea", "new_in_team")}


def test_open_by_mail_confirms_although_the_requester_did_it(agent, requester, service, told):
    factories.incident(requester, service=service, source="email", channel="email")
    assert told("email") == {("Rita", "received")}
    assert told() == {("Rita", "received"), ("Anna", "new_in_team")}


def test_open_of_an_import_tells_nobody(agent, requester, service, told):
    factories.incident(requester, service=service, source="import")
    assert told() == set()


def test_open_with_assignee_tells_him_and_no_team(agent, lead, requester, service, desk, told):
    factories.incident(requester, service=service, team=desk, assignee=lead)
    assert told() == {("Lea", "assigned")}


def test_assign_tells_the_new_and_the_old_holder(working, agent, lead, incident_manager, told):
    incidents.assign(working, actor=incident_manager, source="web", assignee=lead)
    assert told() == {("Lea", "assigned"), ("Anna", "handed_over")}


def test_assign_to_a_team_tells_its_members(working, agent, engineer, engineers, told):
    incidents.assign(working, actor=agent, source="web", team=engineers)
    assert told() == {("Emil", "new_in_team")}


def test_start_tells_the_requester_and_who_had_it(incident, agent, lead, desk, quiet, told):
    incidents.assign(incident, actor=agent, source="web", team=desk, assignee=agent)
    quiet()
    incidents.start(incident, actor=lead, source="web")
    assert told() == {("Rita", "progress"), ("Anna", "handed_over")}


def test_escalate_tells_the_next_line(working, agent, engineer, told):
    incidents.escalate(working, actor=agent, source="web", reason="Beyond first line")
    assert told() == {("Emil", "new_in_team")}


def test_escalate_with_distribution_tells_whose_turn_it_is(working, agent, engineer, engineers, told):
    engineers.distribution = "round_robin"
    engineers.save()
    incidents.escalate(working, actor=agent, source="web", reason="Beyond first line")
    assert told() == {("Emil", "assigned")}


def test_edit_tells_a_new_holder_else_the_present_one(working, agent, lead, incident_manager, quiet, told):
    edits.edit(working, actor=incident_manager, source="web", title="Mail is slow")
    assert told() == {("Anna", "changed")}
    quiet()
    edits.edit(working, actor=incident_manager, source="web", assignee=lead)
    assert told() == {("Lea", "assigned"), ("Anna", "handed_over")}


def test_edit_of_the_team_tells_its_members(working, agent, engineer, engineers, told):
    edits.edit(working, actor=agent, source="web", team=engineers)
    assert told() == {("Emil", "new_in_team")}


# ---------- talking ----------


def test_reply_of_the_desk_tells_requester_and_watchers(watched, agent, told):
    conversation.reply(watched, "Have you tried again?", actor=agent, source="web")
    assert told() == {("Rita", "reply"), ("Carl", "reply"), ("Emil", "reply")}


def test_reply_of_the_requester_tells_the_holder_and_watchers(watched, requester, told):
    conversation.reply(watched, "Still nothing", actor=requester, source="web")
    assert told() == {("Anna", "customer_reply"), ("Carl", "reply"), ("Emil", "reply")}


def test_reply_of_the_requester_tells_the_team_as_long_as_nobody_has_it(incident, agent, lead, requester, quiet, told):
    quiet()
    conversation.reply(incident, "Hello?", actor=requester, source="web")
    assert told() == {("Anna", "customer_reply"), ("Lea", "customer_reply")}


def test_reply_of_a_colleague_at_the_desk_tells_the_holder_too(working, lead, told):
    conversation.reply(working, "Anna is at lunch.", actor=lead, source="web")
    assert told() == {("Rita", "reply"), ("Anna", "news")}


def test_note_stays_at_the_desk(watched, agent, lead, told):
    conversation.note(watched, "Check the quota.", actor=lead, source="web")
    assert told() == {("Anna", "note"), ("Emil", "note")}


def test_mention_reaches_who_is_mentioned(working, agent, engineer, told):
    handle = engineer.email.split("@")[0]
    conversation.note(working, f"@{handle} can you look?", actor=agent, source="web")
    assert told() == {("Emil", "mentioned")}


# ---------- waiting ----------


def test_hold_for_a_supplier_tells_the_requester(working, agent, told):
    incidents.put_on_hold(working, actor=agent, source="web", hold_reason="supplier")
    assert told() == {("Rita", "progress")}


def test_hold_for_the_requester_is_told_by_its_question_alone(working, agent, told):
    incidents.put_on_hold(working, actor=agent, source="web", hold_reason="requester", comment="Which mailbox?")
    assert told() == {("Rita", "reply")}
    assert Message.objects.filter(recipient__name__startswith="Rita", channel="email").count() == 1


def test_answer_that_ends_the_hold_is_told_once(working, agent, requester, quiet, told):
    held = incidents.put_on_hold(working, actor=agent, source="web", hold_reason="requester", comment="Which mailbox?")
    quiet()
    conversation.reply(held, "The shared one", actor=requester, source="web")
    assert told() == {("Anna", "customer_reply")}
    assert Message.objects.filter(channel="email").count() == 1


def test_hold_that_ends_by_itself_tells_holder_and_requester(working, agent, system, quiet, told):
    held = incidents.put_on_hold(working, actor=agent, source="web", hold_reason="supplier")
    quiet()
    incidents.resume(held, actor=system, source="system")
    assert told() == {("Anna", "hold_ended"), ("Rita", "progress")}


def test_reminder_repeats_the_question(working, agent, quiet, told):
    held = incidents.put_on_hold(working, actor=agent, source="web", hold_reason="requester", comment="Which mailbox?")
    quiet()
    happen(held, "reminder")
    assert told() == {("Rita", "waiting_reminder")}
    assert "Which mailbox?" in Message.objects.get(channel="email").body


# ---------- ending ----------


def test_resolve_asks_the_requester_and_tells_followers(watched, agent, told):
    incidents.resolve(watched, actor=agent, source="web", code="fixed", note="Quota raised")
    assert told() == {("Rita", "resolved"), ("Carl", "news"), ("Emil", "news")}


def test_resolve_by_another_tells_the_holder(working, lead, told):
    incidents.resolve(working, actor=lead, source="web", code="fixed", note="Quota raised")
    assert told() == {("Rita", "resolved"), ("Anna", "news")}


def test_confirm_tells_the_holder(working, agent, requester, quiet, told):
    solved = incidents.resolve(working, actor=agent, source="web", code="fixed", note="Quota raised")
    quiet()
    incidents.confirm(solved, actor=requester, source="web")
    assert told() == {("Anna", "news")}


def test_close_by_itself_tells_the_requester(working, agent, system, quiet, told):
    from itsm.workflow.moves import move

    solved = incidents.resolve(working, actor=agent, source="web", code="fixed", note="Quota raised")
    quiet()
    move(solved, "close", actor=system, source="system")
    assert told() == {("Rita", "closed")}


def test_reopen_tells_the_holder(working, agent, requester, quiet, told):
    solved = incidents.resolve(working, actor=agent, source="web", code="fixed", note="Quota raised")
    quiet()
    incidents.reopen(solved, actor=requester, source="web", reason="Not at all")
    assert told() == {("Anna", "reopened")}


def test_cancel_tells_the_other_side(incident, agent, lead, requester, quiet, told):
    quiet()
    incidents.cancel(incident, actor=requester, source="web", reason="Works again")
    assert told() == {("Anna", "news"), ("Lea", "news")}


def test_cancel_by_the_desk_tells_the_requester(working, agent, told):
    incidents.cancel(working, actor=agent, source="web", reason="Twice the same")
    assert told() == {("Rita", "cancelled")}


# ---------- major incidents ----------


def test_major_incident_tells_everybody_it_concerns(
    watched, agent, lead, owner, outsider, incident_manager, quiet, told
):
    duplicate = factories.incident(outsider, title="No mail here either")
    links.link(duplicate, watched, "duplicate_of", actor=agent, source_of_change="web")
    quiet()
    major = incidents.declare_major(watched, actor=incident_manager, source="web", summary="All mail is down.")
    everybody = {(name, "major") for name in ("Rita", "Olga", "Anna", "Lea", "Carl", "Emil")}
    assert told() == everybody | {("Otto", "major")}
    # Otto waits for the same solution, but may not see a ticket of another organisation: he reads it on his own.
    mail = Message.objects.get(recipient=outsider, channel="email")
    assert (mail.ticket_id, mail.subject) == (duplicate.pk, f"[{duplicate.number}] No mail here either")
    assert "All mail is down." in mail.body
    assert watched.number not in mail.body
    assert "All mail is down." in Message.objects.get(recipient__name__startswith="Rita", channel="email").body
    quiet()
    incidents.post_update(major, actor=incident_manager, source="web", summary="Half of it is back.")
    assert told() == everybody | {("Otto", "major")}
    assert "Half of it is back." in Message.objects.get(recipient__name__startswith="Carl", channel="email").body
    quiet()
    incidents.stand_down(major, actor=incident_manager, source="web", reason="Only a rumour")
    assert told() == everybody | {("Otto", "major")}
    assert "rumour" not in Message.objects.get(recipient=outsider, channel="email").body
    assert "rumour" not in Message.objects.get(recipient__name__startswith="Rita", channel="email").body
    assert "rumour" in Message.objects.get(recipient__name__startswith="Anna", channel="email").body


def test_requester_of_a_duplicate_who_watches_the_original_hears_of_it(
    working, agent, outsider, incident_manager, quiet, told
):
    duplicate = factories.incident(outsider, title="No mail here either")
    incidents.mark_duplicate(duplicate, of=working, actor=agent, source="web")
    quiet()
    incidents.declare_major(working, actor=incident_manager, source="web", summary="All mail is down.")
    assert ("Otto", "major") in told()


def test_overdue_update_reaches_those_who_can_post_it(working, agent, lead, incident_manager, told):
    happen(working, "update_overdue")
    assert told() == {("Anna", "update_overdue"), ("Lea", "update_overdue"), ("Mia", "update_overdue")}


# ---------- clocks ----------


def test_sla_events_tell_whom_they_name(working, agent, engineer, told):
    for news in ("sla_warning", "sla_breached", "sla_escalated"):
        happen(working, news, metric="resolution", recipients=[engineer.pk])
    assert told() == {("Emil", "sla_warning"), ("Emil", "sla_breached"), ("Emil", "sla_escalated")}


def test_sla_events_that_name_nobody_tell_the_holder_and_a_breach_the_leads(working, agent, lead, told):
    for news in ("sla_warning", "sla_breached", "sla_escalated"):
        happen(working, news, metric="resolution", recipients=[])
    assert told() == {("Anna", "sla_warning"), ("Anna", "sla_breached"), ("Lea", "sla_breached")}


# ---------- links and approvals ----------


def test_link_tells_both_holders(working, agent, engineer, engineers, incident_manager, requester, quiet, told):
    other = factories.incident(requester, team=engineers, assignee=engineer)
    quiet()
    links.link(working, other, "related_to", actor=incident_manager, source_of_change="web")
    assert told() == {("Anna", "linked"), ("Emil", "linked")}


def round_for(ticket, actor, approvers, **more):
    return approvals.open_round(
        ticket, approvers, actor=actor, source="web", label=str(ticket), verb="resolve", question="Restart it?",
        deadline_at=clock.now() + timedelta(days=1), **more,
    )  # fmt: skip


def test_approval_reaches_the_approvers_then_the_asker(working, agent, owner, incident_manager, quiet, told):
    round_ = round_for(working, agent, [owner, incident_manager], rule="all")
    happen(working, "approval_asked", round=round_.pk)
    assert told() == {("Olga", "approval_asked"), ("Mia", "approval_asked")}
    quiet()
    approvals.vote(round_, actor=owner, approve=True, source="web")
    happen(working, "approval_voted", round=round_.pk)
    assert told() == set()
    happen(working, "approval_reminder", round=round_.pk)
    assert told() == {("Mia", "approval_reminder")}
    quiet()
    approvals.vote(round_, actor=incident_manager, approve=True, source="web")
    happen(working, "approval_voted", round=round_.pk)
    assert told() == {("Anna", "approval_decided")}


def test_expired_approval_tells_the_asker(working, agent, lead, owner, quiet, told):
    round_ = round_for(working, lead, [owner])
    approvals.cancel(round_, actor=lead, source="web")
    happen(working, "approval_expired", round=round_.pk)
    assert told() == {("Lea", "approval_decided"), ("Anna", "approval_decided")}


# ---------- nobody ----------


def test_unknown_event_tells_nobody_and_is_done(working, told):
    event = happen(working, "abducted_by_aliens", recipients=[working.requester_id])
    assert told() == set()
    assert Event.objects.get(pk=event.pk).fanned_out_at is not None


def test_event_without_ticket_is_done(db, desk, told):
    emit("team.renamed", desk, actor=None, source="system")
    assert told() == set()
    assert not Event.objects.filter(fanned_out_at=None).exists()


def test_people_who_left_hear_nothing(working, agent, requester, told):
    User.objects.filter(pk=requester.pk).update(is_active=False)
    conversation.reply(working, "Hello?", actor=agent, source="web")
    assert told() == set()


def test_every_hold_reason_of_the_product_knows_its_party(db):
    assert HoldReason.objects.filter(party="requester").exists()
