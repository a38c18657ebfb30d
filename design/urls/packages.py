"""Addresses of processes, design packages and their validation."""

from __future__ import annotations

from django.urls import path

from design.views import packages, processes, validation

urlpatterns = [
    path("packages/<str:number>/sign-offs/<int:pk>/", packages.sign_off, name="sign-off"),
    path("plans/<str:number>/cases/<int:pk>/run/", validation.run, name="test-case"),
    *processes.Processes.urls(),
    *packages.Packages.urls(),
    *validation.Plans.urls(),
    *validation.Defects.urls(),
]
