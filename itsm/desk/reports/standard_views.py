"""The views every agent has, before anybody saves one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from itsm.desk.reports.fields import FIELDS

if TYPE_CHECKING:
    from itsm.accounts.models import User


@dataclass(frozen=True, slots=True)
class StandardView:
    """A view that is part of the product."""

    code: str
    label: Any
    filters: dict[str, list[str]]
    sort: str = ""

    @property
    def counts_open(self) -> bool:
        """Its number comes with the one query that counts what is open."""
        return "phase" not in self.filters

    def condition(self, user: User) -> Q:
        """Its filters as one condition, to count several views at once."""
        found = Q()
        for name, values in self.filters.items():
            found &= FIELDS[name].condition(values, user)
        return found


STANDARD: dict[str, StandardView] = {
    view.code: view
    for view in (
        StandardView("mine", _("Mine"), {"assignee": ["me"]}),
        StandardView("teams", _("My teams"), {"team": ["mine"]}),
        StandardView("unassigned", _("Unassigned"), {"team": ["mine", "none"], "assignee": ["none"]}),
        StandardView("breaching", _("Breaching soon"), {"sla": ["risk"]}, sort="due"),
        StandardView("waiting", _("Waiting on requester"), {"hold": ["@requester"]}),
        StandardView("resolved", _("Resolved"), {"phase": ["resolved"]}, sort="resolved"),
        StandardView("all", _("All open"), {}),
    )
}


def usual_view(user: User, *, of_kind: bool) -> str:
    """Where the queue opens: the person's teams; everything of a kind where the address names one."""
    return "teams" if user.team_ids and not of_kind else "all"
