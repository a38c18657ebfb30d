"""Who designs, tests and signs off, and what a sign-off needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from design.package_states import PackageState, PlanState, Result, SectionKind
from itsm.accounts.roles import Role
from itsm.lib.decisions import ALLOW, Decision, deny

if TYPE_CHECKING:
    from design.models import Defect, ServiceDesignPackage, ValidationPlan
    from itsm.accounts.models import User

#: Who leads the design of any service, and signs off beside its owner.
LEADERS = (Role.SERVICE_LEVEL_MANAGER, Role.PORTFOLIO_MANAGER, Role.ADMINISTRATOR)
#: Who writes design packages.
WRITERS = (*LEADERS, Role.SERVICE_OWNER)
#: Names in a sentence; the rest is a number.
MOST_NAMES = 5


def _leads(user: User) -> bool:
    return user.is_system or user.holds(*LEADERS)


def may_write(user: User) -> Decision:
    if user.is_system or user.holds(*WRITERS):
        return ALLOW
    return deny(_("Only service owners and the managers of levels and portfolio write design packages."))


def may_lead(package: ServiceDesignPackage, user: User) -> Decision:
    """The owners of the package and of the service, and those who lead all designs."""
    if _leads(user) or user.pk in (package.owner_id, package.service.owner_id):
        return ALLOW
    return deny(_("Only the owner of the design or the service, or a service level or portfolio manager, does this."))


def may_edit(package: ServiceDesignPackage, user: User) -> Decision:
    if package.state == PackageState.IN_REVIEW:
        return deny(_("It is being signed off: take it back first."))
    if package.state != PackageState.DRAFT:
        return deny(_("What is signed off is not changed: make a new version."))
    return may_lead(package, user)


def by_approval(package: ServiceDesignPackage, user: User) -> Decision:
    return ALLOW if user.is_system else deny(_("Those who sign off decide this by their votes."))


def may_take_back(package: ServiceDesignPackage, user: User) -> Decision:
    return may_lead(package, user)


def by_successor(package: ServiceDesignPackage, user: User) -> Decision:
    return ALLOW if user.is_system else deny(_("A newer version supersedes it when it is approved."))


# ---------- what a sign-off needs ----------


def _named(labels: list[str]) -> str:
    rest = len(labels) - MOST_NAMES
    shown = ", ".join(labels[:MOST_NAMES])
    return shown if rest <= 0 else _("%(names)s and %(n)d more") % {"names": shown, "n": rest}


def has_service_owner(package: ServiceDesignPackage) -> Decision:
    """The service owner signs off."""
    if package.service.owner_id:
        return ALLOW
    return deny(_("The service has no owner who could sign off."), package.service.get_absolute_url())


def has_complete_sections(package: ServiceDesignPackage) -> Decision:
    done = set(package.sections.filter(complete=True).values_list("kind", flat=True))
    missing = [str(kind.label) for kind in SectionKind if kind not in done]
    if not missing:
        return ALLOW
    return deny(
        _("Sections that are not complete: %(names)s.") % {"names": _named(missing)}, package.get_absolute_url()
    )


def has_criteria(package: ServiceDesignPackage) -> Decision:
    if package.criteria.exists():
        return ALLOW
    return deny(_("No acceptance criteria are defined."), package.get_absolute_url())


def has_test_runs(package: ServiceDesignPackage) -> Decision:
    if package.plans.filter(cases__runs__isnull=False).exists():
        return ALLOW
    return deny(_("No test was run yet."), package.get_absolute_url())


def has_proven_criteria(package: ServiceDesignPackage) -> Decision:
    """Each criterion is covered by a case that passed, and by none that failed, as their latest runs say."""
    missing = [str(one) for one in package.criteria.all().unproven()]
    if not missing:
        return ALLOW
    text = ngettext(
        "%(n)d criterion is not proven by a passed test: %(names)s.",
        "%(n)d criteria are not proven by a passed test: %(names)s.", len(missing),
    ) % {"n": len(missing), "names": _named(missing)}  # fmt: skip
    return deny(text, package.get_absolute_url())


def has_no_severe_defect(package: ServiceDesignPackage) -> Decision:
    severe = list(package.defects.all().unsolved().severe())
    if not severe:
        return ALLOW
    names = {"names": _named([one.number for one in severe])}
    return deny(_("Defects of high severity are open: %(names)s.") % names, severe[0].get_absolute_url())


def has_no_open_version(package: ServiceDesignPackage) -> Decision:
    draft = package.others().open().first()
    if draft is None:
        return ALLOW
    return deny(_("A new version is being written already: %(n)s.") % {"n": draft.number}, draft.get_absolute_url())


# ---------- validation ----------


def may_plan(plan: ValidationPlan, user: User) -> Decision:
    """Cases change while the design does."""
    if plan.state != PlanState.OPEN:
        return deny(_("The plan is closed: reopen it first."))
    return may_edit(plan.package, user)


def may_lead_plan(plan: ValidationPlan, user: User) -> Decision:
    if plan.owner_id == user.pk:
        return ALLOW
    return may_lead(plan.package, user)


def may_test(plan: ValidationPlan, user: User) -> Decision:
    """Who leads the plan or the design; not while people vote about the results."""
    verdict = may_lead_plan(plan, user)
    if not verdict:
        return verdict
    if plan.state != PlanState.OPEN:
        return deny(_("The plan is closed: reopen it first."))
    if plan.package.state == PackageState.IN_REVIEW:
        return deny(_("The design is being signed off: results are frozen."))
    if plan.package.state == PackageState.SUPERSEDED:
        return deny(_("A newer version of the design is tested now."))
    return ALLOW


def is_run_through(plan: ValidationPlan) -> Decision:
    left = plan.cases.filter(result="").count()
    if not left:
        return ALLOW
    words = ngettext("%(n)d case was never run.", "%(n)d cases were never run.", left) % {"n": left}
    return deny(words, plan.get_absolute_url())


# ---------- defects ----------


def may_report(user: User) -> Decision:
    """Whether somebody may report defects at all; the run says of which design."""
    return ALLOW if user.acts_for_desk or user.is_system else deny(_("Only the desk reports defects."))


def may_fix(defect: Defect, user: User) -> Decision:
    """Its owner, whoever tests, and who leads the design."""
    if user.pk in (defect.owner_id, defect.run.case.plan.owner_id):
        return ALLOW
    return may_lead(defect.package, user)


def may_edit_defect(defect: Defect, user: User) -> Decision:
    if defect.state != "open":
        return deny(_("Only an open defect is changed: reopen it first."))
    return may_fix(defect, user)


def may_verify(defect: Defect, user: User) -> Decision:
    return may_lead_plan(defect.run.case.plan, user)


def may_accept(defect: Defect, user: User) -> Decision:
    """Living with a defect is for who leads the design, not for who found it."""
    return may_lead(defect.package, user)


def passes_again(defect: Defect) -> Decision:
    if defect.run.case.result == Result.PASS:
        return ALLOW
    return deny(_("Its test has not passed since."), defect.run.case.get_absolute_url())
