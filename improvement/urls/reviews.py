"""Addresses of service reviews."""

from __future__ import annotations

from django.urls import URLPattern

from improvement.views.reviews import Reviews

urlpatterns: list[URLPattern] = [*Reviews.urls()]
