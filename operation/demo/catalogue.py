"""Halden's services, what they depend on, what can be reported, and what is promised."""

from __future__ import annotations

from django.utils.text import slugify

from itsm.accounts.models import Team, User
from itsm.catalogue.models import Service, ServiceCategory, ServiceDependency, ServiceOffering
from itsm.sla.models import (
    CalendarVersion,
    Coverage,
    EscalationPolicy,
    EscalationStep,
    SupportLevel,
    Target,
    WorkCalendar,
)
from itsm.tickets.models import CannedReply, CustomField, Macro, ProcessSetting, TicketCategory
from itsm.workflow.models import TransitionPolicy
from itsm.worktime import WorkSchedule

CATEGORIES = [("Workplace", "laptop"), ("Communication", "mail"), ("Shop and stores", "shopping-cart"),
              ("Logistics", "truck"), ("Finance and people", "landmark"), ("Platform", "server")]  # fmt: skip

SERVICES = [
    # name, category, kind, criticality, team, level, icon, what people say
    ("Payment gateway", "Shop and stores", "technical", 1, "Payments operations", "Gold", "credit-card"),
    ("Web shop", "Shop and stores", "business", 1, "Payments operations", "Gold", "shopping-cart"),
    ("Store tills", "Shop and stores", "business", 1, "Payments operations", "Gold", "receipt"),
    ("Email and calendar", "Communication", "business", 2, "Workplace engineering", "Silver", "mail"),
    ("Video conferencing", "Communication", "business", 3, "Workplace engineering", "Silver", "video"),
    ("Telephony", "Communication", "business", 3, "Network and cloud", "Silver", "phone"),
    ("Laptops and desktops", "Workplace", "business", 3, "Workplace engineering", "Silver", "laptop"),
    ("Printing", "Workplace", "business", 4, "Workplace engineering", "Bronze", "printer"),
    ("Identity and sign-on", "Platform", "enabling", 1, "Network and cloud", "Gold", "key-round"),
    ("Network and Wi-Fi", "Platform", "technical", 2, "Network and cloud", "Gold", "wifi"),
    ("VPN and remote access", "Platform", "business", 2, "Network and cloud", "Silver", "shield-check"),
    ("Warehouse management", "Logistics", "business", 1, "Business applications", "Gold", "warehouse"),
    ("ERP finance", "Finance and people", "business", 2, "Business applications", "Silver", "landmark"),
    ("Payroll and HR portal", "Finance and people", "business", 2, "Business applications", "Silver", "users"),
    ("Data warehouse", "Platform", "technical", 3, "Business applications", "Bronze", "database"),
]

DEPENDS = [
    ("Web shop", "Payment gateway"), ("Store tills", "Payment gateway"), ("Web shop", "Identity and sign-on"),
    ("Web shop", "Warehouse management"), ("Payment gateway", "Network and Wi-Fi"), ("Store tills", "Network and Wi-Fi"),
    ("Email and calendar", "Identity and sign-on"), ("ERP finance", "Identity and sign-on"),
    ("Payroll and HR portal", "Identity and sign-on"), ("VPN and remote access", "Identity and sign-on"),
    ("Warehouse management", "Network and Wi-Fi"), ("Telephony", "Network and Wi-Fi"),
    ("Video conferencing", "Network and Wi-Fi"), ("Data warehouse", "ERP finance"),
]  # fmt: skip

TICKET_CATEGORIES = {
    "Access and passwords": [], "Hardware": ["Laptop", "Printer", "Phone", "Scanner"],
    "Software": ["Error message", "Slow", "Installation"], "Network": ["Wi-Fi", "VPN"], "Data": ["Report", "Import"],
}  # fmt: skip

#: Who knows a service best, for escalations.
SECOND_LINE = {name: team for name, _shelf, _kind, _criticality, team, _level, _icon in SERVICES}

#: level -> metric -> minutes for P1 to P5
PROMISES = {
    "Gold": {"first_response": (15, 30, 60, 240, 480), "resolution": (120, 480, 1440, 2880, 7200), "update": (60, 120, 240, 480, 960)},
    "Silver": {"first_response": (30, 60, 120, 240, 480), "resolution": (240, 480, 960, 1920, 4800), "update": (120, 240, 480, 480, 960)},
    "Bronze": {"first_response": (60, 120, 240, 480, 960), "resolution": (480, 960, 2400, 3360, 4800)},
}  # fmt: skip

CALENDARS = [
    ("Nordic office hours", "Europe/Oslo", "NO", [["07:30", "11:30"], ["12:00", "17:00"]]),
    ("US East office hours", "America/New_York", "US", [["08:00", "18:00"]]),
    ("Singapore office hours", "Asia/Singapore", "SG", [["08:30", "12:30"], ["13:30", "18:00"]]),
]

CANNED = [
    ("Greeting", "Hello {requester},\n\nthank you for telling us. I am looking into {number} now.\n\n{agent}"),
    ("Ask for details", "Hello {requester},\n\ncould you tell us when it happened last, and what you see on the screen?"
     " A screenshot helps.\n\n{agent}"),
    ("Try again", "Hello {requester},\n\nit should work again. Please try once more and tell us if it does not.\n\n{agent}"),
    ("Restart first", "Hello {requester},\n\nplease restart the computer and sign in again, then try once more.\n\n{agent}"),
]  # fmt: skip


def create(people: dict[str, User]) -> dict[str, Service]:
    """Create the whole catalogue with its promises; returns services by name."""
    services = _services(people)
    levels = _levels(_calendars())
    for name, _category, _kind, _criticality, _team, level, _icon in SERVICES:
        Coverage.objects.create(service=services[name], support_level=levels[level])
    _reference_data(services)
    return services


