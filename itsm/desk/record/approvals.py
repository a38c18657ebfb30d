"""How many questions wait for somebody's vote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from itsm.approvals.models import Round, Seat

if TYPE_CHECKING:
    from itsm.accounts.models import User


def waiting(user: User) -> int | None:
    """The number in the navigation; nothing for none."""
    return Seat.objects.filter(approver=user, vote="", round__state=Round.State.PENDING).count() or None
