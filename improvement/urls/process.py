"""Addresses of process analysis."""

from __future__ import annotations

from django.urls import URLPattern, path

from improvement.views import process

urlpatterns: list[URLPattern] = [
    path("process/", process.index, name="process"),
    path("process/tickets/", process.tickets, name="process-tickets"),
    path("process/export/<slug:table>/", process.export, name="process-export"),
]
