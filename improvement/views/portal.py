"""What people outside the desk do: answer a survey from the mail, and tell us what they think."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from improvement import feedback_policies as policies
from improvement.forms.feedback import AnswerForm, PortalFeedbackForm
from improvement.models import Feedback, Invitation
from improvement.services import answers, feedback, links
from itsm.lib import clock
from itsm.lib.sources import Source
from itsm.notifications.services import wording
from itsm.ui import keyset
from itsm.ui import pages as ui
from itsm.ui.forms import attempt, status
from itsm.workflow import records


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def survey(request: HttpRequest, token: str) -> HttpResponse:
    """The link from the mail. Reading it changes nothing: mail scanners open every link, and only a button answers."""
    invitation = links.read(token)
    if invitation is None:
        return _closed(
            request, _("This link is not complete"), 404,
            _("It may have been cut off in your mail program. Open it from the mail once more, or copy all of it."),
        )  # fmt: skip
    with translation.override(wording.language_of(invitation.person)):
        return _ask(request, invitation)


@require_http_methods(["GET", "HEAD", "POST"])
def own(request: HttpRequest, pk: int) -> HttpResponse:
    """The same for somebody who is signed in, from the portal or the inbox."""
    invitation = answers.own(pk, request.user)
    if invitation is None:
        raise Http404
    return _ask(request, invitation)


def _ask(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    if invitation.answered:
        return _closed(
            request, _("You have answered already"), 410,
            _("Every link counts once. Thank you for your answer; it is kept."),
        )  # fmt: skip
    if invitation.expires_at <= clock.now():
        return _closed(
            request, _("This survey is over"), 410,
            _("The link has expired. If something still does not work, tell us in the portal."),
        )  # fmt: skip
    asked = invitation.survey
    first = {"score": request.GET.get("score", "")}
    form = AnswerForm(request.POST if request.method == "POST" else None, invitation=invitation, initial=first)
    if request.method == "POST":
        kept = attempt(form, lambda **_sent: answers.keep(invitation, source=Source.WEB, **form.values()))
        if kept is not None:
            return ui.page(
                request, "improvement/survey/thanks.html", title=_("Thank you"), answer=kept, survey=asked,
                ticket=invitation.ticket if request.user.is_authenticated else None,
            )  # fmt: skip
    return ui.page(
        request, "improvement/survey/ask.html", title=asked.question, form=form, survey=asked,
        ticket=invitation.ticket, service=asked.service, status=status(form),
    )  # fmt: skip


def _closed(request: HttpRequest, title: str, code: int, text: str) -> HttpResponse:
    return ui.page(request, "improvement/survey/closed.html", title=title, text=text, status=code)


# ---------- feedback ----------


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """What the person has told us, and what became of it."""
    rows = Feedback.objects.visible_to(request.user).filter(person=request.user)
    page = keyset.paginate(rows, ("-created_at", "-id"), request.GET.get("cursor", ""), 20)
    return ui.page(request, "improvement/feedback/mine.html", title=_("Feedback"), page=page)


def give(request: HttpRequest) -> HttpResponse:
    """A complaint, an idea or praise."""
    user: Any = request.user
    first = {"kind": request.GET.get("kind", ""), "title": request.GET.get("title", "")[:160]}
    form = PortalFeedbackForm(request.POST or None, user=user, initial=first)
    if request.method == "POST":
        made = attempt(form, lambda **sent: feedback.give(actor=user, source=Source.WEB, **sent))
        if made is not None:
            return ui.see(request, made.portal_url, _("Thank you. You will hear from us."))
    return ui.page(
        request, "improvement/feedback/give.html", title=_("Tell us what you think"), form=form, status=status(form),
        may=bool(policies.may_give(user)),
    )  # fmt: skip


@require_GET
def one(request: HttpRequest, number: str) -> HttpResponse:
    """One piece of feedback, as the person who gave it sees it."""
    rows = Feedback.objects.visible_to(request.user).filter(person=request.user).select_related("service")
    found = records.by_number(rows, number).first()
    if found is None:
        raise Http404
    return ui.page(request, "improvement/feedback/one.html", title=found.title, feedback=found)
