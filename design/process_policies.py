"""Who writes and publishes process definitions, and what a publication needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from design import process_flow as flow
from design.process_states import ProcessState
from itsm.accounts.roles import Role
from itsm.lib.decisions import ALLOW, Decision, deny

if TYPE_CHECKING:
    from design.models import ProcessDefinition
    from itsm.accounts.models import User

#: Who publishes and retires any process.
LEADERS = (Role.SERVICE_LEVEL_MANAGER, Role.ADMINISTRATOR)
#: Who writes processes: service owners, and the managers of the practices.
WRITERS = (
    *LEADERS, Role.SERVICE_OWNER, Role.INCIDENT_MANAGER, Role.PROBLEM_MANAGER, Role.CHANGE_MANAGER,
    Role.CONFIGURATION_MANAGER, Role.IMPROVEMENT_MANAGER,
)  # fmt: skip


def may_write(user: User) -> Decision:
    if user.is_system or user.holds(*WRITERS):
        return ALLOW
    return deny(_("Only service owners and the managers of practices write processes."))


def may_lead(process: ProcessDefinition, user: User) -> Decision:
    """The owner of the process, and the service level manager."""
    if user.is_system or user.holds(*LEADERS) or process.owner_id == user.pk:
        return ALLOW
    return deny(_("Only the owner of the process or a service level manager does this."))


def may_edit(process: ProcessDefinition, user: User) -> Decision:
    if process.state != ProcessState.DRAFT:
        return deny(_("Only a draft is changed: send it back, or make a new version."))
    if process.created_by_id == user.pk and may_write(user):
        return ALLOW
    return may_lead(process, user)


def may_submit(process: ProcessDefinition, user: User) -> Decision:
    if process.created_by_id == user.pk and may_write(user):
        return ALLOW
    return may_lead(process, user)


def may_renew(process: ProcessDefinition, user: User) -> Decision:
    """Whoever may write processes may propose a better one; publishing decides."""
    return may_write(user)


def by_publication(process: ProcessDefinition, user: User) -> Decision:
    return ALLOW if user.is_system else deny(_("A newer version supersedes it when it is published."))


# ---------- what a publication needs ----------


def _all(gaps: list[str], process: ProcessDefinition) -> Decision:
    return deny(" ".join(gaps), process.get_absolute_url()) if gaps else ALLOW


def has_clear_duties(process: ProcessDefinition) -> Decision:
    """Exactly one accountable for each step, and somebody who does it."""
    return _all(flow.duty_gaps(process.steps.all()), process)


def is_one_flow(process: ProcessDefinition) -> Decision:
    """The steps lead from one start to an end."""
    return _all(flow.flow_gaps(list(process.steps.all())), process)


def fits_its_kind(process: ProcessDefinition) -> Decision:
    """Tickets of the kind can make the changes of state that the steps name."""
    return _all(flow.state_gaps(process.kind, process.steps.all()), process)


def governs_alone(process: ProcessDefinition) -> Decision:
    """No other published process governs the same kind of ticket; the version before this one does not count."""
    if not process.kind:
        return ALLOW
    other = process.others_published().first()
    if other is None:
        return ALLOW
    words = {"number": other.number, "kind": process.kind_label}
    return deny(_("%(number)s governs “%(kind)s” already: retire it first.") % words, other.get_absolute_url())


def has_no_open_version(process: ProcessDefinition) -> Decision:
    """One draft at a time."""
    draft = process.family().unpublished().first()
    if draft is None:
        return ALLOW
    return deny(_("A new version is being written already: %(n)s.") % {"n": draft.number}, draft.get_absolute_url())
