"""Running tests: results are kept, a failure opens a defect, a pass verifies what was fixed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from design import package_policies as policies
from design.models import Defect, TestCase, TestRun, ValidationPlan
from design.package_states import DefectState, PackageState, Result, Severity
from itsm.accounts.models import User
from itsm.audit import services as audit
from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid, Refused
from itsm.notifications.services.events import emit
from itsm.workflow import records
from itsm.workflow.moves import lock, move


def check_plan(plan: ValidationPlan, lists: Mapping[str, Any]) -> dict[str, Any]:
    """Designs that people decided about get no new tests; cases stay with their design."""
    stored = ValidationPlan.objects.filter(pk=plan.pk).first() if plan.pk else None
    if stored is not None and stored.package_id != plan.package_id:
        return {"package": _("A plan stays with its design.")}
    if stored is None:
        verdict = policies.may_edit(plan.package, plan.created_by)
        if not verdict:
            return {"package": verdict.reason}
    return {}


def check_defect(defect: Defect, lists: Mapping[str, Any]) -> dict[str, Any]:
    """A defect is what a failed run found."""
    stored = Defect.objects.filter(pk=defect.pk).first() if defect.pk else None
    if stored is not None:
        return {"run": _("A defect stays with its run.")} if stored.run_id != defect.run_id else {}
    defect.package = defect.run.case.plan.package
    if defect.run.result != Result.FAIL:
        return {"run": _("Only a failed run has defects.")}
    if defect.run.case.plan.package.state == PackageState.SUPERSEDED:
        return {"run": _("This design is superseded.")}
    verdict = policies.may_lead_plan(defect.run.case.plan, defect.created_by)
    return {} if verdict else {"run": verdict.reason}


@transaction.atomic
def record_run(
    case: TestCase, *, result: str, actor: User, source: str, evidence: str = "", severity: str = Severity.MEDIUM
) -> TestRun:
    """Keep how a test ended.

    A failure opens a defect, or reopens one that was said to be fixed; a pass verifies defects that were fixed.
    """
    plan = lock(case.plan)
    case = TestCase.objects.select_for_update().get(pk=case.pk)
    verdict = policies.may_test(plan, actor)
    if not verdict:
        raise (Refused if policies.may_lead_plan(plan, actor) else Denied)(verdict.reason)
    if severity not in Severity.values:
        raise Invalid({"severity": _("Choose how much it hurts.")})
    run = TestRun(case=case, result=result, evidence=evidence.strip(), by=actor, at=clock.now())
    try:
        run.full_clean(exclude=["case", "by"])
    except ValidationError as error:
        raise Invalid({name: list(messages) for name, messages in error.message_dict.items()}) from error
    run.save()
    before, case.result = case.result, run.result
    case.save(update_fields=["result"])
    plan.version += 1
    plan.updated_at = clock.now()
    plan.save()
    changes: dict[str, Any] = {case.title: [before or None, run.result], "evidence": [None, run.evidence or None]}
    audit.record(plan, "validation_plan.run", actor=actor, source=source, changes=changes)
    emit("validation_plan.run", plan, actor=actor, source=source, case=case.pk, result=run.result)
    if run.result == Result.FAIL:
        _defect_of(run, actor=actor, source=source, severity=severity)
    elif run.result == Result.PASS:
        for defect in Defect.objects.filter(run__case=case, state=DefectState.FIXED):
            move(defect, "verify", actor=actor, source=source, body=_("Its test passes."))
    return run


def _defect_of(run: TestRun, *, actor: User, source: str, severity: str) -> None:
    """One defect for what keeps failing: known ones are not opened twice."""
    known = list(Defect.objects.filter(run__case=run.case).unsolved().order_by("id"))
    for defect in known:
        if defect.state == DefectState.FIXED:
            move(defect, "reopen", actor=actor, source=source, reason=run.evidence[:2000])
    if not known:
        records.create(
            Defect, actor=actor, source=source, title=run.case.title, run=run, severity=severity,
            description=run.evidence,
        )  # fmt: skip
