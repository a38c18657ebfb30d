"""Questions that wait for the person's vote."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from itsm.approvals.models import Round, Seat
from itsm.lib.sources import Source
from itsm.tickets.models import Ticket
from itsm.ui import nav
from itsm.ui import pages as ui
from itsm.workflow import approvals
from operation import reports
from operation.forms.portal import VoteForm


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    given = Round.objects.filter(seats__in=Seat.objects.filter(approver=request.user).exclude(vote=""))
    return ui.page(
        request, "operation/portal/approvals.html", title=_("Approvals"),
        rounds=list(reports.approvals_for(request.user)[:100]),
        given=list(given[:20]),
    )  # fmt: skip


def approval(request: HttpRequest, pk: int) -> HttpResponse:
    """One question with what it is about: who is asked to decide may read that, and nothing else of it."""
    round_ = get_object_or_404(Round.objects.filter(seats__approver=request.user).select_related("requested_by"), pk=pk)
    seat = round_.seats.get(approver=request.user)
    form = VoteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        approve = form.cleaned_data["vote"] == "approve"
        approvals.vote(
            round_, actor=request.user, approve=approve, comment=form.cleaned_data["comment"], source=Source.WEB
        )
        nav.forget_counts(request.user)
        return ui.see(request, "operation:portal-approvals", _("Approved.") if approve else _("Rejected."))
    subject = None
    if round_.subject_type == "ticket":
        subject = Ticket.objects.filter(pk=round_.subject_id).select_related("requester", "service").first()
    return ui.page(
        request, "operation/portal/approval.html", title=round_.question or round_.subject_label, round=round_,
        seat=seat, form=form, ticket=subject, may_vote=round_.state == Round.State.PENDING and not seat.vote,
    )  # fmt: skip
