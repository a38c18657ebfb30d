"""Addresses: dashboards."""

from __future__ import annotations

from django.urls import path

from itsm.desk.views import dashboards

urlpatterns = [
    path("dashboards/sla/", dashboards.service_levels, name="dashboard-sla"),
    path("dashboards/sla/near/", dashboards.near, name="dashboard-sla-near"),
    path("dashboards/sla/tickets/", dashboards.tickets, name="dashboard-sla-tickets"),
    path("dashboards/sla/export/<slug:card>/", dashboards.export, name="dashboard-sla-export"),
]
