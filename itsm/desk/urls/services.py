"""Addresses: services."""

from __future__ import annotations

from django.urls import path

from itsm.desk.views import services

urlpatterns = [
    path("services/", services.index, name="services"),
    path("services/<slug:slug>/", services.service, name="service"),
    path("services/<slug:slug>/<slug:verb>/", services.step, name="service-step"),
]
