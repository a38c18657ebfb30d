"""Contracts and licences: what is checked when one is written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from itsm.lib import clock
from itsm.lib.errors import Invalid
from itsm.workflow.moves import move
from transition.models import Contract, Licence

if TYPE_CHECKING:
    from itsm.accounts.models import User


def check_contract(contract: Contract, lists: Mapping[str, Any]) -> dict[str, Any]:
    """Days follow each other."""
    errors: dict[str, Any] = {}
    if contract.ends_on and contract.ends_on < contract.starts_on:
        errors["ends_on"] = _("The end lies before the beginning.")
    if contract.notice_on and contract.ends_on and contract.notice_on > contract.ends_on:
        errors["notice_on"] = _("Notice is given before the end.")
    return errors


def check_licence(licence: Licence, lists: Mapping[str, Any]) -> dict[str, Any]:
    """What is counted does not change while it is used."""
    if licence.pk is None:
        return {}
    stored = Licence.objects.get(pk=licence.pk)
    if stored.metric != licence.metric and stored.assignments.exists():
        return {"metric": _("It is in use: remove its uses before you count something else.")}
    return {}


def renew(
    contract: Contract, *, actor: User, source: str, renewed_until: date, comment: str = "", version: int | None = None
) -> Contract:  # fmt: skip
    """Let a contract go on until a later day."""
    if renewed_until <= clock.now().date() or (contract.ends_on and renewed_until <= contract.ends_on):
        raise Invalid({"renewed_until": _("Choose a day after the present end that is still to come.")})
    return move(
        contract, "renew", actor=actor, source=source, version=version, body=comment, renewed_until=renewed_until
    )