def _services(people: dict[str, User]) -> dict[str, Service]:
    shelves = {
        name: ServiceCategory.objects.create(name=name, icon=icon, position=position)
        for position, (name, icon) in enumerate(CATEGORIES)
    }
    services: dict[str, Service] = {}
    for name, shelf, kind, criticality, team, _level, icon in SERVICES:
        service = Service.objects.create(
            name=name, slug=slugify(name), category=shelves[shelf], kind=kind, criticality=criticality,
            owner=people["Clara Weiss"] if shelf == "Shop and stores" else people["Ingrid Solberg"],
            # The desk takes what people report; what the business stands on goes straight to those who run it.
            support_team=Team.objects.get(name=team if criticality == 1 else "Service desk"),
            status=Service.Status.LIVE,
        )  # fmt: skip
        services[name] = service
        if kind == Service.Kind.BUSINESS:
            ServiceOffering.objects.create(
                service=service, name=f"Problem with {name}", kind="report", icon=icon,
                slug=f"problem-{service.slug}", summary="Something is broken, slow or gives an error.",
                request_form=_till_form() if name == "Store tills" else {},
            )  # fmt: skip
    Service.objects.create(
        name="Customer loyalty app", slug="customer-loyalty-app", category=shelves["Shop and stores"], kind="business",
        criticality=3, owner=people["Clara Weiss"], description="Points and offers on the customer's phone.",
    )  # fmt: skip
    ServiceDependency.objects.bulk_create(
        ServiceDependency(service=services[one], depends_on=services[other]) for one, other in DEPENDS
    )
    return services


def _till_form() -> dict[str, object]:
    return {
        "type": "object",
        "properties": {
            "till": {"type": "string", "title": "Which till?", "description": "The number on the yellow sticker."},
            "customers_waiting": {"type": "boolean", "title": "Are customers waiting?"},
        },
        "required": ["till"],
    }


def _calendars() -> dict[str, WorkCalendar]:
    made: dict[str, WorkCalendar] = {}
    for name, zone, country, spans in CALENDARS:
        weekly = {str(day): spans for day in range(5)}
        calendar = WorkCalendar.objects.create(name=name, timezone=zone, country=country, weekly=weekly)
        schedule = WorkSchedule(zone, {int(day): [tuple(span) for span in hours] for day, hours in weekly.items()})
        CalendarVersion.objects.create(calendar=calendar, number=1, spec=schedule.to_dict())
        made[name] = calendar
    return made


def _levels(calendars: dict[str, WorkCalendar]) -> dict[str, SupportLevel]:
    policy = EscalationPolicy.objects.create(name="Standard")
    EscalationStep.objects.bulk_create(
        [
            EscalationStep(policy=policy, percent=75, action="notify_assignee"),
            EscalationStep(policy=policy, percent=90, action="notify_leads"),
            EscalationStep(policy=policy, percent=100, action="notify_team", metric="resolution"),
            EscalationStep(policy=policy, percent=150, action="notify_owner", metric="resolution"),
        ]
    )
    levels: dict[str, SupportLevel] = {}
    for rank, (name, promises) in enumerate(PROMISES.items(), start=1):
        level = SupportLevel.objects.create(
            name=name, rank=rank, calendar=None if name == "Gold" else calendars["Nordic office hours"],
            description={"Gold": "Around the clock", "Silver": "Office hours, quick", "Bronze": "Office hours"}[name],
            pause_reasons=["requester"] if name == "Gold" else ["requester", "supplier"], escalation_policy=policy,
        )  # fmt: skip
        Target.objects.bulk_create(
            Target(support_level=level, metric=metric, priority=priority, minutes=minutes)
            for metric, row in promises.items()
            for priority, minutes in enumerate(row, start=1)
        )
        levels[name] = level
    for team, minutes in (("Service desk", 480), ("Workplace engineering", 960), ("Network and cloud", 960)):
        Target.objects.create(
            team=Team.objects.get(name=team), metric="ola", minutes=minutes, calendar=calendars["Nordic office hours"]
        )
    return levels


def _reference_data(services: dict[str, Service]) -> None:
    for name, children in TICKET_CATEGORIES.items():
        parent = TicketCategory.objects.create(name=name)
        for child in children:
            TicketCategory.objects.create(name=child, parent=parent)
    desk = Team.objects.get(name="Service desk")
    ProcessSetting.objects.update_or_create(kind="incident", defaults={"default_team": desk})
    CannedReply.objects.bulk_create(CannedReply(name=name, body=body) for name, body in CANNED)
    Macro.objects.create(
        name="Password was reset", kind="incident", verb="resolve",
        reply="Hello {requester},\n\nyour password is reset. Sign in with the temporary one from the text message.\n\n{agent}",
        data={"code": "fixed", "note": "Password reset, temporary password sent by text message."},
    )  # fmt: skip
    Macro.objects.create(
        name="Ask and wait", kind="incident", verb="put_on_hold",
        data={"hold_reason": "requester", "comment": "Could you send us a screenshot of the whole window?"},
    )  # fmt: skip
    CustomField.objects.create(
        kind="incident", code="affected_site", label="Affected site", type="choice", position=1, on_portal=True,
        choices=["Oslo", "Bergen", "Halden warehouse", "New York", "Singapore", "Everywhere"],
    )  # fmt: skip
    TransitionPolicy.objects.create(
        name="Gateway is watched before closing", kind="incident", verb="resolve", service=services["Payment gateway"],
        checklist=["Error rate is below 0.5 % for ten minutes"],
    )  # fmt: skip
