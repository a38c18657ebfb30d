"""The start page: everybody lands where their work is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve
from django.views.decorators.http import require_GET

from itsm.accounts.roles import Role

PORTAL = "/portal/"
QUEUE = "/queue/"
SHIFT = "/my-work/"
NUMBERS = "/dashboards/sla/"
SERVICES = "/services/"

#: The first role a person holds decides; the first of its pages that is installed is shown.
HOMES: tuple[tuple[Role, tuple[str, ...]], ...] = (
    (Role.AGENT, (SHIFT, QUEUE)),
    (Role.INCIDENT_MANAGER, (NUMBERS, QUEUE)),
    (Role.SERVICE_LEVEL_MANAGER, (NUMBERS,)),
    (Role.CHANGE_MANAGER, ("/changes/calendar/", NUMBERS)),
    (Role.CAB_MEMBER, ("/changes/calendar/",)),
    (Role.PROBLEM_MANAGER, (QUEUE,)),
    (Role.PORTFOLIO_MANAGER, ("/strategy/portfolio/", SERVICES)),
    (Role.SERVICE_OWNER, (SERVICES,)),
    (Role.KNOWLEDGE_MANAGER, ("/knowledge/",)),
    (Role.CONFIGURATION_MANAGER, ("/transition/", SERVICES)),
    (Role.FINANCE_MANAGER, ("/strategy/", SERVICES)),
    (Role.IMPROVEMENT_MANAGER, ("/improvement/", NUMBERS)),
    (Role.SECURITY_OFFICER, (QUEUE,)),
    (Role.AUDITOR, (NUMBERS,)),
    (Role.ADMINISTRATOR, (QUEUE, "/settings/")),
)


def place_of(user: object) -> str:
    """Where this person starts; a page that no installed package answers is passed over."""
    roles = user.roles
    wanted = [path for role, paths in HOMES if role in roles for path in paths]
    if user.is_desk:
        wanted += [QUEUE, SERVICES]
    return next((path for path in [*wanted, PORTAL] if _exists(path)), PORTAL)


def _exists(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    place = place_of(request.user)
    if place == SERVICES and request.user.holds(Role.SERVICE_OWNER):
        owned = list(request.user.owned_services.values_list("slug", flat=True)[:2])
        if len(owned) == 1:
            place = f"{SERVICES}{owned[0]}/"
    return HttpResponseRedirect(place)
