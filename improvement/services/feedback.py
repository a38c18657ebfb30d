"""Feedback: giving it, answering it, and turning it into work, with both ends linked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from improvement import feedback_policies as policies
from improvement.feedback_states import FeedbackKind
from improvement.models import Answer, Feedback, Improvement
from improvement.services import answers, improvements
from itsm.lib.errors import Denied, Refused
from itsm.notifications.services import direct, wording
from itsm.notifications.services.events import emit
from itsm.tickets.states import Channel
from itsm.workflow import records
from itsm.workflow.moves import move
from operation.services import problems
from strategy.models import BusinessRequirement

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from itsm.tickets.models import Ticket

TOPIC = "feedback_news"


def begin(feedback: Feedback) -> None:
    """The organisation is the person's, unless said otherwise."""
    if feedback.organisation_id is None and feedback.person is not None and feedback.person.organisation_id:
        feedback.organisation_id = feedback.person.organisation_id
        feedback.save(update_fields=["organisation"])


def give(
    *, actor: User, source: str, kind: str, title: str, description: str = "", service: Any = None,
    ticket: Ticket | None = None, is_confidential: bool = False,
) -> Feedback:  # fmt: skip
    """What somebody says in the portal about the services they use."""
    return records.create(
        Feedback, actor=actor, source=source, kind=kind, title=title, description=description, service=service,
        ticket=ticket, is_confidential=is_confidential, person=actor, channel=Channel.PORTAL,
    )  # fmt: skip


@transaction.atomic
def from_answer(answer: Answer, *, actor: User, source: str) -> Feedback:
    """Handle what somebody wrote in a survey like any other feedback; the same answer is taken once."""
    answers.require_named(answer)
    Answer.objects.select_for_update().filter(pk=answer.pk).values_list("pk").first()
    found = Feedback.objects.filter(answer=answer).order_by("id").first()
    if found is not None:
        return found
    kind = FeedbackKind.PRAISE if answer.band == "good" else FeedbackKind.COMPLAINT
    about = answer.ticket or answer.service or answer.survey
    return records.create(
        Feedback, actor=actor, source=source, kind=kind, title=f"{answer}: {about}"[:160], description=answer.comment,
        service=answer.service, ticket=answer.ticket, answer=answer, person=answer.person,
        organisation=answer.organisation, channel=Channel.EMAIL,
    )  # fmt: skip


@transaction.atomic
def review(feedback: Feedback, *, actor: User, source: str, version: int | None = None, comment: str = "") -> Feedback:
    """Whoever reads it deals with it."""
    owner = None if feedback.owner_id or actor.is_system else actor
    return move(feedback, "review", actor=actor, source=source, version=version, body=comment, owner=owner)


@transaction.atomic
def reply(
    feedback: Feedback, *, actor: User, source: str, feedback_answer: str, version: int | None = None
) -> Feedback:
    """Answer, and let the person hear it."""
    moved = move(
        feedback, "reply", actor=actor, source=source, version=version, feedback_answer=feedback_answer.strip()
    )
    _tell(moved, moved.answer_text, actor=actor, source=source)
    return moved


# ---------- turning it into work ----------


def may_convert(feedback: Feedback, user: User) -> bool:
    return feedback.state in ("received", "reviewed", "answered") and bool(policies.may_handle(feedback, user))


def _require(feedback: Feedback, actor: User) -> Feedback:
    fresh = Feedback.objects.select_for_update().get(pk=feedback.pk)
    verdict = policies.may_handle(fresh, actor)
    if not verdict:
        raise Denied(verdict.reason)
    if fresh.state not in ("received", "reviewed", "answered"):
        raise Refused(_("It is dealt with already."), code="no_transition")
    return fresh


def _text(feedback: Feedback) -> str:
    """What goes along. Words said in confidence stay where they are."""
    if feedback.is_confidential:
        return _("From %(number)s.") % {"number": feedback.number}
    return f"{feedback.description}\n\n{_('From %(number)s.') % {'number': feedback.number}}".strip()


def _title(feedback: Feedback) -> str:
    return feedback.number if feedback.is_confidential else feedback.title


@transaction.atomic
def to_requirement(feedback: Feedback, *, actor: User, source: str) -> BusinessRequirement:
    """A need of the business, captured from what somebody said."""
    fresh = _require(feedback, actor)
    made = records.create(
        BusinessRequirement, actor=actor, source=source, title=_title(fresh), description=_text(fresh),
        organisation=fresh.organisation, wanted_by=fresh.person,
        lists={"services": [fresh.service] if fresh.service else []},
    )  # fmt: skip
    moved = move(fresh, "take_up", actor=actor, source=source, requirement=made)
    _tell(moved, _("What you said is a requirement now; it will be analysed and decided."), actor=actor, source=source)
    return made


@transaction.atomic
def to_problem(feedback: Feedback, *, actor: User, source: str) -> Ticket:
    """A cause to look for."""
    fresh = _require(feedback, actor)
    made = problems.open(
        actor=actor, source=source, requester=actor, title=_title(fresh), description=_text(fresh),
        service=fresh.service, channel=Channel.PORTAL,
    )  # fmt: skip
    moved = move(fresh, "take_up", actor=actor, source=source, problem=made)
    _tell(moved, _("We look for the cause of what you told us."), actor=actor, source=source)
    return made


@transaction.atomic
def to_improvement(feedback: Feedback, *, actor: User, source: str) -> Improvement:
    """Something to make better, with the satisfaction of today as baseline."""
    fresh = _require(feedback, actor)
    made = improvements.suggest(
        actor=actor, source=source, title=_title(fresh), description=_text(fresh), service=fresh.service,
        origin=_("Feedback %(number)s") % {"number": fresh.number}, feedback=fresh, answer=fresh.answer,
        measured_by=improvements.SATISFACTION if fresh.answer or fresh.kind == FeedbackKind.COMPLAINT else "",
    )  # fmt: skip
    moved = move(fresh, "take_up", actor=actor, source=source)
    _tell(moved, _("What you said is in our register of improvements now."), actor=actor, source=source)
    return made


def _tell(feedback: Feedback, text: str, *, actor: User, source: str) -> None:
    """The person hears what became of it."""
    if feedback.person_id is None:
        return
    event = emit("feedback.news", feedback, actor=actor, source=source)
    direct.tell_topic(
        [feedback.person_id], TOPIC, lambda _user: {
            "feedback.number": feedback.number, "feedback.title": feedback.title, "comment": text,
            "feedback.url": wording.address(feedback.portal_url),
        },
        event=event, url=feedback.portal_url,
    )  # fmt: skip
