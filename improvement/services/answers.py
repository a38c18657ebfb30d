"""Keeping an answer, once, and telling those who should call back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from improvement.feedback_states import Band, QuestionKind
from improvement.models import Answer, AnswerDetail, Improvement, Invitation
from improvement.satisfaction import band_of
from itsm.audit import services as audit
from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid, Refused
from itsm.notifications.services import direct, wording
from itsm.notifications.services.events import emit

if TYPE_CHECKING:
    from itsm.accounts.models import User

LONGEST = 5_000
UNHAPPY = "survey_unhappy"


@transaction.atomic
def keep(
    invitation: Invitation, *, score: Any, comment: str = "", details: Mapping[int, Any] | None = None, source: str
) -> Answer:
    """Store what somebody answered. ``Refused`` when it was answered already or too late, ``Invalid`` if it is none."""
    survey = invitation.survey
    value = _score(score, survey.scores)
    comment = comment.replace("\x00", "").strip()
    if len(comment) > LONGEST:
        raise Invalid({"comment": _("At most %(n)d characters.") % {"n": LONGEST}})
    given = _details(survey, details or {})
    if invitation.expires_at <= clock.now():
        raise Refused(_("This link has expired."), code="expired")
    # Whoever comes first has answered: the row decides, not what was read before.
    fresh = Invitation.objects.filter(pk=invitation.pk, answered=False, skipped="")
    if not fresh.update(answered=True):
        raise Refused(_("You have answered already."), code="answered")
    ticket = invitation.ticket
    hidden = survey.is_anonymous
    now = clock.now()
    answer = Answer.objects.create(
        survey=survey, kind=survey.kind, score=value, band=band_of(survey.kind, value),
        comment=comment if survey.comment_question else "", is_anonymous=hidden,
        person=None if hidden else invitation.person, ticket=None if hidden else ticket,
        service=survey.service or (ticket.service if ticket else None),
        team=None if hidden or ticket is None else ticket.team,
        organisation=None if hidden else invitation.person.organisation,
        at=now.replace(hour=12, minute=0, second=0, microsecond=0) if hidden else now,
    )  # fmt: skip
    AnswerDetail.objects.bulk_create(
        AnswerDetail(answer=answer, question=question, number=number, text=text) for question, number, text in given
    )
    if hidden:
        return answer
    audit.record(
        answer, "survey.answered", actor=invitation.person, source=source, changes={"score": [None, answer.score]}
    )
    if answer.ticket is not None:
        # About the ticket, so that only those hear of it who may see the ticket.
        event = emit("survey.answered", answer.ticket, actor=invitation.person, source=source, answer=answer.pk)
    else:
        event = emit("survey.answered", survey, actor=None, source=source)
    if answer.band == Band.BAD:
        _warn(answer, event)
    return answer


def _score(score: Any, allowed: range) -> int:
    text = str(score if score is not None else "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 4 and int(text) in allowed):
        raise Invalid({"score": _("Choose one of the answers.")})
    return int(text)


def _details(survey: Any, details: Mapping[int, Any]) -> list[tuple[Any, int | None, str]]:
    found: list[tuple[Any, int | None, str]] = []
    for question in survey.questions.all():
        text = str(details.get(question.pk) or "").replace("\x00", "").strip()
        name = f"q{question.pk}"
        if not text:
            continue
        if question.kind == QuestionKind.TEXT:
            if len(text) > LONGEST:
                raise Invalid({name: _("At most %(n)d characters.") % {"n": LONGEST}})
            found.append((question, None, text))
            continue
        allowed = ("0", "1") if question.kind == QuestionKind.YES_NO else ("1", "2", "3", "4", "5")
        if text not in allowed:
            raise Invalid({name: _("Choose one of the answers.")})
        found.append((question, int(text), ""))
    return found


def _warn(answer: Answer, event: Any) -> None:
    """Somebody is unhappy: who worked on it and who owns the service hear it while it can still be mended."""
    ticket, service = answer.ticket, answer.service
    who = [ticket.assignee_id if ticket else None, service.owner_id if service else None]
    direct.tell_topic(
        who, UNHAPPY, lambda _user: {
            "answer.score": str(answer), "answer.about": str(ticket or service or answer.survey),
            "answer.person": str(answer.person), "comment": answer.comment,
            "answer.url": wording.address(answer.get_absolute_url()),
        },
        event=event, url=answer.get_absolute_url(),
    )  # fmt: skip


def open_for(ticket_id: int, user: User) -> Invitation | None:
    """What this person can still answer about the ticket."""
    rows = Invitation.objects.filter(ticket=ticket_id, person=user.pk, skipped="", answered=False)
    return rows.filter(expires_at__gt=clock.now()).select_related("survey").first()


def own(pk: int, user: User) -> Invitation | None:
    """An invitation of the person, whether it can still be answered or not."""
    rows = Invitation.objects.select_related("survey__service", "person", "ticket__service")
    return rows.filter(pk=pk, person=user.pk, skipped="").first()


def improvement_of(answer: Answer) -> Improvement | None:
    return Improvement.objects.filter(answer=answer).order_by("id").first()


def require_named(answer: Answer) -> None:
    """Nothing is made of a single anonymous answer: what becomes of it would tell who it was."""
    if answer.is_anonymous:
        raise Denied(_("Anonymous answers are only read together."))
