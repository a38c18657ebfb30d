"""Addresses of the stage: one module per area."""

from __future__ import annotations

from improvement.urls import feedback, improvements, kpis, process, reviews

app_name = "improvement"

urlpatterns = [
    *feedback.urlpatterns,
    *improvements.urlpatterns,
    *kpis.urlpatterns,
    *process.urlpatterns,
    *reviews.urlpatterns,
]
