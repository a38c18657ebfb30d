"""Policies: review, publication in place of the version before, acknowledgement; exceptions that end by themselves."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.accounts.roles import Role
from itsm.audit import services as audit
from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid, Refused
from itsm.lib.sources import Source
from itsm.notifications.services import direct, rendering, wording
from itsm.notifications.services.events import emit
from itsm.workflow import records
from itsm.workflow.moves import lock, move
from strategy import policy_policies as policies
from strategy import rules
from strategy.models import Acknowledgement, Policy, PolicyException
from strategy.policy_states import ExceptionState, PolicyState

log = logging.getLogger(__name__)

#: What the next version starts with.
COPIED = ("title", "type", "owner", "text", "audience", "review_on")
#: Days reviewers have.
REVIEW_DAYS = 14
TOPIC = "policy_published"


def check(policy: Policy, lists: Mapping[str, Any]) -> dict[str, Any]:
    """A new draft is reviewed in time to come."""
    policy.audience = list(dict.fromkeys(policy.audience))
    if policy.pk is None and policy.review_on <= clock.now().date():
        return {"review_on": _("Choose a day to come.")}
    return {}


def check_exception(exception: PolicyException, lists: Mapping[str, Any]) -> dict[str, Any]:
    """It ends on a day to come, it is from a policy in force, and within what the policy is about."""
    errors: dict[str, Any] = {}
    if exception.expires_on < clock.now().date():
        errors["expires_on"] = _("Choose a day to come.")
    if exception.policy.state != PolicyState.PUBLISHED:
        errors["policy"] = _("Only a policy in force has exceptions.")
    if exception.rule and rules.find(exception.rule) is None:
        errors["rule"] = _("There is no such rule.")
    about = set(exception.policy.services.values_list("pk", flat=True))
    if about and exception.service_id not in about:
        errors["service"] = _("The policy is about: %(what)s.") % {
            "what": ", ".join(exception.policy.services.order_by("name").values_list("name", flat=True)[:10])
        }
    return errors


@transaction.atomic
def submit(policy: Policy, *, actor: User, source: str, version: int | None = None, comment: str = "") -> Policy:
    """Ask the reviewers; one yes is enough. Nobody reviews the own text while there are others."""
    moved = move(policy, "submit", actor=actor, source=source, version=version, body=comment)
    reviewers = list(User.objects.people().holding(Role.PORTFOLIO_MANAGER))
    if moved.owner not in reviewers and moved.owner.is_active:
        reviewers.append(moved.owner)
    others = [person for person in reviewers if person.pk not in (actor.pk, moved.created_by_id)]
    question = _("Publish version %(edition)d of “%(title)s”?") % {"edition": moved.edition, "title": moved.title}
    records.ask(moved, others or reviewers, actor=actor, source=source, days=REVIEW_DAYS, question=question)
    return moved


@transaction.atomic
def take_back(policy: Policy, *, actor: User, source: str, reason: str, version: int | None = None) -> Policy:
    """Withdraw the question and go on writing."""
    moved = move(policy, "take_back", actor=actor, source=source, version=version, reason=reason)
    records.withdraw(moved, actor=actor, source=source)
    return moved


@transaction.atomic
def publish(policy: Policy, *, actor: User, source: str, version: int | None = None) -> Policy:
    """Put a version in force; the one before is superseded, exceptions go over, its audience is asked."""
    earlier = list(policy.family().published().exclude(pk=policy.pk))
    for one in earlier:
        move(one, "supersede", actor=User.objects.system(), source=source)
    moved = move(policy, "publish", actor=actor, source=source, version=version)
    PolicyException.objects.filter(
        policy__in=earlier, state__in=[ExceptionState.REQUESTED, ExceptionState.GRANTED]
    ).update(policy=moved)
    event = emit("policy.published", moved, actor=actor, source=source)

    url = moved.get_absolute_url()
    values = {
        "policy.title": rendering.line(moved.title), "policy.version": str(moved.edition),
        "policy.url": wording.address(url),
    }  # fmt: skip
    direct.tell_topic([person.pk for person in moved.asked()], TOPIC, lambda _user: values, event=event, url=url)
    return moved


@transaction.atomic
def new_version(policy: Policy, *, actor: User, source: str, version: int | None = None) -> Policy:
    """A draft that starts with everything this version says."""
    moved = move(policy, "new_version", actor=actor, source=source, version=version)
    values = {name: getattr(moved, name) for name in COPIED}
    today = clock.now().date()
    if values["review_on"] <= today:
        values["review_on"] = date(today.year + 1, today.month, min(today.day, 28))
    services = list(moved.services.all())
    made = records.create(Policy, actor=actor, source=source, lists={"services": services}, **values)
    made.first_id = moved.first_id or moved.pk
    made.edition = 1 + max(moved.family().exclude(pk=made.pk).values_list("edition", flat=True))
    made.save(update_fields=["first", "edition"])
    return made


def confirm(
    policy: Policy, *, actor: User, source: str, review_on: date, version: int | None = None, comment: str = ""
) -> Policy:
    """It is still right; look at it again on a day to come."""
    if review_on <= clock.now().date():
        raise Invalid({"review_on": _("Choose a day to come.")})
    return move(policy, "confirm", actor=actor, source=source, version=version, review_on=review_on, body=comment)


@transaction.atomic
def acknowledge(policy: Policy, *, actor: User, source: str) -> Acknowledgement:
    """Say that one has read it; a second time says nothing new."""
    fresh = lock(policy)
    verdict = policies.may_acknowledge(fresh, actor)
    if not verdict:
        raise (Refused if fresh.state != PolicyState.PUBLISHED else Denied)(verdict.reason)
    found = Acknowledgement.objects.filter(policy=fresh, user=actor).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            made = Acknowledgement.objects.create(policy=fresh, user=actor, at=clock.now())
    except IntegrityError:
        return Acknowledgement.objects.get(policy=fresh, user=actor)
    audit.record(fresh, "policy.acknowledged", actor=actor, source=source)
    return made


@transaction.atomic
def ask_again(
    exception: PolicyException, *, actor: User, source: str, reason: str, expires_on: date, version: int | None = None
) -> PolicyException:
    """Ask for longer; the day has to come."""
    if expires_on < clock.now().date():
        raise Invalid({"expires_on": _("Choose a day to come.")})
    return move(
        exception, "ask_again", actor=actor, source=source, version=version, reason=reason, expires_on=expires_on
    )


def expire_exceptions() -> int:
    """End exceptions whose last day is over, a transaction each."""
    done = 0
    for exception in PolicyException.objects.over(clock.now().date()).order_by("pk"):
        try:
            move(exception, "expire", actor=User.objects.system(), source=Source.SYSTEM)
            done += 1
        except Refused:
            log.info("an exception ended meanwhile", extra={"exception": exception.pk})
    return done
