"""Design packages: taking over criteria, signing off, and starting the next version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from design import package_policies as policies
from design.models import (
    DesignCriterion,
    PackageSection,
    ServiceDesignPackage,
    SignOff,
    SystemRequirement,
    TestCase,
    ValidationPlan,
)
from design.package_states import PackageState, SectionKind
from design.reports import packages as reports
from itsm.accounts.models import User
from itsm.accounts.roles import Role
from itsm.approvals.models import Round
from itsm.audit import services as audit
from itsm.catalogue.guards import Requirement
from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.lib.sources import Source
from itsm.workflow import approvals, records
from itsm.workflow.moves import lock, move
from strategy.models import AcceptanceCriterion
from strategy.states import RequirementState

#: A sign-off is answered within so many days.
SIGN_DAYS = 10


def check(package: ServiceDesignPackage, lists: Mapping[str, Any]) -> dict[str, Any]:
    """Versions count up within a service; the second signature is one that counts."""
    if package._state.adding:
        top = ServiceDesignPackage.objects.filter(service=package.service).aggregate(top=Max("edition"))["top"]
        package.edition = (top or 0) + 1
    elif ServiceDesignPackage.objects.filter(pk=package.pk).exclude(service=package.service).exists():
        return {"service": _("A design stays with its service.")}
    signer = package.second_signer
    if signer is not None and not signer.holds(*policies.LEADERS):
        return {"second_signer": _("Choose a service level manager or a portfolio manager.")}
    return {}


def begin(package: ServiceDesignPackage) -> None:
    """A new package has all its sections from the start, empty."""
    PackageSection.objects.bulk_create(PackageSection(package=package, kind=kind) for kind in SectionKind)


@transaction.atomic
def collect(package: ServiceDesignPackage, *, actor: User, source: str, version: int | None = None) -> Any:
    """Add the criteria of the service's requirements, those that were rejected left out."""
    moved = move(package, "collect", actor=actor, source=source, version=version)
    there = moved.criteria.filter(source__isnull=False).values("source")
    rows = (
        AcceptanceCriterion.objects.filter(requirement__services=moved.service_id)
        .exclude(requirement__state=RequirementState.REJECTED)
        .exclude(pk__in=there)
        .order_by("requirement_id", "id")
    )
    added = DesignCriterion.objects.bulk_create(
        DesignCriterion(package=moved, text=one.text, source=one, requirement_id=one.requirement_id) for one in rows
    )
    if added:
        words = [str(one) for one in added]
        audit.record(moved, "design_package.edit", actor=actor, source=source, changes={"criteria": [None, words]})
    return moved


def signers(package: ServiceDesignPackage) -> list[User]:
    """The service's owner, and the second signature: whoever is named, else every service level manager."""
    second = [package.second_signer] if package.second_signer and package.second_signer.is_active else []
    for role in (Role.SERVICE_LEVEL_MANAGER, Role.PORTFOLIO_MANAGER):
        second = second or list(User.objects.people().holding(role).order_by("id"))
    owner = [package.service.owner] if package.service.owner else []
    return list({person.pk: person for person in [*owner, *second]}.values())


@transaction.atomic
def submit(
    package: ServiceDesignPackage, *, actor: User, source: str, version: int | None = None, comment: str = ""
) -> ServiceDesignPackage:
    """Ask everybody whose signature is needed, and keep what they decide about."""
    moved = move(package, "submit", actor=actor, source=source, version=version, body=comment)
    round_ = records.ask(
        moved, signers(moved), actor=actor, source=source, days=SIGN_DAYS, rule=Round.Rule.ALL,
        question=_("Sign off the design of “%(service)s”, version %(n)d?")
        % {"service": moved.service, "n": moved.edition},
    )  # fmt: skip
    SignOff.objects.create(package=moved, round=round_, by=actor, at=clock.now(), data=reports.snapshot(moved))
    return moved


@transaction.atomic
def take_back(
    package: ServiceDesignPackage, *, actor: User, source: str, reason: str, version: int | None = None
) -> ServiceDesignPackage:
    """Withdraw the question and go on designing."""
    moved = move(package, "take_back", actor=actor, source=source, version=version, reason=reason)
    records.withdraw(moved, actor=actor, source=source)
    return moved


