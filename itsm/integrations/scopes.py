"""What a token may be limited to. A scope only ever narrows what its person may do anyway."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Scope(TextChoices):
    """One area of the API, to read or to write. Writing an area includes reading it."""

    TICKETS_READ = "tickets:read", _("Read tickets, their timeline, links, files and work logs")
    TICKETS_WRITE = "tickets:write", _("Open, change and move tickets, write replies and notes")
    APPROVALS_READ = "approvals:read", _("Read approvals")
    APPROVALS_WRITE = "approvals:write", _("Vote on approvals")
    CATALOGUE_READ = "catalogue:read", _("Read services, offerings, categories and other reference data")
    KNOWLEDGE_READ = "knowledge:read", _("Read articles of the knowledge base")
    KNOWLEDGE_WRITE = "knowledge:write", _("Write, publish and rate articles")
    STRATEGY_READ = "strategy:read", _("Read goals, cases, policies, cost and value")
    STRATEGY_WRITE = "strategy:write", _("Write goals, cases, policies and the books, and take their steps")
    DESIGN_READ = "design:read", _("Read agreements, processes, design packages, validation plans and defects")
    DESIGN_WRITE = "design:write", _("Write agreements, processes and designs, run tests, and take their steps")
    DELIVERY_READ = "delivery:read", _("Read subscriptions, deliveries and support handovers")
    DELIVERY_WRITE = "delivery:write", _("Write subscriptions, deliveries and handovers, and take their steps")
    CHANGES_READ = "changes:read", _("Read releases, deployments, CAB meetings and windows")
    CHANGES_WRITE = "changes:write", _("Write releases, deployments and CAB meetings, and take their steps")
    CONFIGURATION_READ = "configuration:read", _("Read configuration items, relations, contracts and licences")
    CONFIGURATION_WRITE = "configuration:write", _("Write configuration items, relations, contracts and licences")
    RISKS_READ = "risks:read", _("Read risks and controls")
    RISKS_WRITE = "risks:write", _("Register, assess and treat risks, record tests of controls")
    IMPROVEMENT_READ = "improvement:read", _("Read surveys, answers, feedback, improvements, KPIs and reviews")
    IMPROVEMENT_WRITE = (
        "improvement:write",
        _("Write surveys, feedback, improvements and reviews, and take their steps"),
    )
    MONITORING_READ = "monitoring:read", _("Read events of monitoring")
    PEOPLE_READ = "people:read", _("Read people, teams and organisations")
    SLA_READ = "sla:read", _("Read calendars, support levels, targets and clocks")
    EVENTS_READ = "events:read", _("Follow the change feed")
    AUDIT_READ = "audit:read", _("Read the audit log of records")
    ADMIN = "admin", _("Change reference data: people, teams, services, calendars, targets and the like")


#: Shorthands that cover several scopes.
EVERYTHING = "*"
READ_ALL = "*:read"
WILDCARDS = {EVERYTHING: _("Everything this person may do"), READ_ALL: _("Read everything this person may read")}


def known() -> list[str]:
    """Every scope that can be given, the shorthands last."""
    return [*Scope.values, *WILDCARDS]


def unknown(scopes: Iterable[str]) -> list[str]:
    """Those of ``scopes`` that do not exist."""
    return [scope for scope in scopes if scope not in known()]


def covers(granted: Iterable[str], wanted: str) -> bool:
    """Whether a token with these scopes may use what needs ``wanted``."""
    given = set(granted)
    area, _colon, way = wanted.partition(":")
    return (
        wanted in given
        or EVERYTHING in given
        or (way == "read" and (READ_ALL in given or f"{area}:write" in given or _covered_by_admin(area, given)))
    )


def _covered_by_admin(area: str, given: set[str]) -> bool:
    """Whoever may change reference data may read it."""
    return Scope.ADMIN in given and area in ("catalogue", "people", "sla")
