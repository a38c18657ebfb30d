"""The verbs of controls and risks that do more than move, and what both check."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from itsm.lib import clock
from itsm.lib.errors import Invalid
from itsm.workflow.moves import move
from operation.models import Control, ControlTest, Risk

if TYPE_CHECKING:
    from datetime import date

    from itsm.accounts.models import User


def check(risk: Risk, lists: Mapping[str, Any]) -> dict[str, Any]:
    """Grades come in pairs, and a residual one needs an inherent one that is not smaller."""
    errors: dict[str, Any] = {}
    if bool(risk.likelihood) != bool(risk.impact):
        errors["likelihood" if not risk.likelihood else "impact"] = _("Likelihood and impact belong together.")
    if bool(risk.residual_likelihood) != bool(risk.residual_impact):
        name = "residual_likelihood" if not risk.residual_likelihood else "residual_impact"
        errors[name] = _("Likelihood and impact belong together.")
    if risk.residual and not risk.inherent:
        errors["residual_likelihood"] = _("Estimate the risk before treatment first.")
    elif risk.residual and risk.inherent and risk.residual > risk.inherent:
        errors["residual_likelihood"] = _("Treatment cannot make the risk greater.")
    return errors


@transaction.atomic
def record_test(
    control: Control, *, actor: User, source: str, passed: bool, test_note: str, version: int | None = None
) -> Control:
    """Keep the result of a test; the next one is due after the control's interval, tomorrow when it failed."""
    days = control.test_every_days if passed else 1
    moved = move(
        control, "record_test", actor=actor, source=source, version=version, body=test_note,
        next_test_on=clock.now().date() + timedelta(days=days),
    )  # fmt: skip
    ControlTest.objects.create(control=moved, passed=passed, note=test_note, by=actor, at=clock.now())
    return moved


def treat(
    risk: Risk, *, actor: User, source: str, residual_likelihood: int, residual_impact: int,
    version: int | None = None, **given: Any,
) -> Risk:  # fmt: skip
    """Begin treatment; what it leaves cannot be more than what was there."""
    if risk.inherent and residual_likelihood * residual_impact > risk.inherent:
        raise Invalid({"residual_likelihood": _("Treatment cannot make the risk greater.")})
    return move(
        risk, "treat", actor=actor, source=source, version=version, residual_likelihood=residual_likelihood,
        residual_impact=residual_impact, **given,
    )  # fmt: skip


def accept(risk: Risk, *, actor: User, source: str, reason: str, review_on: date, version: int | None = None) -> Risk:
    """Bear what is left; nobody bears a risk for ever, so it is reviewed."""
    if review_on <= clock.now().date():
        raise Invalid({"review_on": _("Choose a day to come.")})
    return move(risk, "accept", actor=actor, source=source, version=version, reason=reason, review_on=review_on)
