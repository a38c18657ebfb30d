"""Addresses of the stage: one module per area."""

from __future__ import annotations

from improvement.urls import feedback, improvements

app_name = "improvement"

urlpatterns = [
    *feedback.urlpatterns,
    *improvements.urlpatterns,
]
