"""Complaints, ideas and praise at the desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from improvement.feedback_states import FeedbackKind, FeedbackState
from improvement.forms.feedback import FeedbackForm
from improvement.models import Feedback, Improvement
from improvement.services import feedback as services
from itsm.desk.views.records import Filter, RecordPages, person_column, service_filter, state_column
from itsm.lib import house
from itsm.lib.sources import Source
from itsm.tickets.models import Ticket
from itsm.tickets.states import Channel
from itsm.ui import components, nav
from itsm.ui import pages as ui
from itsm.ui.reference import Column
from itsm.ui.times import ago
from itsm.workflow import records
from operation import problem_policies
from strategy.models import BusinessRequirement

#: What feedback can become, by the last part of the address.
TURNS: dict[str, Callable[..., Any]] = {
    "requirement": services.to_requirement, "problem": services.to_problem, "improvement": services.to_improvement,
}  # fmt: skip


def link(record: Any) -> Any:
    """A record by number and title, for the panel."""
    return format_html('<a href="{}">{}</a>', record.get_absolute_url(), f"{record.number} {record}".strip())


class FeedbackPages(RecordPages):
    model = Feedback
    form = FeedbackForm
    base = "feedback"
    related = ("person", "service", "owner")
    search_fields = ("title", "description", "person__name")
    columns = (
        Column("title", gettext_lazy("Feedback")), state_column(), Column("kind", gettext_lazy("Kind")),
        Column("service", gettext_lazy("Service"), opt=True), person_column("person", gettext_lazy("From")),
        Column("created_at", gettext_lazy("Received"), cell=lambda row: ago(row.created_at)),
    )  # fmt: skip
    filters = (
        Filter("state", gettext_lazy("State"), lambda: FeedbackState.choices),
        Filter("kind", gettext_lazy("Kind"), lambda: FeedbackKind.choices),
        service_filter(),
    )
    body = "improvement/feedback/_feedback.html"
    beside = (
        (gettext_lazy("Satisfaction"), "improvement:satisfaction", "smile"),
        (house.heading("survey", plural=True), "improvement:survey-list", "clipboard-list"),
    )
    intro = gettext_lazy(
        "What people say of their own accord and what becomes of it; whoever says it hears the answer."
    )
    empty_text = gettext_lazy("Write down what people tell you; they can also do it themselves in the portal.")

    def start(self, request: HttpRequest) -> dict[str, Any]:
        return {"channel": Channel.PHONE, **super().start(request)}

    def facts(self, request: HttpRequest, record: Feedback) -> Any:
        seen = Ticket.objects.visible_to(request.user)
        yield _("Kind"), record.get_kind_display()
        yield _("From"), components.person(record.person) if record.person else _("nobody is named")
        yield _("Organisation"), record.organisation
        yield _("Service"), link_service(record.service)
        yield _("Channel"), record.get_channel_display()
        yield _("Handled by"), components.person(record.owner) if record.owner else ""
        yield _("In confidence"), _("Yes") if record.is_confidential else ""
        for label, pk in ((_("About ticket"), record.ticket_id), (_("Became"), record.problem_id)):
            ticket = seen.filter(pk=pk).first() if pk else None
            yield label, format_html('<a href="{}">{}</a>', ticket.get_absolute_url(), ticket) if ticket else ""
        if record.requirement_id:
            made = BusinessRequirement.objects.visible_to(request.user).filter(pk=record.requirement_id).first()
            yield _("Became"), link(made) if made else ""
        for improvement in Improvement.objects.visible_to(request.user).filter(feedback=record).order_by("id"):
            yield _("Became"), link(improvement)

    def context(self, request: HttpRequest, record: Feedback) -> dict[str, Any]:
        return {
            "may_convert": services.may_convert(record, request.user),
            "may_open_problem": problem_policies.opens(request.user),
        }


def link_service(service: Any) -> Any:
    return format_html('<a href="{}">{}</a>', service.get_absolute_url(), service.name) if service else ""


@require_POST
def convert(request: HttpRequest, number: str, to: str) -> HttpResponse:
    """Turn feedback into a requirement, a problem or an improvement, in one step."""
    if not request.user.is_desk or to not in TURNS:
        raise Http404
    record = records.by_number(Feedback.objects.visible_to(request.user), number).first()
    if record is None:
        raise Http404
    made = TURNS[to](record, actor=request.user, source=Source.WEB)
    nav.forget_counts(request.user)
    return ui.see(request, made, _("%(number)s became %(made)s.") % {"number": record.number, "made": made.number})
