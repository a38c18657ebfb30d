"""Keeping what people say about themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from itsm.accounts.models import User
from itsm.audit import services as audit

if TYPE_CHECKING:
    from itsm.accounts.forms import ProfileForm

#: Columns a person may change here, and nothing else of the account.
OWN = ["language", "timezone", "theme", "density", "single_keys", "away_from", "away_until", "delegate"]


@transaction.atomic
def save(form: ProfileForm, *, source: str) -> User:
    """Store a valid profile form and record what changed."""
    user: User = form.instance
    stored = User.objects.select_for_update().get(pk=user.pk)
    changes = audit.diff(audit.snapshot(stored, OWN), audit.snapshot(user, OWN))
    if changes:
        user.save(update_fields=OWN)
        audit.record(user, "changed", actor=user, source=source, changes=changes)
    return user
