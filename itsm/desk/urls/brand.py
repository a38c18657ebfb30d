"""Addresses: the organisation's colour and logo."""

from __future__ import annotations

from django.urls import path

from itsm.desk.views import brand

urlpatterns = [
    path("brand/<int:version>.css", brand.style, name="brand-style"),
    path("brand/<int:version>.svg", brand.icon, name="brand-icon"),
    path("brand/preview.css", brand.preview, name="brand-preview"),
    path("brand/logo-<slug:digest>", brand.logo, name="brand-logo"),
]
