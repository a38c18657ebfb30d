"""What service reviews register: the kind of record, pages, panels, and their part of activity 18."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from improvement import kpi_policies
from improvement import review_policies as policies
from improvement.models import ReviewAction, ServiceReview
from improvement.services import reviews
from improvement.states import ReviewState
from improvement.views.reviews import Reviews
from itsm.audit import actions
from itsm.desk.views import records as pages
from itsm.sla.services import measure
from itsm.ui import lifecycle, panels
from itsm.ui.lifecycle import Attention, Figure, Summary
from itsm.workflow import records


def register_kinds() -> None:
    """The kind of record."""
    records.register(records.RecordKind(
        ServiceReview, gettext_lazy("service review"), gettext_lazy("service reviews"), "presentation",
        ("service", "month", "chair", "guests", "minutes"), policies.may_create, policies.may_edit,
        lists=("attendees",), check=reviews.check, services="improvement.services.reviews",
    ))  # fmt: skip
    actions.register({"service_review.finish": gettext_lazy("action done or taken up again")})


def due(user: Any) -> int:
    """Open actions of this person that are due."""
    return ReviewAction.objects.open().filter(owner=user, due_on__lte=measure.today()).count()


def of_service(request: Any, service: Any) -> dict[str, Any] | None:
    """The latest review of a service and what is open from its reviews, on its page."""
    user = request.user
    if not user.is_desk:
        return None
    latest = ServiceReview.objects.visible_to(user).filter(service=service).order_by("-month").first()
    left = list(
        ReviewAction.objects.visible_to(user).open().filter(review__service=service)
        .select_related("owner", "review__service").order_by("due_on")[:4]
    )  # fmt: skip
    return {"latest": latest, "actions": left, "today": measure.today()} if latest or left else None


def at_home(request: Any, subject: Any) -> dict[str, Any] | None:
    """What reviews ask of the person, on the home page."""
    rows = ReviewAction.objects.visible_to(request.user).open().filter(owner=request.user)
    found = list(rows.select_related("review__service").order_by("due_on", "id")[:5])
    return {"actions": found, "today": measure.today()} if found else None


def evaluation(user: Any) -> Summary:
    """Activity 18: what reviews agreed."""
    open_actions = ReviewAction.objects.visible_to(user).open()
    late = open_actions.filter(due_on__lt=measure.today())
    amount, overdue = open_actions.count(), late.count()
    url = reverse("improvement:review-actions")
    attention = [
        Attention(action.text, str(action.review), _("overdue"), "amber", action.review.get_absolute_url(),
                  "presentation", 45)
        for action in late.select_related("review__service").order_by("due_on")[:2]
    ]  # fmt: skip
    last = (measure.today().replace(day=1) - measure.DAY).replace(day=1)
    waiting = ServiceReview.objects.visible_to(user).filter(state=ReviewState.DRAFT, month__lte=last)
    attention += [
        Attention(str(one), _("Its month is over, and it has not been held"), one.number, "amber",
                  one.get_absolute_url(), "presentation", 40)
        for one in waiting.select_related("service").order_by("month")[:2]
    ]  # fmt: skip
    return Summary([Figure(_("Open actions"), amount, "amber" if overdue else "", url)], attention)


def register() -> None:
    """Called once from ``ImprovementConfig.ready``."""
    register_kinds()
    pages.register(
        Reviews, group="improve", order=20, key="V", roles=kpi_policies.READERS,
        count=lambda user: due(user) or None, tip=gettext_lazy("your actions that are due"),
    )  # fmt: skip
    panels.register(
        "service_improvement", "reviews", "improvement/review/_of_service.html", of_service,
        label=gettext_lazy("Service reviews"),
        order=46, cls="c4",
    )  # fmt: skip
    panels.register(
        "home", "review-actions", "improvement/review/_at_home.html", at_home, order=60, cls="c4",
        label=gettext_lazy("From service reviews"),
    )  # fmt: skip
    panels.register_settings(
        "service-reviews", gettext_lazy("Service reviews"), "improvement:review-plan", icon="presentation",
        description=gettext_lazy("Whether drafts are made every month, and of which services."),
        roles=kpi_policies.KEEPERS,
    )  # fmt: skip
    lifecycle.extend(
        18, evaluation,
        [(gettext_lazy("Service reviews"), "improvement:service-review-list"),
         (gettext_lazy("Open actions"), "improvement:review-actions")],
    )  # fmt: skip
