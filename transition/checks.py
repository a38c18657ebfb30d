"""The nightly rules of the transition stage: items, licences, contracts, knowledge, and what support was given."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.catalogue.models import Service
from itsm.lib import clock
from strategy import rules
from strategy.checks import each, live
from strategy.rules import Finding, Rule
from transition.models import Article, ConfigurationItem, Contract, HandoverItem, Licence
from transition.states.configuration import LicenceState
from transition.states.delivery import HandoverState, HandoverTopic

#: So long before its end, or the last day of notice, a contract is decided on.
DECIDE = timedelta(days=30)


def items() -> QuerySet[ConfigurationItem]:
    return ConfigurationItem.objects.in_use().order_by("pk")


def owned() -> Iterable[Finding]:
    rows = items().filter(Q(owner__isnull=True) | Q(owner__is_active=False)).select_related("owner")
    for item in rows:
        left = item.owner and _("%(name)s has left") % {"name": item.owner}
        yield Finding(item, left or _("Nobody answers for it"))


def licences() -> QuerySet[Licence]:
    return Licence.objects.filter(state=LicenceState.ACTIVE).order_by("pk")


def entitled() -> Iterable[Finding]:
    for one in Licence.objects.over_used().order_by("pk"):
        words = {"used": one.used, "entitled": one.entitled}  # type: ignore[attr-defined]
        yield Finding(one, _("Used %(used)d times, entitled %(entitled)d") % words)


def contracts() -> QuerySet[Contract]:
    return Contract.objects.active().order_by("pk")


def decided() -> Iterable[Finding]:
    today = clock.now().date()
    near = Q(ends_on__lte=today + DECIDE) | Q(notice_on__range=(today, today + DECIDE))
    for one in contracts().filter(near):
        over = one.ends_on is not None and one.ends_on <= today + DECIDE
        day = date_format((one.ends_on if over else one.notice_on) or today, "DATE_FORMAT")
        words = _("It ends on %(day)s") if over else _("Notice can be given until %(day)s")
        yield Finding(one, words % {"day": day})


def articles() -> QuerySet[Article]:
    return Article.objects.published().order_by("pk")


def reviewed() -> Iterable[Finding]:
    for one in Article.objects.review_due().filter(review_at__lt=clock.now().date()).order_by("pk"):
        day = date_format(one.review_at or clock.now(), "DATE_FORMAT")
        yield Finding(one, _("To be looked at again by %(day)s") % {"day": day}, service_id=one.service_id)


def runbook() -> Iterable[Finding]:
    """Handed over to support, or written down in the knowledge base."""
    handed = HandoverItem.objects.filter(
        handover__service=OuterRef("pk"), handover__state=HandoverState.SIGNED, topic=HandoverTopic.RUNBOOK, done=True
    )
    written = Article.objects.published().filter(service=OuterRef("pk"))
    return each(live().exclude(Exists(handed) | Exists(written)), _("Support has no runbook and no article for it"))


def register() -> None:
    """Called once from ``TransitionConfig.ready``."""
    rules.register(Rule(
        "service-runbook", gettext_lazy("Every live service has a runbook"), Service, live, runbook,
        fix=gettext_lazy("Sign a support handover with a runbook, or publish an article about the service."), order=14,
    ))  # fmt: skip
    rules.register(
        Rule(
            "item-owner", gettext_lazy("Every item in use has an owner who is here"), ConfigurationItem, items, owned,
            fix=gettext_lazy("Name who answers for it."), order=70,
        ),
        Rule(
            "licence-entitled", gettext_lazy("No licence is used more often than we may"), Licence, licences, entitled,
            fix=gettext_lazy("Buy more of it, or take it away from somebody."), tone="red", order=70,
        ),
        Rule(
            "contract-decided", gettext_lazy("Contracts are decided on before they end"), Contract, contracts, decided,
            fix=gettext_lazy("Renew it, give notice, or end it."), order=70,
        ),
        Rule(
            "article-review", gettext_lazy("Articles are looked at again in time"), Article, articles, reviewed,
            fix=gettext_lazy("Say that it is still right, or begin a new version."), order=70,
        ),
    )  # fmt: skip
