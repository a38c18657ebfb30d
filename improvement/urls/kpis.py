"""Addresses of KPIs."""

from __future__ import annotations

from django.urls import URLPattern, path

from improvement.views import kpis

urlpatterns: list[URLPattern] = [
    path("kpis/", kpis.index, name="kpis"),
    path("kpis/export/", kpis.export, name="kpi-export"),
    path("kpis/<slug:code>/", kpis.detail, name="kpi"),
    path("kpis/<slug:code>/days/", kpis.days, name="kpi-days"),
    path("kpis/<slug:code>/tickets/", kpis.tickets, name="kpi-tickets"),
    path("kpis/<slug:code>/decide/", kpis.decide, name="kpi-decide"),
]