@transaction.atomic
def decided(round_: Round, actor: User | None) -> None:
    """All signed: it is approved and supersedes the version before. Otherwise it goes back to its authors."""
    found = ServiceDesignPackage.objects.filter(pk=round_.subject_id).first()
    if found is None:
        return
    package = lock(found)
    if package.state != PackageState.IN_REVIEW:
        return
    system = User.objects.system()
    why = "; ".join(seat.comment for seat in round_.seats.all() if seat.comment)
    if round_.state == Round.State.APPROVED:
        for earlier in package.others().approved():
            move(earlier, "supersede", actor=system, source=Source.SYSTEM)
        move(package, "approve", actor=system, source=Source.SYSTEM, body=why)
    elif round_.state in (Round.State.REJECTED, Round.State.EXPIRED):
        reason = why or str(round_.get_state_display())
        move(package, "take_back", actor=system, source=Source.SYSTEM, reason=reason)
    if actor is not None:
        approvals.tell_round(round_, "approval_decided", actor=actor, source=Source.SYSTEM)


@transaction.atomic
def new_version(
    package: ServiceDesignPackage, *, actor: User, source: str, version: int | None = None
) -> ServiceDesignPackage:
    """A draft with everything this version says, and its tests; results are left behind: it is proven anew."""
    moved = move(package, "new_version", actor=actor, source=source, version=version)
    made = records.create(
        ServiceDesignPackage, actor=actor, source=source, lists={"processes": list(moved.processes.all())},
        title=moved.title, service=moved.service, owner=moved.owner, second_signer=moved.second_signer,
        description=moved.description,
    )  # fmt: skip
    texts = {section.kind: section for section in moved.sections.all()}
    made.sections.all().delete()
    PackageSection.objects.bulk_create(
        PackageSection(package=made, kind=one.kind, text=one.text, complete=one.complete) for one in texts.values()
    )
    SystemRequirement.objects.bulk_create(
        SystemRequirement(
            package=made, system=need.system, service_id=need.service_id, purpose=need.purpose, status=need.status,
            evidence=need.evidence,
        )
        for need in moved.systems.all()
    )  # fmt: skip
    criteria: dict[int, DesignCriterion] = {}
    for one in moved.criteria.all():
        criteria[one.pk] = DesignCriterion.objects.create(
            package=made, text=one.text, requirement_id=one.requirement_id, source_id=one.source_id
        )
    for plan in moved.plans.prefetch_related("cases"):
        copied = records.create(
            ValidationPlan, actor=actor, source=source, title=plan.title, package=made, owner=plan.owner,
            environment=plan.environment, description=plan.description,
        )  # fmt: skip
        TestCase.objects.bulk_create(
            TestCase(
                plan=copied, title=case.title, criterion=criteria[case.criterion_id], steps=case.steps,
                expected=case.expected,
            )
            for case in plan.cases.all()
        )  # fmt: skip
    return made


# ---------- the guard of a service's life ----------


def accept_design_needs(service: Service) -> list[Requirement]:
    """An approved design package with criteria that are proven."""
    rows = ServiceDesignPackage.objects.filter(service=service)
    package = rows.approved().first() or rows.order_by("-edition").first()
    if package is None:
        where = f"/design/packages/new/?service={service.pk}"
        return [
            Requirement(_("Approved design package"), False, _("There is no design package yet."), where),
            Requirement(_("Acceptance criteria defined"), False, _("No acceptance criteria are defined."), where),
            Requirement(_("Validation passed"), False, _("No test was run yet."), where),
        ]
    where = package.get_absolute_url()
    approved = package.state == PackageState.APPROVED
    named = {"number": package.number, "state": package.get_state_display()}
    found = [
        Requirement(
            _("Approved design package"), approved,
            "" if approved else _("The design package %(number)s is not approved yet: %(state)s.") % named, where,
        )
    ]  # fmt: skip
    for label, guards in (
        (_("Acceptance criteria defined"), (policies.has_criteria,)),
        (_("Validation passed"), (policies.has_test_runs, policies.has_proven_criteria, policies.has_no_severe_defect)),
    ):
        verdict = next((one for one in (guard(package) for guard in guards) if not one), None)
        found.append(
            Requirement(
                label, verdict is None, verdict.reason if verdict else "", verdict.url or where if verdict else where
            )
        )
    return found
