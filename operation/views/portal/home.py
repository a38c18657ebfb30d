"""The portal's first page, catalogue, search and service status."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from itsm.catalogue import health
from itsm.catalogue.models import Service, ServiceOffering
from itsm.ui import pages as ui
from operation import reports
from operation.models import Outage
from transition.models import Article
from transition.services import articles

#: Tiles take their colours in turn.
TONES = ("blue", "violet", "teal", "green", "amber", "grey")
MOST_TILES = 6


def query_of(request: HttpRequest) -> str:
    """The words searched for, without what a database cannot hold."""
    return " ".join(request.GET.get("q", "").replace("\x00", "").split())[:200]


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    user = request.user
    offerings = ServiceOffering.objects.offered_to(user).select_related("service")
    newest = Article.objects.readable_by(user).select_related("published").defer("body")
    return ui.page(
        request, "operation/portal/home.html",
        title=_("How can we help?"),
        tiles=[(offering, TONES[i % len(TONES)]) for i, offering in enumerate(offerings.distinct()[:MOST_TILES])],
        rows=reports.my_open(user),
        approvals=list(reports.approvals_for(user)[:5]),
        popular=articles.popular(user, 3),
        newest=list(newest.order_by("-published__published_at", "-id")[:4]),
    )  # fmt: skip


@require_GET
def catalogue(request: HttpRequest) -> HttpResponse:
    query = query_of(request)
    return ui.page(
        request, "operation/portal/catalogue.html", part="operation/portal/_shelves.html",
        title=_("Catalogue"), query=query, shelves=reports.shelves(request.user, query), tones=TONES,
    )  # fmt: skip


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    query = query_of(request)
    found = reports.search(request.user, query) if query else {}
    return ui.page(
        request, "operation/portal/search.html", part="operation/portal/_hits.html",
        title=_("Search"), query=query, found=found, nothing=not any(found.values()),
    )  # fmt: skip


@require_GET
def status(request: HttpRequest) -> HttpResponse:
    """What is not well, what is planned, and how every service is."""
    user = request.user
    services = list(Service.objects.offered_to(user).for_customers().order_by("name"))
    state = health.of(service.pk for service in services)
    outages = Outage.objects.visible_to(user).current().order_by("state", "begins_at").prefetch_related("services")
    ended = Outage.objects.visible_to(user).filter(state=Outage.State.ENDED).order_by("-begins_at", "-id")
    return ui.page(
        request, "operation/portal/status.html", title=_("Service status"),
        outages=list(outages), ended=list(ended.prefetch_related("services")[:10]),
        services=sorted(((service, state[service.pk]) for service in services), key=lambda pair: -pair[1]),
    )  # fmt: skip
