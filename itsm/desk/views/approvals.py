"""What awaits a person's approval, and what was decided."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from itsm.approvals.models import Round, Seat
from itsm.desk.views.tickets import shared
from itsm.tickets.models import Ticket
from itsm.ui import nav
from itsm.ui import pages as ui
from itsm.ui.forms import attempt, status
from itsm.ui.links import safe_next
from itsm.workflow import approvals

MOST = 100
DECIDED = 20


class VoteForm(forms.Form):
    vote = forms.ChoiceField(choices=[("approve", ""), ("reject", "")])
    comment = forms.CharField(label=gettext_lazy("Comment"), max_length=2_000, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("vote") == "reject" and not data.get("comment"):
            self.add_error("comment", _("Say why you reject it."))
        return data


def _seats(request: HttpRequest) -> Any:
    return Seat.objects.filter(approver=request.user).select_related("round__requested_by", "on_behalf_of")


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    if not request.user.is_desk:
        return redirect("/portal/approvals/")
    return _show(request, VoteForm(), 0)


def _show(request: HttpRequest, form: VoteForm, about: int) -> HttpResponse:
    mine = _seats(request).filter(vote="", round__state=Round.State.PENDING).order_by("round__deadline_at", "id")[:MOST]
    waiting = list(mine)
    done = list(_seats(request).exclude(vote="").order_by("-voted_at", "-id")[:DECIDED])
    pks = [seat.round.subject_id for seat in [*waiting, *done] if seat.round.subject_type == "ticket"]
    visible = set(Ticket.objects.visible_to(request.user).filter(pk__in=pks).values_list("pk", flat=True))
    texts = dict(Ticket.objects.filter(pk__in=[s.round.subject_id for s in waiting]).values_list("pk", "description"))
    for seat in [*waiting, *done]:
        # Who is asked reads what it is about, also where the record itself stays closed to them.
        seat.can_open = seat.round.subject_type != "ticket" or seat.round.subject_id in visible
        seat.text = texts.get(seat.round.subject_id, "") if seat.round.subject_type == "ticket" else ""
    user = request.user
    return ui.page(
        request, "desk/approvals.html", title=_("Approvals"), status=status(form), form=form, about=about,
        waiting=waiting, done=done,
        away=user.is_away(), delegate=user.delegate,
    )  # fmt: skip


@require_POST
def vote(request: HttpRequest, pk: int) -> HttpResponse:
    """Cast a vote; only who has a seat finds the round."""
    round_ = get_object_or_404(Round.objects.filter(seats__approver=request.user).distinct(), pk=pk)
    form = VoteForm(request.POST)
    voted = attempt(form, lambda vote, comment: _vote(request, round_, vote, comment))
    if voted is None:
        return _show(request, form, round_.pk)
    nav.forget_counts(request.user)
    text = _("Approved: %(what)s") if form.cleaned_data["vote"] == "approve" else _("Rejected: %(what)s")
    return ui.see(request, safe_next(request, "/approvals/"), text % {"what": round_.subject_label})


def _vote(request: HttpRequest, round_: Round, choice: str, comment: str) -> Round:
    return approvals.vote(round_, actor=request.user, approve=choice == "approve", comment=comment, source="web")


@require_POST
def ask(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Ask for the approval that a step of a ticket needs."""
    ticket = shared.writable(request, number)
    round_ = approvals.ask(ticket, verb, actor=request.user, source="web")
    count = round_.seats.count()
    return shared.changed(request, ticket, _("Asked %(count)d people for approval") % {"count": count}, at="#approvals")
