"""Addresses of agreements."""

from __future__ import annotations

from design.views.agreements import Agreements

urlpatterns = [*Agreements.urls()]
