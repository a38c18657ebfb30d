"""Addresses of process analysis."""

from __future__ import annotations

from django.urls import URLPattern, path

from improvement.views import event_logs, process

urlpatterns: list[URLPattern] = [
    path("process/", process.index, name="process"),
    path("process/tickets/", process.tickets, name="process-tickets"),
    path("process/export/<slug:table>/", process.export, name="process-export"),
    path("process/logs/", event_logs.index, name="logs"),
    path("process/logs/<int:pk>/", event_logs.log, name="log"),
    path("process/logs/<int:pk>/columns/", event_logs.columns, name="log-columns"),
    path("process/logs/<int:pk>/export/<slug:table>/", event_logs.export, name="log-export"),
    path("process/logs/<int:pk>/delete/", event_logs.delete, name="log-delete"),
]
