"""The nightly rules of the operation stage: problems that go on, major incidents that are learned from, risks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.lib import clock
from itsm.tickets.models import TicketLink
from operation.models import Incident, Problem, Risk
from operation.problem_states import ProblemState
from strategy import rules
from strategy.rules import Finding, Rule

#: A problem that nobody touched for so long is forgotten.
FORGOTTEN = timedelta(days=60)
#: After a major incident somebody asks why within so many days; it is asked for so long.
ASK_WHY, LOOK_BACK = timedelta(days=7), timedelta(days=365)


def problems() -> QuerySet[Problem]:
    """Restricted ones are left to their team: nobody else learns that they exist, not even by a number."""
    rows = Problem.objects.open().filter(restricted_to__isnull=True).order_by("pk")
    return rows.defer("description")  # type: ignore[return-value]


def known() -> QuerySet[Problem]:
    return problems().filter(state__in=ProblemState.KNOWN)


def helped() -> Iterable[Finding]:
    for one in known().filter(workaround=""):
        yield Finding(one, _("Nothing helps until it is removed"), service_id=one.service_id)


def touched() -> Iterable[Finding]:
    for one in problems().filter(updated_at__lt=clock.now() - FORGOTTEN):
        day = date_format(one.updated_at, "DATE_FORMAT")
        yield Finding(one, _("Nobody touched it since %(day)s") % {"day": day}, service_id=one.service_id)


def majors() -> QuerySet[Incident]:
    """Those of the last year that have been over for some days; restricted ones are left out."""
    now = clock.now()
    rows = Incident.objects.filter(
        is_major=True, is_open=False, restricted_to__isnull=True, resolved_at__range=(now - LOOK_BACK, now - ASK_WHY)
    )
    return rows.exclude(state="cancelled").order_by("pk").defer("description")  # type: ignore[return-value]


def asked_why() -> Iterable[Finding]:
    """By a problem that it was caused by, or that looks into what it was about."""
    cause = TicketLink.objects.filter(source=OuterRef("pk"), target__kind="problem")
    followed = TicketLink.objects.filter(target=OuterRef("pk"), source__kind="problem")
    for one in majors().exclude(Exists(cause) | Exists(followed)):
        yield Finding(one, _("No problem asks why it happened"), service_id=one.service_id)


def risks() -> QuerySet[Risk]:
    return Risk.objects.open().order_by("pk")


def looked_at() -> Iterable[Finding]:
    for one in risks().filter(review_on__lt=clock.now().date()):
        day = date_format(one.review_on or clock.now(), "DATE_FORMAT")
        yield Finding(one, _("Its review was due on %(day)s") % {"day": day})


def register() -> None:
    """Called once from ``OperationConfig.ready``."""
    rules.register(
        Rule(
            "problem-workaround", gettext_lazy("Every known error has a workaround"), Problem, known, helped,
            fix=gettext_lazy("Write down what helps until the cause is removed."), order=80,
        ),
        Rule(
            "problem-touched", gettext_lazy("No problem is forgotten"), Problem, problems, touched,
            fix=gettext_lazy("Go on with it, or cancel it and say why."), order=80,
        ),
        Rule(
            "major-reviewed", gettext_lazy("Every major incident is learned from"), Incident, majors, asked_why,
            fix=gettext_lazy("Open a problem from it within a week."), tone="red", order=80,
        ),
        Rule(
            "risk-review", gettext_lazy("Every open risk is reviewed in time"), Risk, risks, looked_at,
            fix=gettext_lazy("Look at it again, and say when next."), order=80,
        ),
    )  # fmt: skip
