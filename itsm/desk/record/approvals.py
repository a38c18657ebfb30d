"""How many questions wait for somebody's vote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from itsm.approvals.models import Round, Seat

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from itsm.accounts.models import User


def waiting(user: User) -> QuerySet[Seat]:
    """What the navigation counts: votes this person is asked for."""
    return Seat.objects.filter(approver=user, vote="", round__state=Round.State.PENDING)
