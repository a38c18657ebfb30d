"""Addresses of the pages common to every kind of ticket, one module per area."""

from __future__ import annotations

from . import (
    approvals,
    brand,
    dashboards,
    health,
    home,
    inbox,
    lifecycle,
    queue,
    search,
    services,
    settings,
    tasks,
    tickets,
    tokens,
)

app_name = "desk"

urlpatterns = [
    *health.urlpatterns,
    *home.urlpatterns,
    *brand.urlpatterns,
    *queue.urlpatterns,
    *tickets.urlpatterns,
    *tasks.urlpatterns,
    *search.urlpatterns,
    *services.urlpatterns,
    *dashboards.urlpatterns,
    *inbox.urlpatterns,
    *lifecycle.urlpatterns,
    *approvals.urlpatterns,
    *settings.urlpatterns,
    *tokens.urlpatterns,
]
