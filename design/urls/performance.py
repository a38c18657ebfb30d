"""Addresses of performance targets."""

from __future__ import annotations

from design.views.performance import Performance

urlpatterns = [*Performance.urls()]
