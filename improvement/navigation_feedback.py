"""What surveys and feedback register: kinds, topics, pages, panels, a measure, suggestions, and activity 17."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from improvement import feedback_policies as policies
from improvement import measures, receivers, suggestions
from improvement.demo import feedback as story
from improvement.feedback_states import Band, SurveyState
from improvement.improvement_policies import may_suggest
from improvement.improvement_states import ImprovementState
from improvement.models import Answer, Feedback, Improvement, Invitation, Survey
from improvement.reports import satisfaction as reports
from improvement.services import answers, feedback, links, surveys
from improvement.views.answers import interval
from improvement.views.feedback import FeedbackPages
from improvement.views.improvements import suggest_for
from improvement.views.surveys import Surveys
from itsm.accounts.roles import MANAGERS, Role
from itsm.audit import actions
from itsm.desk.views import records as pages
from itsm.lib import chapters
from itsm.notifications import topics
from itsm.notifications.topics import Topic
from itsm.ui import lifecycle, markdown, nav, panels
from itsm.ui.lifecycle import Attention, Figure, Summary
from itsm.workflow import inputs, records
from strategy.models import BusinessRequirement

#: From this satisfaction on all is well.
GOOD = 80
#: Who finds surveys and satisfaction in the navigation.
READERS = [*MANAGERS, Role.SERVICE_OWNER, Role.AUDITOR, Role.ADMINISTRATOR]


def register_topics() -> None:
    """The mails, which an organisation may word anew."""
    topics.register(Topic(
        surveys.TOPIC, "feedback", gettext_lazy("You are asked how satisfied you are"), "{survey.question}",
        gettext_lazy(
            "Hello {recipient.first_name},\n\n{survey.intro}\n\n{survey.question}\n\n{survey.about}\n\n"
            "{survey.links}\n\n{survey.anonymous}"
        ),
        direct=True, own_subject=gettext_lazy("{survey.question} {survey.about}"),
        extra=("survey.question", "survey.intro", "survey.about", "survey.links", "survey.url", "survey.anonymous"),
        sample=(
            ("survey.question", gettext_lazy("How satisfied are you with the solution?")), ("survey.intro", ""),
            ("survey.about", gettext_lazy("INC-1042 Mail does not arrive")),
            ("survey.links", gettext_lazy("5 – very satisfied: https://…")), ("survey.url", "https://…"),
            ("survey.anonymous", ""),
        ),
    ))  # fmt: skip
    topics.register(Topic(
        feedback.TOPIC, "feedback", gettext_lazy("What became of your feedback"),
        gettext_lazy("News on your feedback: {feedback.title}"),
        gettext_lazy(
            "Hello {recipient.first_name},\n\nthere is news on what you told us ({feedback.title}).\n\n{comment}\n\n"
            "{feedback.url}"
        ),
        direct=True, own_subject=gettext_lazy("[{feedback.number}] {feedback.title}"),
        extra=("feedback.number", "feedback.title", "feedback.url", "comment"),
        sample=(
            ("feedback.number", "FB-7"), ("feedback.title", gettext_lazy("Show the waiting time")),
            ("feedback.url", "https://…"), ("comment", gettext_lazy("A good idea; it comes with the next version.")),
        ),
    ))  # fmt: skip
    topics.register(Topic(
        answers.UNHAPPY, "feedback", gettext_lazy("Somebody is unhappy with a ticket or service of yours"),
        gettext_lazy("{answer.person} is unhappy: {answer.about}"),
        gettext_lazy("{answer.person} answered {answer.score} about {answer.about}.\n\n{comment}\n\n{answer.url}"),
        direct=True, desk_only=True, email=False, own_subject=gettext_lazy("Unhappy: {answer.about}"),
        extra=("answer.person", "answer.score", "answer.about", "answer.url", "comment"),
        sample=(
            ("answer.person", "Rita Holm"), ("answer.score", "2 / 5"), ("answer.url", "https://…"),
            ("answer.about", gettext_lazy("INC-1042 Mail does not arrive")),
            ("comment", gettext_lazy("It took three days.")),
        ),
    ))  # fmt: skip


def register_kinds() -> None:
    inputs.register("feedback_answer", *inputs.text(
        gettext_lazy("Answer"), rows=5, hint=gettext_lazy("The person reads it in the portal and by mail.")
    ))  # fmt: skip
    records.register(records.RecordKind(
        Survey, gettext_lazy("survey"), gettext_lazy("surveys"), "clipboard-list",
        ("title", "kind", "question", "comment_question", "intro", "ticket_kinds", "service", "share", "quiet_days",
         "valid_days", "every_days", "is_anonymous"),
        policies.may_survey, policies.may_edit_survey, check=surveys.check,
    ))  # fmt: skip
    records.register(records.RecordKind(
        Feedback, gettext_lazy("feedback"), gettext_lazy("feedback"), "message-circle",
        ("title", "kind", "description", "person", "organisation", "service", "channel", "is_confidential", "owner",
         "ticket", "answer"),
        policies.may_give, policies.may_edit_feedback, services="improvement.services.feedback",
        created=feedback.begin,
    ))  # fmt: skip
    actions.register({"survey.answered": gettext_lazy("answered a survey")})


# ---------- panels ----------


def on_ticket(request: Any, ticket: Any) -> dict[str, Any] | None:
    """What people said about a ticket, and what improves because of it; for the desk."""
    user = request.user
    if not user.is_desk:
        return None
    found = {
        "answers": list(Answer.objects.visible_to(user).filter(ticket=ticket.pk)[:3]),
        "feedback": list(
            (Feedback.objects.visible_to(user).filter(ticket=ticket.pk)
             | Feedback.objects.visible_to(user).filter(problem=ticket.pk)).order_by("-id")[:3]
        ),
        "improvements": list(Improvement.objects.visible_to(user).filter(tickets=ticket.pk).order_by("-id")[:5]),
        "asked": Invitation.objects.filter(ticket=ticket.pk, skipped="", answered=False).first(),
    }  # fmt: skip
    return found if any(found.values()) else None


def in_portal(request: Any, ticket: Any) -> dict[str, Any] | None:
    """The survey about the own ticket, as long as it can be answered."""
    invitation = answers.open_for(ticket.pk, request.user)
    if invitation is None:
        return None
    survey = invitation.survey
    return {
        "invitation": invitation,
        "scores": [(score, links.label_of(survey.kind, score)) for score in reversed(survey.scores)],
    }


def of_service(request: Any, service: Any) -> dict[str, Any] | None:
    """Satisfaction and improvements of a service on its page."""
    user = request.user
    if not user.is_desk:
        return None
    counts = reports.of_service(user, service)
    rows = Improvement.objects.visible_to(user).filter(service=service)
    active = list(rows.active().order_by("-score", "-id")[:4])
    realised = list(rows.filter(state=ImprovementState.REALISED).order_by("-closed_on", "-id")[:2])
    return {
        "top": counts.top, "sure": interval(counts.top), "improvements": active + realised,
        "url": f"{reverse('improvement:satisfaction')}?service={service.slug}",
        "feedback": list(Feedback.objects.visible_to(user).filter(service=service).open().order_by("-id")[:3]),
        "new_url": suggest_for(service) if may_suggest(user) else "",
    }  # fmt: skip


def of_record(request: Any, record: Any) -> dict[str, Any] | None:
    """The other end of links: the feedback that a requirement came from, the improvements that came from a record."""
    user = request.user
    feedback_ = Feedback.objects.visible_to(user).filter(requirement=record.pk).order_by("id")
    came = Improvement.objects.visible_to(user).filter(origin_url=record.get_absolute_url()).order_by("id")
    found = {
        "feedback": list(feedback_[:5]) if isinstance(record, BusinessRequirement) else [],
        "improvements": list(came[:5]),
    }
    return found if any(found.values()) else None


def listen(user: Any) -> Summary:
    """Activity 17."""
    open_ = Feedback.objects.visible_to(user).open()
    counts = reports.counts(reports.narrowed(Answer.objects.counted_for(user), {"kind": "csat"}).filter(
        at__gte=reports.start_of(reports.first_month(3))
    ))  # fmt: skip
    running = Survey.objects.visible_to(user).filter(state=SurveyState.RUNNING).count()
    waiting = open_.count()
    satisfaction = reverse("improvement:satisfaction")
    top = counts.top
    tone = ""
    if top is not None:
        tone = "green" if top.percent >= GOOD else "amber" if top.percent >= reports.LOW else "red"
    figures = [
        Figure(_("Satisfied, three months"), f"{top.percent:.0f}%" if top else "–", tone, satisfaction),
        Figure(_("Open feedback"), waiting, "amber" if waiting else "green", reverse("improvement:feedback-list")),
        Figure(_("Running surveys"), running, "", reverse("improvement:survey-list")),
    ]  # fmt: skip
    unhappy = Answer.objects.visible_to(user).filter(
        band=Band.BAD, improvements__isnull=True, feedback__isnull=True,
        at__gte=reports.start_of(reports.first_month(1)),
    ).select_related("ticket", "service", "survey")  # fmt: skip
    attention = [
        Attention(str(answer.ticket or answer.service or answer.survey), _("Unhappy, and nothing came of it yet"),
                  str(answer), "red", answer.get_absolute_url(), "frown", 50)
        for answer in unhappy.order_by("-at", "-id")[:3]
    ] + [
        Attention(str(one), _("Nobody has answered it yet"), one.get_kind_display(), "amber", one.get_absolute_url(),
                  one.icon, 45)
        for one in open_.filter(state="received").order_by("created_at", "id")[:3]
    ]  # fmt: skip
    if not running:
        attention.append(
            Attention(_("No survey runs"), _("Nobody is asked how satisfied they are"), _("to do"), "amber",
                      reverse("improvement:survey-list"), "clipboard-list", 30)
        )  # fmt: skip
    return Summary(figures, attention)


def register() -> None:
    """Called once from ``ImprovementConfig.ready``."""
    register_topics()
    register_kinds()
    receivers.connect()
    measures.register("satisfaction", gettext_lazy("Satisfaction"), reports.measures, reports.read)
    suggestions.register("satisfaction", reports.suggestions)
    markdown.link_numbers("FB", "/improvement/feedback/{}/")
    nav.register("improve", gettext_lazy("Satisfaction"), "improvement:satisfaction", "smile", order=30, roles=READERS)
    pages.register(
        FeedbackPages, group="improve", order=35, key="F", tip=gettext_lazy("not dealt with"),
        count=lambda user: Feedback.objects.visible_to(user).open().count() or None,
    )  # fmt: skip
    pages.register_search(Surveys, order=66)
    panels.register_create(
        "survey", gettext_lazy("Survey"), "improvement:survey-new", icon="clipboard-list", key="", order=66,
        allowed=lambda user: bool(policies.may_survey(user)),
    )  # fmt: skip
    nav.register("portal", gettext_lazy("Feedback"), "improvement:portal-feedback", "message-circle", order=60)
    panels.register(
        "ticket", "satisfaction", "improvement/survey/_on_ticket.html", on_ticket,
        label=gettext_lazy("What people say"), order=70,
    )  # fmt: skip
    panels.register("portal_ticket", "survey", "improvement/survey/_portal_ticket.html", in_portal)
    panels.register(
        "service_improvement", "better", "improvement/survey/_of_service.html", of_service,
        label=gettext_lazy("Satisfaction"), order=60, cls="c4",
    )  # fmt: skip
    panels.register(
        "record",
        "feedback",
        "improvement/feedback/_origin.html",
        of_record,
        label=gettext_lazy("Feedback and improvements"),
    )
    lifecycle.register(
        "improvement", 17, gettext_lazy("Feedback and needs"), gettext_lazy("Hear what people think and need"),
        "message-circle", listen,
        links=[
            (gettext_lazy("Satisfaction"), "improvement:satisfaction"),
            (gettext_lazy("Feedback"), "improvement:feedback-list"),
            (gettext_lazy("Surveys"), "improvement:survey-list"),
        ],
    )  # fmt: skip
    chapters.register("feedback", story.tell, order=900)
