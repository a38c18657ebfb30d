"""Running rules over events: each event once, in the order it happened, whoever caused it but a rule.

An event carries a mark that it was looked at; the mark, what the rules did and their runs are one transaction. What one
rule may not do is undone and written down with its reason, and the next rule goes on. What rules cause starts no rules:
two rules can never chase each other.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from itsm.accounts.models import Team, User
from itsm.automation.models import AutomationRule, RuleRun
from itsm.lib import clock
from itsm.lib.errors import DomainError
from itsm.lib.sources import Source
from itsm.notifications.models import Event
from itsm.notifications.services import direct, rendering, wording
from itsm.notifications.services.events import emit
from itsm.tickets import kinds
from itsm.tickets.models import Ticket
from itsm.workflow import macros

log = logging.getLogger(__name__)

BATCH = 100
#: Seconds one job works before it leaves the rest to the next.
BUDGET = 30.0

ByEvent = dict[str, list[AutomationRule]]


def run(*, budget: float = BUDGET) -> int:
    """Let the rules see every event they have not seen; returns how many runs there were."""
    until = time.monotonic() + budget
    runs = 0
    while time.monotonic() < until:
        rules = active()
        # Most events are nobody's business, and one statement says so.
        Event.objects.filter(automated_at__isnull=True).exclude(type__in=list(rules)).update(automated_at=clock.now())
        seen, ran = _one_batch(rules)
        runs += ran
        if seen < BATCH:
            break
    return runs


def active() -> ByEvent:
    """The rules that are on, by the full name of their event, in order."""
    found: ByEvent = defaultdict(list)
    for rule in (
        AutomationRule.objects.filter(is_active=True).select_related("macro", "tell").prefetch_related("services")
    ):
        found[f"{rule.kind}.{rule.event}"].append(rule)
    return found


def forget_past() -> None:
    """Let no rule see what happened so far: history that was made up or imported."""
    Event.objects.filter(automated_at__isnull=True).update(automated_at=clock.now())


def _one_batch(rules: ByEvent) -> tuple[int, int]:
    with transaction.atomic():
        waiting = Event.objects.select_for_update(skip_locked=True).filter(automated_at__isnull=True)
        events = list(waiting.order_by("id")[:BATCH])
        ran = 0
        for event in events:
            if event.source != Source.RULE and event.ticket_id and event.type in rules:
                ran += _meet(event, rules[event.type])
        Event.objects.filter(pk__in=[event.pk for event in events]).update(automated_at=clock.now())
    return len(events), ran


def _meet(event: Event, rules: Iterable[AutomationRule]) -> int:
    """Each rule sees the ticket as those before it left it."""
    ran = 0
    for rule in rules:
        ticket = kinds.get(rule.kind).model._default_manager.filter(pk=event.ticket_id or 0).first()
        if ticket is None or not applies(rule, ticket):
            continue
        outcome, reason = _do(rule, ticket, event)
        RuleRun.objects.create(rule=rule, event=event, ticket_id=ticket.pk, outcome=outcome, reason=reason[:300])
        ran += 1
    return ran


def _do(rule: AutomationRule, ticket: Ticket, event: Event) -> tuple[str, str]:
    try:
        with transaction.atomic():
            actor = User.objects.system()
            if rule.macro is not None:
                if not rule.macro.is_active:
                    return RuleRun.Outcome.REFUSED, _("The macro is switched off.")
                macros.run(rule.macro, ticket, actor=actor, source=Source.RULE)
            if rule.tell is not None:
                _tell(rule.tell, rule, ticket, actor)
    except DomainError as refusal:
        return RuleRun.Outcome.REFUSED, str(refusal)
    except Exception:
        # Actions are macros and messages of any kind; one rule must not hold up the others.
        log.exception("an automation rule failed", extra={"rule": rule.pk, "ticket": ticket.pk, "event": event.pk})
        return RuleRun.Outcome.FAILED, _("An error kept this from being done. The log of the service desk tells more.")
    return RuleRun.Outcome.DONE, ""


def _tell(team: Team, rule: AutomationRule, ticket: Ticket, actor: User) -> None:
    """Those members of the team who may see the ticket."""
    members = [
        one.pk
        for one in team.members.filter(is_active=True)
        if Ticket.objects.visible_to(one).filter(pk=ticket.pk).exists()
    ]
    url = f"/tickets/{ticket.number}/"
    news = emit(f"{ticket.kind}.rule", ticket, actor=actor, source=Source.RULE, rule=rule.name)
    direct.tell_topic(
        members, "rule",
        lambda _reader: {
            "rule.name": rendering.line(rule.name), "ticket.number": ticket.number,
            "ticket.title": rendering.line(ticket.title), "ticket.url": wording.address(url),
        },
        event=news, url=url, ticket_id=ticket.pk,
    )  # fmt: skip


def applies(rule: AutomationRule, ticket: Ticket) -> bool:
    """Whether every condition of the rule holds for the ticket as it is now."""
    services = {service.pk for service in rule.services.all()}
    text = f"{ticket.title}\n{ticket.description}".casefold()
    return (
        (not services or ticket.service_id in services)
        and (rule.offering_id is None or ticket.offering_id == rule.offering_id)
        and (rule.category_id is None or ticket.category_id == rule.category_id)
        and (rule.organisation_id is None or _belongs(ticket, rule.organisation_id))
        and (rule.team_id is None or ticket.team_id == rule.team_id)
        and (not rule.priorities or ticket.priority in rule.priorities)
        and (not rule.channels or ticket.channel in rule.channels)
        and (not rule.vip_only or ticket.is_vip)
        and (not rule.words or any(str(word).casefold() in text for word in rule.words))
    )


def _belongs(ticket: Ticket, organisation: int) -> bool:
    """To the organisation or one below it."""
    one = ticket.organisation
    seen: set[int] = set()
    while one is not None and one.pk not in seen:
        if one.pk == organisation:
            return True
        seen.add(one.pk)
        one = one.parent
    return False
