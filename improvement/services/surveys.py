"""Who is asked, and when. Every ticket is judged once and every wave asks once: running twice does nothing twice."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from improvement.feedback_states import Skipped, SurveyKind, SurveyState
from improvement.models import Invitation, Survey
from improvement.services import links
from itsm.accounts.models import User
from itsm.lib import clock
from itsm.lib.sources import Source
from itsm.notifications.services import direct
from itsm.notifications.services.events import emit
from itsm.tickets import kinds
from itsm.tickets.models import Ticket, TicketLink
from itsm.tickets.states import Phase

if TYPE_CHECKING:
    from collections.abc import Iterable

log = logging.getLogger(__name__)

#: A ticket resolved longer ago is not asked about any more: nobody remembers.
FRESH = timedelta(days=3)
BATCH = 200
TOPIC = "survey"


def check(survey: Survey, lists: Mapping[str, Any]) -> dict[str, Any]:
    """Words stay as they were sent; kinds of ticket exist; a promise of anonymity is not taken back."""
    errors: dict[str, Any] = {}
    known = {kind.code for kind in kinds.all_kinds()}
    chosen = survey.ticket_kinds
    if not isinstance(chosen, list) or any(code not in known for code in chosen):
        errors["ticket_kinds"] = _("There is no such kind of ticket.")
    elif survey.kind == SurveyKind.NPS and chosen:
        errors["ticket_kinds"] = _("A periodic survey is about no ticket.")
    if survey.pk and survey.was_sent:
        before = Survey.objects.get(pk=survey.pk)
        for name in ("kind", "question", "comment_question", "intro", "is_anonymous", "service_id"):
            if getattr(before, name) != getattr(survey, name):
                errors[name.removesuffix("_id")] = _(
                    "People were asked already; answers to other words would not compare. Make a new survey."
                )
    return errors


def resolved_since(survey: Survey) -> Any:
    """Tickets that this survey is about and that are solved, whether judged or not."""
    rows = Ticket.objects.filter(
        resolved_at__gte=max(survey.running_since or clock.now(), clock.now() - FRESH),
        phase__in=[Phase.RESOLVED, Phase.CLOSED],
    ).exclude(state="cancelled")  # fmt: skip
    if survey.ticket_kinds:
        rows = rows.filter(kind__in=survey.ticket_kinds)
    return rows.filter(service=survey.service_id) if survey.service_id else rows


def running(kind: str) -> list[Survey]:
    """Surveys that ask, those about one service first."""
    rows = Survey.objects.filter(kind=kind, state=SurveyState.RUNNING).select_related("service")
    return sorted(rows, key=lambda survey: (survey.service_id is None, survey.pk))


def send_due() -> int:
    """Ask about every ticket that was solved and not judged yet; returns how many people were asked."""
    asked = 0
    for survey in running(SurveyKind.CSAT):
        judged = Invitation.objects.filter(survey=survey, ticket=OuterRef("pk"))
        due = resolved_since(survey).filter(~Exists(judged)).select_related("requester").order_by("resolved_at", "id")
        for ticket in due[:BATCH]:
            try:
                made = _judge(survey, ticket)
            except Exception:
                # An address or a text that fails must not keep the others from being asked.
                log.exception("nobody could be asked", extra={"survey": survey.pk, "ticket": ticket.pk})
            else:
                asked += made is not None and not made.skipped
    return asked + send_waves()


def ask_about(ticket: Ticket, *, tell: bool = True) -> Invitation | None:
    """Ask about this one now, if a survey is about it; the invitation that can be answered, or None."""
    made = None
    for survey in running(SurveyKind.CSAT):
        if resolved_since(survey).filter(pk=ticket.pk).exists():
            found = _judge(survey, ticket, tell=tell)
            made = made or (found if found and found.is_open else None)
    return made


@transaction.atomic
def _judge(survey: Survey, ticket: Ticket, *, tell: bool = True) -> Invitation | None:
    """The invitation for a ticket: asked, or skipped with the reason. The one that exists stays as it is."""
    person = ticket.requester
    # One at a time for each person, so that two tickets solved together do not ask twice.
    User.objects.select_for_update().filter(pk=person.pk).order_by().values_list("pk").first()
    found = Invitation.objects.filter(survey=survey, ticket=ticket).first()
    if found is not None:
        return found
    skipped = _why_not(survey, ticket, person)
    return _invite(survey, person, ticket=ticket, skipped=skipped, tell=tell)


def _why_not(survey: Survey, ticket: Ticket, person: User) -> str:
    if person.is_system or not person.is_active:
        return Skipped.DECLINED
    if ticket.assignee_id == person.pk:
        return Skipped.OWN
    if TicketLink.objects.filter(source=ticket.pk, kind=TicketLink.Kind.DUPLICATE_OF).exists():
        return Skipped.DUPLICATE
    if not _drawn(survey, ticket.pk):
        return Skipped.SHARE
    return Skipped.RECENT if asked_recently(survey, [person.pk]) else ""


def _drawn(survey: Survey, key: int) -> bool:
    """Whether chance asks: the same answer every time, so that a second run does not draw anew."""
    return zlib.crc32(f"{survey.pk}.{survey.wave}.{key}".encode()) % 100 < survey.share


def asked_recently(survey: Survey, people: Iterable[int]) -> set[int]:
    """Those of these people who were asked something within the quiet days."""
    if not survey.quiet_days:
        return set()
    since = clock.now() - timedelta(days=survey.quiet_days)
    return set(
        Invitation.objects.filter(person__in=people, skipped="", at__gt=since)
        .order_by()
        .values_list("person", flat=True)
    )


def _invite(
    survey: Survey, person: User, *, ticket: Ticket | None = None, skipped: str = "", tell: bool = True
) -> Invitation:
    now = clock.now()
    made = Invitation.objects.create(
        survey=survey, person=person, ticket=ticket, wave=survey.wave, at=now, skipped=skipped,
        expires_at=now + timedelta(days=survey.valid_days),
    )  # fmt: skip
    if skipped or not tell:
        return made
    event = emit("survey.asked", survey, actor=User.objects.system(), source=Source.SYSTEM)
    told = direct.tell_topic(
        [person.pk], TOPIC, lambda _user: _values(made), event=event,
        marked=lambda _user: {"survey.links": _links(made, marked=True), "survey.url": links.address(made)},
        url=reverse("improvement:answer-own", args=[made.pk]),
    )  # fmt: skip
    if not told:
        made.skipped = Skipped.DECLINED
        made.save(update_fields=["skipped"])
    return made


def _values(invitation: Invitation) -> dict[str, str]:
    survey, ticket = invitation.survey, invitation.ticket
    about = f"{ticket.number} {ticket.title}" if ticket else str(survey.service or "")
    return {
        "survey.question": survey.question, "survey.intro": survey.intro, "survey.about": " ".join(about.split()),
        "survey.links": _links(invitation), "survey.url": links.address(invitation),
        "survey.anonymous": _("Your answer is anonymous.") if survey.is_anonymous else "",
    }  # fmt: skip


def _links(invitation: Invitation, *, marked: bool = False) -> str:
    """One line for each answer, the best first."""
    lines = []
    for score in reversed(invitation.survey.scores):
        label, address = links.label_of(invitation.survey.kind, score), links.address(invitation, score)
        lines.append(f"- [{label}]({address})" if marked else f"{label}: {address}")
    return "\n".join(lines)


# ---------- periodic ----------


def audience(survey: Survey) -> Any:
    """Who is asked periodically: people outside the desk; with a service those who had a ticket about it lately."""
    people = User.objects.people().filter(groups__isnull=True).order_by("pk")
    if survey.service_id:
        since = clock.now() - timedelta(days=180)
        had = Ticket.objects.filter(requester=OuterRef("pk"), service=survey.service_id, opened_at__gte=since)
        people = people.filter(Exists(had))
    return people


def send_waves(*, tell: bool = True) -> int:
    """Begin the waves that are due and go on with those that were interrupted."""
    now = clock.now()
    asked = 0
    for survey in Survey.objects.filter(kind=SurveyKind.NPS, state=SurveyState.RUNNING, next_wave_at__lte=now):
        asked += _wave(survey, tell=tell)
    return asked


def _wave(survey: Survey, *, tell: bool) -> int:
    """Ask everybody once for this wave. The next moment is set at the end: until then it is found again."""
    asked, last = 0, 0
    while True:
        have = Invitation.objects.filter(survey=survey, wave=survey.wave + 1, person=OuterRef("pk"), ticket=None)
        people = list(audience(survey).filter(~Exists(have), pk__gt=last)[:BATCH])
        if not people:
            break
        last = people[-1].pk
        with transaction.atomic():
            current = Survey.objects.select_for_update().get(pk=survey.pk)
            if current.wave != survey.wave or current.state != SurveyState.RUNNING:
                return asked
            # The invitations carry the number of the wave that begins.
            current.wave += 1
            recent = asked_recently(current, [person.pk for person in people])
            for person in people:
                skipped = ""
                if not _drawn(current, person.pk):
                    skipped = Skipped.SHARE
                elif person.pk in recent:
                    skipped = Skipped.RECENT
                asked += not _invite(current, person, skipped=skipped, tell=tell).skipped
    following = clock.now() + timedelta(days=survey.every_days)
    Survey.objects.filter(Q(pk=survey.pk), wave=survey.wave).update(wave=survey.wave + 1, next_wave_at=following)
    return asked
