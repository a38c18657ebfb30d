"""Who may open which settings page: every address, every persona."""

import pytest
from django.urls import reverse

from itsm.automation.models import AutomationRule
from itsm.desk.views.settings.sections import SECTIONS
from itsm.sla.models import CalendarDay, Coverage, EscalationPolicy, SupportLevel
from itsm.tickets.models import CannedReply, CustomField, HoldReason, Macro, ProcessSetting
from itsm.workflow.models import TransitionPolicy
from operation.models import ApplicationType, AvailabilityObjective, EventSource, Monitor, Playbook
from tests import factories
from transition.models import (
    ApprovalRule,
    ChangeTemplate,
    CIType,
    FreezeWindow,
    MaintenanceWindow,
    OrderResult,
    RiskQuestion,
    Supplier,
)

pytestmark = pytest.mark.django_db

CHANGE_SLUGS = {"freezes", "maintenance-windows", "change-templates", "risk-questions", "approval-rules"}
EVENT_SLUGS = {"event-sources", "monitors", "application-types"}
CATALOGUE_SLUGS = {"services", "service-categories", "dependencies", "offerings", "order-results"}
LEVEL_SLUGS = {"levels", "coverage", "escalations", "calendars", "availability-objectives"}


@pytest.fixture
def rows(service, desk, requester):
    """One row of everything, by slug."""
    calendar = factories.calendar()
    level = factories.support_level(hours=calendar, resolution=480)
    category = service.category or type(service)._meta.get_field("category").related_model.objects.create(name="Work")
    offering = factories.OfferingFactory(service=service)
    other = factories.ServiceFactory()
    day = CalendarDay.objects.create(calendar=calendar, date="2026-12-24", spans=[["09:00", "12:00"]])
    return {
        "people": requester, "teams": desk, "organisations": requester.organisation, "services": service,
        "service-categories": category, "dependencies": service.needs.create(depends_on=other), "offerings": offering,
        "categories": factories.CategoryFactory(), "hold-reasons": HoldReason.objects.first(),
        "processes": ProcessSetting.objects.get_or_create(kind="incident")[0],
        "custom-fields": CustomField.objects.create(code="asset", label="Asset"),
        "policies": TransitionPolicy.objects.create(name="P", kind="incident", verb="resolve", roles=["agent"]),
        "macros": Macro.objects.create(name="M", note="x"),
        "automation": AutomationRule.objects.create(
            name="A", kind="incident", event="open", tell=desk,
        ),
        "canned-replies": CannedReply.objects.create(name="Hello", body="Hello"),
        "levels": level, "coverage": Coverage.objects.create(support_level=level),
        "escalations": EscalationPolicy.objects.create(name="E"), "calendars": calendar, "day": day,
        "ci-types": CIType.objects.get(name="Phone"), "suppliers": Supplier.objects.create(name="S"),
        "freezes": FreezeWindow.objects.create(name="F", starts_at="2026-12-24T00:00Z", ends_at="2026-12-27T00:00Z"),
        "maintenance-windows": MaintenanceWindow.objects.create(name="W", starts_at="01:00", minutes=60),
        "change-templates": ChangeTemplate.objects.create(
            name="T", implementation_plan="Do", backout_plan="Undo", minutes=30, team=desk
        ),
        "order-results": OrderResult.objects.create(offering=offering),
        "risk-questions": RiskQuestion.objects.first(),
        "approval-rules": ApprovalRule.objects.first(),
        "event-sources": EventSource.objects.create(name="E"), "monitors": Monitor.objects.create(name="M"),
        "availability-objectives": AvailabilityObjective.objects.create(service=service, percent=99),
        "application-types": ApplicationType.objects.get(),
        "playbooks": Playbook.objects.first() or Playbook.objects.create(threat="other"),
    }  # fmt: skip


def addresses(rows) -> dict[str, str]:
    """Every address of the settings that answers GET -> whose it is: "admin", "catalogue", "events", …"""
    found = {reverse("desk:settings-matrix"): "admin", reverse("desk:settings-status"): "admin"}
    for pages in SECTIONS:
        groups = {"catalogue": CATALOGUE_SLUGS, "levels": LEVEL_SLUGS, "events": EVENT_SLUGS, "changes": CHANGE_SLUGS}
        whose = next((name for name, slugs in groups.items() if pages.slug in slugs), "admin")
        found[reverse(f"desk:settings-{pages.slug}")] = whose
        pk = rows[pages.slug].pk
        found[reverse(f"desk:settings-{pages.slug}-edit", args=[pk])] = whose
        if pages.creates:
            found[reverse(f"desk:settings-{pages.slug}-new")] = whose
        if pages.delete_view:
            found[reverse(f"desk:settings-{pages.slug}-delete", args=[pk])] = whose
    calendar, day = rows["calendars"].pk, rows["day"].pk
    type(rows["calendars"]).objects.filter(pk=calendar).update(country="NO")
    found |= {
        reverse("desk:settings-services-step", args=[rows["services"].pk, "reject"]): "catalogue",
        reverse("desk:settings-levels-targets", args=[rows["levels"].pk]): "levels",
        reverse("desk:settings-ola"): "levels",
        reverse("desk:settings-ola-edit", args=[rows["teams"].pk]): "levels",
        reverse("desk:settings-coverage-test") + "?kind=incident&priority=3": "levels",
        reverse("desk:settings-calendars-holidays", args=[calendar]) + "?years=2026": "levels",
        reverse("desk:settings-calendars-day-new", args=[calendar]): "levels",
        reverse("desk:settings-calendars-day", args=[calendar, day]): "levels",
        reverse("desk:settings-suggest") + "?owner=an": "all",
        reverse("desk:settings-audit"): "audit",
        reverse("desk:settings-audit-export"): "audit",
        reverse("desk:settings"): "all",
    }
    return found


REACH = {
    "administrator": {"admin", "catalogue", "events", "changes", "levels", "audit", "all"},
    "change_manager": {"changes", "all"},
    "service_level_manager": {"catalogue", "levels", "all"},
    "portfolio_manager": {"catalogue", "all"},
    "auditor": {"audit", "all"},
    # Their own tokens are a section of the settings too.
    "agent": {"all"},
    "incident_manager": {"events", "all"},
    "service_owner": {"all"},
    "": set(),
}


@pytest.mark.parametrize("role", REACH)
def test_every_page_opens_for_its_roles_only(client, rows, role):
    client.force_login(factories.person("Petra Persona", roles=(role,) if role else ()))
    opened = {url: client.get(url).status_code for url in addresses(rows)}
    expected = {url: 200 if whose in REACH[role] else 403 for url, whose in addresses(rows).items()}
    assert opened == expected


def test_nobody_else_writes(client, rows, agent):
    client.force_login(agent)
    posts = [
        *addresses(rows),
        reverse("desk:settings-people-invite", args=[rows["people"].pk]),
        reverse("desk:settings-services-step", args=[rows["services"].pk, "retire"]),
        reverse("desk:settings-offerings-preview"),
        reverse("desk:settings-calendars-day-remove", args=[rows["calendars"].pk, rows["day"].pk]),
        reverse("desk:settings-audit-verify"),
        reverse("desk:settings-status-retry"),
    ]
    answers = {url: client.post(url, {"name": "Mine"}).status_code for url in posts}
    # A page that is only read says so before it asks who is there; both change nothing.
    assert set(answers.values()) <= {403, 405}
    assert not SupportLevel.objects.filter(name="Mine").exists()


def test_a_stranger_is_asked_to_sign_in(client, db):
    response = client.get("/settings/")
    assert response.status_code == 302
    assert response.url.startswith("/accounts/login/")
