"""The kernel's own indexes: tickets, services, what can be ordered, people."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Case, IntegerField, Q, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.models import User
from itsm.catalogue.models import Service, ServiceOffering
from itsm.search import registry
from itsm.search.query import clean
from itsm.search.registry import Hit
from itsm.search.services.tickets import search


def register() -> None:
    """Called once from ``SearchConfig.ready``."""
    registry.register("tickets", gettext_lazy("Tickets"), tickets, icon="ticket", order=10)
    registry.register("services", gettext_lazy("Services"), services, icon="layers", order=30)
    registry.register("offerings", gettext_lazy("What you can ask for"), offerings, icon="package", order=40)
    registry.register("people", gettext_lazy("People"), people, icon="user", desk=True, order=50)


def tickets(user: User, text: str, limit: int) -> list[Hit]:
    return search(user, text, limit=limit, snippets=True)


def containing(rows: Any, text: str, names: tuple[str, ...], first: str) -> Any:
    """Rows in which every word occurs in one of the fields; those that begin with the text come first."""
    words = clean(text).split()[:6]
    wanted = reduce(and_, (reduce(or_, (Q(**{f"{name}__icontains": word}) for name in names)) for word in words), Q())
    begins = Case(
        When(**{f"{first}__istartswith": clean(text)}, then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    return rows.filter(wanted).order_by(begins, first, "pk") if words else rows.none()


def services(user: User, text: str, limit: int) -> Iterable[Hit]:
    """What is offered to the person; the desk finds services in design and retired ones too."""
    rows = Service.objects.visible_to(user)
    for service in containing(rows, text, ("name", "slug"), "name").only("name", "slug", "status", "description")[
        :limit
    ]:
        yield Hit(
            url=f"/services/{service.slug}/", title=service.name, hint=str(service.get_status_display()), icon="layers",
            snippet=service.description[:200], index="services",
        )  # fmt: skip


def offerings(user: User, text: str, limit: int) -> Iterable[Hit]:
    """What this person may report and order."""
    rows = ServiceOffering.objects.offered_to(user).select_related("service").distinct()
    for offering in containing(rows, text, ("name", "summary", "service__name"), "name")[:limit]:
        yield Hit(
            url=f"/portal/offerings/{offering.slug}/", title=offering.name, hint=offering.service.name,
            icon=offering.icon, snippet=offering.summary, index="offerings",
        )  # fmt: skip


def people(user: User, text: str, limit: int) -> Iterable[Hit]:
    """Colleagues and requesters, for the desk; each leads to their tickets."""
    rows = User.objects.people().select_related("organisation")
    for person in containing(rows, text, ("name", "email"), "name")[:limit]:
        yield Hit(
            url=f"/queue/?requester={person.pk}&phase=any", title=person.get_full_name(),
            hint=person.job_title or (person.organisation.name if person.organisation else _("Person")), icon="user",
            snippet=" · ".join(filter(None, (person.email, person.phone, person.location))), index="people",
        )  # fmt: skip
