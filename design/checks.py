"""The nightly rules of the design stage: what is promised holds, goes on, and is backed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from design import days
from design.agreement_states import AgreementType
from design.days import today
from design.models import Agreement
from design.reports import agreements as reports
from itsm.catalogue.models import Service
from strategy import rules
from strategy.checks import each, live
from strategy.rules import Finding, Rule

#: So long before its end somebody has to have thought of what comes after an agreement.
ENDS_SOON = timedelta(days=30)


def offered() -> QuerySet[Service]:
    """What customers use; technical services are promised inside."""
    return live().exclude(kind=Service.Kind.TECHNICAL)


def agreed() -> Iterable[Finding]:
    sla = Agreement.objects.active().filter(services=OuterRef("pk"), type=AgreementType.SLA)
    return each(offered().exclude(Exists(sla)), _("No service level agreement about it is active"))


def in_force() -> QuerySet[Agreement]:
    return Agreement.objects.active().order_by("pk")


def goes_on() -> Iterable[Finding]:
    """One that ends soon has a later version that is being written or agreed."""
    later = Agreement.objects.open().filter(Q(first=OuterRef("first_id")) | Q(first=OuterRef("pk")))
    ending = in_force().filter(ends_on__lte=today() + ENDS_SOON).exclude(Exists(later))
    for one in ending:
        day = days.in_words(one.ends_on or today())
        yield Finding(one, _("It ends on %(day)s, and nothing comes after it") % {"day": day})


def promised() -> QuerySet[Agreement]:
    return in_force().filter(type=AgreementType.SLA)


def backed() -> Iterable[Finding]:
    for agreement, found in reports.chains_of(promised().select_related("calendar")).items():
        words = [line for one in found for line in one.words]
        if words:
            more = ngettext("%(n)d gap: %(first)s", "%(n)d gaps, the first: %(first)s", len(words))
            yield Finding(
                agreement, more % {"n": len(words), "first": words[0]}, url=f"{agreement.get_absolute_url()}#chain"
            )


def register() -> None:
    """Called once from ``DesignConfig.ready``."""
    rules.register(Rule(
        "service-agreement", gettext_lazy("Every live service has an active agreement"), Service, offered, agreed,
        fix=gettext_lazy("Draft a service level agreement about it, and activate it."), order=12,
    ))  # fmt: skip
    rules.register(
        Rule(
            "agreement-ends", gettext_lazy("No agreement ends without one that follows"), Agreement, in_force, goes_on,
            fix=gettext_lazy("Make a new version 30 days before it ends, or terminate it on purpose."), order=60,
        ),
        Rule(
            "agreement-backed", gettext_lazy("Every service level agreement is backed"), Agreement, promised, backed,
            fix=gettext_lazy("Its page lists hours and minutes that are missing."), tone="red", order=60,
        ),
    )  # fmt: skip
