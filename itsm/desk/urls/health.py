"""Addresses that tell operators how the installation is."""

from django.urls import path

from itsm.desk.views import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics_page, name="metrics"),
]
