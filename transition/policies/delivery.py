"""Who subscribes, delivers, accepts and takes over support, and what holds a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from itsm.accounts.roles import Role
from itsm.lib import clock
from itsm.lib.decisions import ALLOW, Decision, deny

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from itsm.catalogue.models import Service
    from transition.models import Delivery, Subscription, SupportHandover

#: Who defines what is delivered to whom.
KEEPERS = (Role.SERVICE_LEVEL_MANAGER, Role.PORTFOLIO_MANAGER, Role.ADMINISTRATOR)
#: Who prepares deliveries and handovers of any service; owners do so for their own.
DELIVERERS = (*KEEPERS, Role.CHANGE_MANAGER, Role.SERVICE_OWNER)


def keeps(user: User) -> bool:
    return user.is_system or user.holds(*KEEPERS)


def _leads(service: Service, user: User) -> bool:
    return keeps(user) or user.holds(Role.CHANGE_MANAGER) or service.owner_id == user.pk


# ---------- subscriptions ----------


def may_subscribe(user: User) -> Decision:
    if keeps(user) or user.holds(Role.SERVICE_OWNER):
        return ALLOW
    return deny(_("Only service level and portfolio managers and service owners subscribe organisations."))


def may_keep(subscription: Subscription, user: User) -> Decision:
    if keeps(user) or subscription.offering.service.owner_id == user.pk:
        return ALLOW
    return deny(_("Only the service owner or a service level manager does this."))


def may_edit_subscription(subscription: Subscription, user: User) -> Decision:
    if subscription.state != "planned":
        return deny(_("It has begun: end it and plan a new one instead."))
    return may_keep(subscription, user)


def has_begun(subscription: Subscription) -> Decision:
    """Nothing is delivered before its day."""
    if subscription.valid_from <= clock.now().date():
        return ALLOW
    return deny(_("It begins on %(day)s; it becomes active by itself then.") % {"day": subscription.valid_from})


def agreement_holds(subscription: Subscription) -> Decision:
    """Nothing is delivered by an agreement that is not in force."""
    agreement = subscription.agreement
    if agreement is None or agreement.state == "active":
        return ALLOW
    words = {"number": agreement.number, "state": agreement.get_state_display()}
    return deny(_("The agreement %(number)s is not in force (%(state)s).") % words, agreement.get_absolute_url())


# ---------- deliveries ----------


def may_deliver(user: User) -> Decision:
    if user.is_system or user.holds(*DELIVERERS):
        return ALLOW
    return deny(_("Only service owners and the managers of changes, levels and the portfolio prepare deliveries."))


def may_lead(delivery: Delivery, user: User) -> Decision:
    if _leads(delivery.service, user) or delivery.owner_id == user.pk:
        return ALLOW
    return deny(_("Only the owner of the delivery or the service, or a manager, does this."))


def may_edit_delivery(delivery: Delivery, user: User) -> Decision:
    if delivery.state not in ("preparing", "checking", "early_life"):
        return deny(_("It waits for acceptance or is over: what was offered is not changed."))
    return may_lead(delivery, user)


def by_customer(delivery: Delivery, user: User) -> Decision:
    return ALLOW if user.is_system else deny(_("The customer decides this by a vote."))


def has_checks(delivery: Delivery) -> Decision:
    if delivery.checks.exists():
        return ALLOW
    return deny(_("Name at least one quality check first."), delivery.get_absolute_url())


def checks_pass(delivery: Delivery) -> Decision:
    """Every check is measured, and every value is as wanted."""
    open_, failed = [], []
    for check in delivery.checks.all():
        if check.passed is None:
            open_.append(check.criterion)
        elif not check.passed:
            failed.append(check.criterion)
    if failed:
        return deny(_("Failed: %(what)s.") % {"what": ", ".join(failed)}, delivery.get_absolute_url())
    if open_:
        return deny(_("Not measured yet: %(what)s.") % {"what": ", ".join(open_)}, delivery.get_absolute_url())
    return has_checks(delivery)


def has_customer(delivery: Delivery) -> Decision:
    if delivery.customer_id:
        return ALLOW
    return deny(_("Name the customer who accepts it."), delivery.get_absolute_url())


def exit_criteria_met(delivery: Delivery) -> Decision:
    """Early-life support ends when what was agreed for its end is true, not when the days are over."""
    if not delivery.exit_criteria.exists():
        return deny(_("Name at least one exit criterion first."), delivery.get_absolute_url())
    missing = [one.text for one in delivery.exit_criteria.all() if not one.met]
    if missing:
        return deny(_("Not met yet: %(what)s.") % {"what": "; ".join(missing)}, delivery.get_absolute_url())
    return ALLOW


# ---------- support handover ----------


def may_hand_over(user: User) -> Decision:
    return may_deliver(user)


def may_prepare(handover: SupportHandover, user: User) -> Decision:
    if _leads(handover.service, user):
        return ALLOW
    return deny(_("Only the service owner or a manager prepares the handover."))


def may_edit_handover(handover: SupportHandover, user: User) -> Decision:
    if handover.state != "preparing":
        return deny(_("It is offered or signed: take it back before you change it."))
    return may_prepare(handover, user)


def may_sign(handover: SupportHandover, user: User) -> Decision:
    """Whoever takes over signs: a lead of the receiving team, or a member where it has none."""
    if user.is_system or handover.team.memberships.filter(user=user, is_lead=True).exists():
        return ALLOW
    has_lead = handover.team.memberships.filter(is_lead=True, user__is_active=True).exists()
    if not has_lead and handover.team_id in user.team_ids:
        return ALLOW
    return deny(_("Only a lead of the team that takes over signs."))


def is_ready(handover: SupportHandover) -> Decision:
    """Every topic has its evidence, and there is enough to read."""
    missing = [str(item) for item in handover.items.all() if item.required and not item.done]
    reasons = []
    if missing:
        reasons.append(_("Still open: %(what)s.") % {"what": ", ".join(missing)})
    there = handover.published_articles
    if there < handover.articles_needed:
        reasons.append(
            _("%(there)d of %(needed)d articles about the service are published.")
            % {"there": there, "needed": handover.articles_needed}
        )
    return deny(" ".join(reasons), handover.get_absolute_url()) if reasons else ALLOW
