"""Builders of test records: each makes the least that is valid, everything can be said."""

from __future__ import annotations

from typing import Any

import factory
from django.contrib.auth.models import Group

from itsm.accounts.models import Membership, Organisation, Team, User
from itsm.catalogue.models import Service, ServiceOffering
from itsm.sla.models import CalendarVersion, Coverage, SupportLevel, Target, WorkCalendar
from itsm.tickets.models import TicketCategory
from itsm.worktime import WorkSchedule
from operation.services import incidents

#: Monday to Friday, 09:00 to 17:00 UTC.
OFFICE = {str(day): [["09:00", "17:00"]] for day in range(5)}


class OrganisationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Organisation

    name = factory.Sequence(lambda n: f"Organisation {n}")


class TeamFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Team

    name = factory.Sequence(lambda n: f"Team {n}")


class ServiceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Service

    name = factory.Sequence(lambda n: f"Service {n}")
    slug = factory.Sequence(lambda n: f"service-{n}")
    status = Service.Status.LIVE


class OfferingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ServiceOffering

    service = factory.SubFactory(ServiceFactory)
    name = factory.Sequence(lambda n: f"Offering {n}")
    slug = factory.Sequence(lambda n: f"offering-{n}")


class CategoryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = TicketCategory

    name = factory.Sequence(lambda n: f"Category {n}")


_people = 0


def person(name: str = "", *, roles: tuple[str, ...] = (), teams: tuple[Team, ...] = (), **fields: Any) -> User:
    """Somebody who can sign in with the password ``demo``."""
    global _people
    _people += 1
    name = name or f"Person {_people}"
    email = fields.pop("email", f"{name.lower().replace(' ', '.')}.{_people}@example.com")
    user = User.objects.create_user(email, "demo", name=name, **fields)
    user.groups.set(Group.objects.filter(name__in=roles))
    for team in teams:
        Membership.objects.create(team=team, user=user)
    return User.objects.get(pk=user.pk)


def calendar(name: str = "Office hours", weekly: dict[str, Any] | None = None, timezone: str = "UTC") -> WorkCalendar:
    """A calendar with its first version published."""
    weekly = weekly or OFFICE
    made = WorkCalendar.objects.create(name=name, weekly=weekly, timezone=timezone)
    spec = WorkSchedule(timezone, {int(day): [tuple(s) for s in spans] for day, spans in weekly.items()}).to_dict()
    CalendarVersion.objects.create(calendar=made, number=1, spec=spec)
    return made


def support_level(
    name: str = "Gold",
    *,
    hours: WorkCalendar | None = None,
    pause_reasons: tuple[str, ...] = ("requester",),
    kind: str = "incident",
    **minutes: int,
) -> SupportLevel:
    """A support level with targets, such as ``first_response=60, resolution=480, update=120``; 24x7 without hours."""
    level = SupportLevel.objects.create(name=name, calendar=hours, pause_reasons=list(pause_reasons))
    for metric, amount in minutes.items():
        Target.objects.create(support_level=level, kind=kind, metric=metric, minutes=amount)
    return level


def cover(level: SupportLevel | None, service: Service | None = None, **about: Any) -> Coverage:
    return Coverage.objects.create(support_level=level, service=service, **about)


def incident(requester: User, *, actor: User | None = None, title: str = "Mail is down", **fields: Any) -> Any:
    """An incident, opened through the door."""
    return incidents.open(
        actor=actor or requester, source=fields.pop("source", "web"), requester=requester, title=title, **fields
    )
