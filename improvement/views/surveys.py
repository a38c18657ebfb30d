"""Surveys: what is asked, of whom, and how many answered."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from improvement.feedback_states import Skipped, SurveyKind, SurveyState
from improvement.forms.feedback import SurveyForm, SurveyQuestionForm
from improvement.models import Survey
from improvement.reports import satisfaction as reports
from improvement.satisfaction import share
from improvement.views.answers import interval
from itsm.desk.views.records import Filter, Part, RecordPages, state_column
from itsm.lib import house
from itsm.tickets import kinds
from itsm.ui.reference import Column
from itsm.ui.times import ago, exact


class Surveys(RecordPages):
    model = Survey
    form = SurveyForm
    base = "surveys"
    related = ("service",)
    search_fields = ("title", "question")
    columns = (
        Column("title", house.heading("survey")), state_column(), Column("kind", gettext_lazy("Kind")),
        Column("service", gettext_lazy("About"), opt=True),
        Column("updated_at", gettext_lazy("Updated"), cell=lambda row: ago(row.updated_at)),
    )  # fmt: skip
    filters = (
        Filter("state", gettext_lazy("State"), lambda: SurveyState.choices),
        Filter("kind", gettext_lazy("Kind"), lambda: SurveyKind.choices),
    )
    body = "improvement/survey/_survey.html"
    texts = ()
    parts = (
        Part(
            "questions", gettext_lazy("further question"), SurveyQuestionForm, "survey",
            title=gettext_lazy("Further questions"), empty=gettext_lazy("Only the one question, and a comment."),
            columns=(
                Column("text", gettext_lazy("Question")), Column("kind", gettext_lazy("Answered by")),
                Column("position", gettext_lazy("Position"), right=True),
            ),
        ),
    )  # fmt: skip
    beside = ((gettext_lazy("Satisfaction"), "improvement:satisfaction", "smile"),)
    intro = gettext_lazy(
        "People are asked by mail and in the portal, answer with one click, and are not asked again too soon."
    )
    empty_text = gettext_lazy("Ask people after their ticket is solved, and learn where they are unhappy.")

    def facts(self, request: HttpRequest, record: Survey) -> Any:
        yield _("Kind"), record.get_kind_display()
        if record.kind == SurveyKind.CSAT:
            chosen = [str(kind.label) for kind in kinds.all_kinds() if kind.code in record.ticket_kinds]
            yield _("After"), ", ".join(chosen) or _("every kind of ticket")
        else:
            yield _("Every"), _("%d days") % record.every_days
            yield _("Next asked"), exact(record.next_wave_at) if record.next_wave_at else ""
        if record.service:
            yield _("About"), format_html('<a href="{}">{}</a>', record.service.get_absolute_url(), record.service.name)
        yield _("Share asked"), f"{record.share}%"
        yield _("Not again within"), _("%d days") % record.quiet_days
        yield _("Links work for"), _("%d days") % record.valid_days
        yield _("Anonymous"), _("Yes") if record.is_anonymous else _("No")

    def context(self, request: HttpRequest, record: Survey) -> dict[str, Any]:
        rows = record.invitations.order_by().aggregate(
            asked=Count("pk", filter=Q(skipped="")), answered=Count("pk", filter=Q(answered=True)),
            **{f"not_{reason}": Count("pk", filter=Q(skipped=reason)) for reason in Skipped.values},
        )  # fmt: skip
        response = share(rows["answered"], rows["asked"])
        return {
            "asked": rows["asked"], "answered": rows["answered"], "response": response,
            "response_interval": interval(response),
            "skipped": [
                (label, rows[f"not_{reason}"]) for reason, label in Skipped.choices if rows[f"not_{reason}"]
            ],
            "found": reports.of_survey(request.user, record),
            "answers_url": f"{reverse('improvement:answers')}?survey={record.pk}",
        }  # fmt: skip
