"""What pages say about policies and rules: acknowledgement by role, compliance, exceptions that bear violations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef, QuerySet

from itsm.accounts.models import User
from itsm.accounts.roles import Role
from strategy import rules
from strategy.models import Acknowledgement, Policy, PolicyException, RuleRun, Violation

if TYPE_CHECKING:
    from datetime import date, datetime

#: People named who have not acknowledged.
MOST_NAMED = 50


@dataclass(frozen=True, slots=True)
class RoleShare:
    """How many of a role have acknowledged a policy."""

    label: str
    asked: int
    done: int

    @property
    def share(self) -> int:
        return 100 * self.done // self.asked if self.asked else 100


@dataclass(frozen=True, slots=True)
class Reception:
    """Who has acknowledged a policy, by role, and who has not."""

    roles: list[RoleShare]
    missing: list[User]
    asked: int
    done: int


def reception(policy: Policy) -> Reception:
    """Three queries, whatever the number of roles and people."""
    wanted = [code for code in policy.audience if code in Role.values]
    if not wanted:
        return Reception([], [], 0, 0)
    done = set(Acknowledgement.objects.filter(policy=policy).values_list("user_id", flat=True))
    people = {person.pk: person for person in User.objects.people().holding(*wanted).order_by("name", "id")}
    by_role: dict[str, set[int]] = {code: set() for code in wanted}
    pairs = User.objects.filter(pk__in=people, groups__name__in=wanted).order_by().values_list("groups__name", "pk")
    for code, pk in pairs:
        by_role[code].add(pk)
    shares = [RoleShare(str(Role(code).label), len(who), len(who & done)) for code, who in by_role.items()]
    missing = [person for pk, person in people.items() if pk not in done]
    return Reception(shares, missing[:MOST_NAMED], len(people), len(people) - len(missing))


def to_acknowledge(user: User) -> list[Policy]:
    """Published policies that this person is asked to acknowledge and has not."""
    mine = Acknowledgement.objects.filter(policy=OuterRef("pk"), user=user)
    rows = Policy.objects.published().exclude(audience=[]).exclude(Exists(mine)).defer("text")
    return [policy for policy in rows.order_by("published_at", "pk")[:500] if user.holds(*policy.audience)]


# ---------- rules ----------


@dataclass(frozen=True, slots=True)
class Standing:
    """A rule, its last run, and what the person sees of its open violations."""

    rule: rules.Rule
    in_scope: int
    violations: int
    seen: int
    at: datetime | None
    error: str

    @property
    def compliance(self) -> Decimal | None:
        """Records that pass / records looked at, in percent."""
        if not self.in_scope:
            return None
        return Decimal(100 * max(self.in_scope - self.violations, 0)) / self.in_scope


def standings(user: User) -> list[Standing]:
    """Every rule with its figures; two queries for any number."""
    runs = {run.rule: run for run in RuleRun.objects.all()}
    rows = Violation.objects.visible_to(user).open().order_by().values_list("rule").annotate(n=Count("pk"))
    seen = dict(rows)
    found = []
    for rule in rules.all_rules():
        run = runs.get(rule.code)
        found.append(Standing(
            rule, run.in_scope if run else 0, run.found if run else 0, seen.get(rule.code, 0),
            run.at if run else None, run.error if run else "",
        ))  # fmt: skip
    return found


def compliance(found: Iterable[Standing]) -> Decimal | None:
    """Over all rules: records that pass / records looked at."""
    scope = violated = 0
    for one in found:
        scope, violated = scope + one.in_scope, violated + min(one.violations, one.in_scope)
    return Decimal(100 * (scope - violated)) / scope if scope else None


def borne(violations: Iterable[Violation], today: date) -> dict[int, PolicyException]:
    """The exception in force that bears a violation, by violation; one query."""
    found = list(violations)
    services = {one.service_id for one in found if one.service_id}
    rows: QuerySet[PolicyException] = PolicyException.objects.granted().filter(
        service__in=services, rule__in={one.rule for one in found}, expires_on__gte=today
    )
    by_key = {(row.rule, row.service_id): row for row in rows}
    return {one.pk: by_key[one.rule, one.service_id] for one in found if (one.rule, one.service_id) in by_key}
