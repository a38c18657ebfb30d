"""Changing how the installation presents itself: one locked row, an audit entry, and every process learns of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from itsm.accounts.models import House, Logo
from itsm.accounts.models.house import THE_ONE
from itsm.audit import services as audit
from itsm.lib import house
from itsm.ui import pictures

if TYPE_CHECKING:
    from itsm.accounts.models import User

BRANDING = ("product_name", "accent", "greeting", "sender_name", "mail_footer", "help_url", "privacy_url", "currency")


def stored(*, lock: bool = False) -> House:
    """What is stored; a row that is not saved yet when nobody said anything so far."""
    rows = House.objects.select_for_update() if lock else House.objects.all()
    return rows.filter(pk=THE_ONE).first() or House(pk=THE_ONE)


@transaction.atomic
def save_branding(values: Mapping[str, Any], *, logo: bytes | None, drop_logo: bool, actor: User, source: str) -> None:
    """Store name, colour, logo and the rest. The currency changes only while no amount is stored in it."""

    def change(row: House) -> None:
        if values["currency"] != row.currency:
            check_currency()
        for name in BRANDING:
            setattr(row, name, values[name])
        if logo is not None:
            row.logo_type, row.logo = pictures.kind_of(logo), hashlib.sha256(logo).hexdigest()
            defaults = {"content_type": row.logo_type, "data": logo}
            Logo.objects.update_or_create(digest=row.logo, defaults=defaults)
        elif drop_logo:
            row.logo = row.logo_type = ""

    _change(change, actor=actor, source=source)


@transaction.atomic
def save_terms(terms: Mapping[str, tuple[str, str]], *, actor: User, source: str) -> None:
    """Store the organisation's own words by code of the kind; the rest is called as the product calls it."""

    def change(row: House) -> None:
        row.terms = {code: list(pair) for code, pair in sorted(terms.items()) if any(pair)}

    _change(change, actor=actor, source=source)


def reset_branding(*, actor: User, source: str) -> None:
    """Everything as it was shipped, but for the currency, in which amounts may be stored."""
    row = stored()
    values = dict.fromkeys(BRANDING, "") | {"currency": row.currency}
    save_branding(values, logo=None, drop_logo=True, actor=actor, source=source)


def check_currency() -> None:
    """Refuse another currency while amounts are stored: they carry none of their own, so they would become untrue."""
    if there := house.amounts():
        listed = ", ".join(f"{label} ({number})" for label, number in there)
        raise ValidationError(
            _("The currency stays: amounts are stored in it and would not be converted. There are: %(listed)s.")
            % {"listed": listed}, code="in_use",
        )  # fmt: skip


def _change(change: Any, *, actor: User, source: str) -> None:
    row = stored(lock=True)
    is_new = row.version == 0
    before = _state(row)
    change(row)
    after = _state(row)
    # A word that is there on one side only was, or is, none of the organisation's.
    changes = audit.diff(dict.fromkeys(after, "") | before, dict.fromkeys(before, "") | after)
    if not changes:
        return
    row.version += 1
    # By name and not by forced insert: of two first ones at once the second finds the row of the first.
    row.save()
    Logo.objects.exclude(digest=row.logo).delete()
    audit.record(row, "created" if is_new else "changed", actor=actor, source=source, changes=changes)
    transaction.on_commit(house.forget)


def _state(row: House) -> dict[str, Any]:
    """What the audit compares: the columns, and each term on its own line."""
    found = audit.snapshot(row, [*BRANDING, "logo"])
    return found | {f"terms.{code}": " / ".join(pair) for code, pair in row.terms.items()}
