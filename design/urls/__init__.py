"""Addresses of the stage: one module per area."""

from __future__ import annotations

from design.urls import agreements, packages, performance

app_name = "design"

urlpatterns = [*agreements.urlpatterns, *packages.urlpatterns, *performance.urlpatterns]
