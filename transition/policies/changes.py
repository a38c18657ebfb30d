"""Who does what with changes, and what holds a step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _

from itsm.accounts.roles import Role
from itsm.lib import clock
from itsm.lib.decisions import ALLOW, Decision, deny
from itsm.ui.times import when_words

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from transition.models import Change

#: Who leads changes of everybody.
LEADERS = (Role.CHANGE_MANAGER, Role.ADMINISTRATOR)
#: Who keeps windows, freezes, questions, templates and rules.
KEEPERS = LEADERS
#: A change may begin so much before its time.
EARLY = timedelta(minutes=15)
#: No change takes longer; longer work is several changes.
LONGEST = timedelta(days=31)


def leads(user: User) -> bool:
    return user.is_system or user.holds(*LEADERS)


def writes(user: User) -> bool:
    """Agents, owners of services and managers raise changes; the CAB only votes, an auditor only reads."""
    return user.acts_for_desk and (user.is_agent or leads(user) or user.holds(Role.SERVICE_OWNER) or user.reads_all)


def may_raise(user: User) -> Decision:
    return ALLOW if writes(user) else deny(_("Only agents, service owners and managers raise changes."))


def may_work(change: Change, user: User) -> Decision:
    """Whoever raised it, its team, agents and the change manager."""
    if user.is_agent or leads(user) or change.requester_id == user.pk or change.assignee_id == user.pk:
        return ALLOW if user.acts_for_desk else deny(_("Only the desk works on changes."))
    return deny(_("Only agents, whoever raised it, and the change manager work on this change."))


def may_lead(change: Change, user: User) -> Decision:
    return ALLOW if leads(user) else deny(_("Only a change manager does this."))


def may_reschedule(change: Change, user: User) -> Decision:
    """What is approved is moved by a change manager only."""
    if change.state == "scheduled" and not leads(user):
        return deny(_("It is approved for its time: only a change manager moves it."))
    return may_work(change, user)


def by_itself(change: Change, user: User) -> Decision:
    return ALLOW if user.is_system else deny(_("This follows from the approval."))


# ---------- what holds a step ----------

#: Who knows which freezes a change runs into: the report stands above these rules.
_freezes: list[Callable[[Change], Iterable[Any]]] = []


def ask_freezes(search: Callable[[Change], Iterable[Any]]) -> None:
    """Let ``search(change)`` find the freezes of a change; called from ``AppConfig.ready``."""
    if search not in _freezes:
        _freezes.append(search)


def _page(change: Change) -> str:
    return reverse("transition:change-plan", args=[change.number])


def is_standard(change: Change) -> Decision:
    if change.change_type == "standard":
        return ALLOW
    return deny(_("Only standard changes are approved beforehand."))


def is_not_standard(change: Change) -> Decision:
    return deny(_("A standard change needs no assessment.")) if change.change_type == "standard" else ALLOW


def is_emergency(change: Change) -> Decision:
    return ALLOW if change.change_type == "emergency" else deny(_("Only emergency changes skip the assessment."))


def template_holds(change: Change) -> Decision:
    """A standard change is approved by its template, as long as that is in force."""
    if change.template is None:
        return deny(_("A standard change is made from a template."), _page(change))
    if not change.template.is_active:
        return deny(_("The template “%(name)s” is not in force any more.") % {"name": change.template})
    return ALLOW


def has_subject(change: Change) -> Decision:
    """Somebody has to know what it touches."""
    if change.service_id or change.services.exists() or change.ticket_items.exists():
        return ALLOW
    return deny(_("Say which services or configuration items it touches."), _page(change))


def has_open_scope(change: Change) -> Decision:
    """What others approved is done as they read it: nobody widens it from the side."""
    if change.state in ("draft", "assessing", "awaiting_approval"):
        return ALLOW
    if change.state == "scheduled":
        return deny(_("It is approved for what it touches. Take it back first: then it is assessed and approved anew."))
    if change.state in ("rejected", "cancelled"):
        return deny(_("It is over. Take it up again to change what it touches."))
    return deny(_("Work on it has begun: what it touches stays as it was approved. Write the rest into the review."))


def has_window(change: Change) -> Decision:
    if change.planned_start and change.planned_end:
        return ALLOW
    return deny(_("Say when it is planned: begin and end."), _page(change))


def has_plans(change: Change) -> Decision:
    """How it is done, and how it is undone."""
    missing = [
        str(label)
        for label, text in (
            (_("implementation plan"), change.implementation_plan), (_("back-out plan"), change.backout_plan),
        ) if not text.strip()
    ]  # fmt: skip
    return deny(_("Still missing: %(what)s.") % {"what": ", ".join(missing)}, _page(change)) if missing else ALLOW


def is_assessed(change: Change) -> Decision:
    if change.risk_score is not None or change.change_type == "emergency":
        return ALLOW
    url = reverse("transition:change-assess", args=[change.number])
    return deny(_("Answer the questions about its risk first."), url)


def outside_freezes(change: Change) -> Decision:
    """Nothing but emergencies is changed in a freeze; the refusal names the way out."""
    if change.change_type == "emergency" or not (change.planned_start and change.planned_end):
        return ALLOW
    frozen = next((found for search in _freezes for found in search(change)), None)
    if frozen is None:
        return ALLOW
    words = {"name": frozen, "until": when_words(frozen.ends_at)}
    return deny(_("It runs into the freeze “%(name)s”, until %(until)s.") % words, change.get_absolute_url())


def is_time(change: Change) -> Decision:
    """Work begins when everybody expects it."""
    if change.planned_start is None or clock.now() >= change.planned_start - EARLY:
        return ALLOW
    words = {"moment": when_words(change.planned_start)}
    return deny(_("It is planned for %(moment)s. Move it, or wait.") % words)


def has_no_open_tasks(change: Change) -> Decision:
    if any(task.state == "open" for task in change.tasks.all()):
        return deny(_("Tasks are still open."), f"{change.get_absolute_url()}#tasks")
    return ALLOW


def is_looked_at(change: Change) -> Decision:
    """Somebody who did not decide beforehand looks at every emergency afterwards."""
    if change.change_type != "emergency":
        return ALLOW
    round_ = change.newest_round("close")
    if round_ is None or round_.state in ("expired", "cancelled"):
        return deny(_("An emergency change is looked at afterwards: ask for the retrospective review."))
    if round_.state == "pending":
        return deny(_("The retrospective review is not answered yet."))
    return ALLOW


def needs_look(change: Change) -> Decision:
    if change.change_type != "emergency":
        return deny(_("Only emergency changes need a retrospective review."))
    round_ = change.newest_round("close")
    if round_ is not None and round_.state in ("pending", "approved", "rejected"):
        return deny(_("The retrospective review is asked for already."))
    return ALLOW


def is_in_reopen_window(change: Change) -> Decision:
    days = change.process_days
    if change.closed_at and clock.now() <= change.closed_at + timedelta(days=days):
        return ALLOW
    return deny(_("It was closed more than %d days ago.") % days)
