"""Addresses: settings."""

from __future__ import annotations

from django.urls import URLPattern, path

from itsm.desk.views.settings import audit, house, index, levels, people, status, tickets
from itsm.desk.views.settings.sections import SECTIONS

urlpatterns: list[URLPattern] = [
    path("settings/", index.index, name="settings"),
    path("settings/suggest/", people.suggest, name="settings-suggest"),
    path("settings/matrix/", tickets.matrix, name="settings-matrix"),
    path("settings/branding/", house.branding, name="settings-branding"),
    path("settings/branding/reset/", house.reset, name="settings-branding-reset"),
    path("settings/terms/", house.terms, name="settings-terms"),
    path("settings/terms/reset/", house.reset_terms, name="settings-terms-reset"),
    path("settings/ola/", levels.team_list, name="settings-ola"),
    path("settings/ola/<int:pk>/", levels.team_targets, name="settings-ola-edit"),
    path("settings/audit/", audit.log, name="settings-audit"),
    path("settings/audit/export/", audit.export, name="settings-audit-export"),
    path("settings/audit/verify/", audit.verify, name="settings-audit-verify"),
    path("settings/status/", status.page, name="settings-status"),
    path("settings/status/retry/", status.retry, name="settings-status-retry"),
    *(pattern for pages in SECTIONS for pattern in pages.urls()),
]
