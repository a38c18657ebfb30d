"""Who analyses event logs of other systems."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from improvement.kpi_policies import READERS, keeps
from itsm.lib.decisions import ALLOW, Decision, deny

if TYPE_CHECKING:
    from improvement.models import EventLog
    from itsm.accounts.models import User


def reads(user: User) -> bool:
    """Whose menu has process analysis."""
    return user.is_system or user.holds(*READERS)


def may_upload(user: User) -> Decision:
    if reads(user) and user.acts_for_desk:
        return ALLOW
    return deny(_("Only managers, service owners and administrators upload event logs."))


def may_change(log: EventLog, user: User) -> Decision:
    """Say what its columns mean, or delete it: who uploaded it, and the managers of improvement."""
    if (log.uploaded_by_id == user.pk or keeps(user)) and user.acts_for_desk:
        return ALLOW
    return deny(_("Only who uploaded it and the managers of improvement change it."))
