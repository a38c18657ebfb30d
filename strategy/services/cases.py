"""Business cases: submitting, taking back, deferring; and portfolio decisions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.accounts.roles import Role
from itsm.audit import services as audit
from itsm.catalogue.guards import Requirement
from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid
from itsm.workflow import records
from itsm.workflow.moves import move
from strategy import policies
from strategy.models import BusinessCase, PortfolioDecision
from strategy.states import CaseState

#: A case without a day to decide by is decided within so many days.
DECIDE_DAYS = 10


@transaction.atomic
def submit(
    case: BusinessCase, *, actor: User, source: str, version: int | None = None, comment: str = ""
) -> BusinessCase:
    """Ask the portfolio managers; one approval is enough. Nobody decides about the own case while there are others."""
    moved = move(case, "submit", actor=actor, source=source, version=version, body=comment)
    managers = list(User.objects.people().holding(Role.PORTFOLIO_MANAGER))
    others = [person for person in managers if person.pk != actor.pk]
    today = clock.now().date()
    days = (moved.decide_by - today).days if moved.decide_by else DECIDE_DAYS
    records.ask(
        moved, others or managers, actor=actor, source=source, days=max(1, days),
        question=_("Approve the business case “%(title)s” (score %(score)d)?")
        % {"title": moved.title, "score": moved.score},
    )  # fmt: skip
    return moved


@transaction.atomic
def take_back(case: BusinessCase, *, actor: User, source: str, reason: str, version: int | None = None) -> BusinessCase:
    """Withdraw the question and go on writing."""
    moved = move(case, "take_back", actor=actor, source=source, version=version, reason=reason)
    records.withdraw(moved, actor=actor, source=source)
    return moved


@transaction.atomic
def defer(
    case: BusinessCase, *, actor: User, source: str, reason: str, decide_by: date, version: int | None = None
) -> BusinessCase:
    """Put it off to a day to come."""
    if decide_by <= clock.now().date():
        raise Invalid({"decide_by": _("Choose a day to come.")})
    moved = move(case, "defer", actor=actor, source=source, version=version, reason=reason, decide_by=decide_by)
    records.withdraw(moved, actor=actor, source=source)
    return moved


@transaction.atomic
def decide(
    service: Service, *, actor: User, source: str, verdict: str, reason: str, review_on: date | None = None
) -> PortfolioDecision:
    """Log what is decided about a service."""
    if not policies.decides(actor):
        raise Denied(_("Only a portfolio manager decides this."))
    now = clock.now()
    if review_on is not None and review_on <= now.date():
        raise Invalid({"review_on": _("Choose a day to come.")})
    made = PortfolioDecision(
        service=service, verdict=verdict, reason=reason.strip(), review_on=review_on, by=actor, at=now
    )
    try:
        made.clean_fields(exclude=["by", "service"])
    except ValidationError as error:
        raise Invalid({name: list(messages) for name, messages in error.message_dict.items()}) from error
    made.save()
    changes: dict[str, Any] = {"verdict": [None, verdict], "reason": [None, made.reason]}
    audit.record(service, "portfolio.decided", actor=actor, source=source, changes=changes)
    return made


@transaction.atomic
def propose(*, actor: User, source: str, name: str, description: str = "", owner: User | None = None) -> Service:
    """A service that does not exist yet enters the pipeline."""
    verdict = policies.may_write(actor)
    if not verdict:
        raise Denied(verdict.reason)
    name = " ".join(name.split())
    slug = slugify(name)[:110] or "service"
    if Service.objects.filter(Q(name__iexact=name) | Q(slug=slug)).exists():
        raise Invalid({"name": _("There is a service of this name already.")})
    now = clock.now()
    made = Service.objects.create(
        name=name, slug=slug, description=description, owner=owner, created_at=now, updated_at=now
    )
    audit.record(made, "created", actor=actor, source=source, changes={"name": [None, name]})
    return made


# ---------- guards of the service's life ----------


def charter_needs(service: Service) -> list[Requirement]:
    """An approved business case."""
    found = list(BusinessCase.objects.filter(service=service).order_by("-id")[:20])
    approved = any(case.state == CaseState.APPROVED for case in found)
    latest = next(iter(found), None)
    where = latest.get_absolute_url() if latest else f"/strategy/cases/new/?service={service.pk}"
    detail = ""
    if not approved:
        detail = (
            _("The business case %(number)s is not approved yet.") % {"number": latest.number}
            if latest
            else _("There is no business case yet.")
        )
    return [Requirement(_("Approved business case"), approved, detail, where)]


def retire_needs(service: Service) -> list[Requirement]:
    """The latest portfolio decision says so."""
    latest = PortfolioDecision.objects.filter(service=service).order_by("-id").first()
    done = latest is not None and latest.verdict == PortfolioDecision.Verdict.RETIRE
    where = f"/strategy/portfolio/{service.slug}/decide/"
    detail = "" if done else _("The portfolio has not decided to retire it.")
    return [Requirement(_("Portfolio decision to retire"), done, detail, where)]


def due_soon(today: date) -> date:
    """Until when a decision counts as due."""
    return today + timedelta(days=30)
