"""Addresses of the stage: one module per area."""

from __future__ import annotations

from django.urls import include, path

from improvement.urls import feedback, improvements, kpis, process, reviews

app_name = "improvement"

stage = [
    *feedback.urlpatterns,
    *improvements.urlpatterns,
    *kpis.urlpatterns,
    *process.urlpatterns,
    *reviews.urlpatterns,
]

urlpatterns = [
    path("improvement/", include(stage)),
    *feedback.public,
]
