"""Who decides about KPIs and reviews, and what holds a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from itsm.accounts.roles import MANAGERS, Role
from itsm.lib.decisions import ALLOW, Decision, deny

if TYPE_CHECKING:
    from improvement.models.kpi import KPI
    from itsm.accounts.models import User

#: Who sets targets and holds reviews of any service.
KEEPERS = (Role.IMPROVEMENT_MANAGER, Role.SERVICE_LEVEL_MANAGER, Role.ADMINISTRATOR)
#: Whose menu has the pages; everybody of the desk may read them.
READERS = (*MANAGERS, Role.SERVICE_OWNER, Role.AUDITOR, Role.ADMINISTRATOR)


def keeps(user: User) -> bool:
    return user.is_system or user.holds(*KEEPERS)


def may_decide(kpi: KPI, user: User) -> Decision:
    """Its owner, and the managers of improvement and service levels."""
    if keeps(user) or (kpi.owner_id == user.pk and user.acts_for_desk):
        return ALLOW
    return deny(_("Only the KPI’s owner and the managers of improvement and service levels set its target."))
