"""Addresses: search."""

from __future__ import annotations

from django.urls import path

from itsm.desk.views import search

urlpatterns = [
    path("search/", search.index, name="search"),
    path("palette/", search.palette, name="palette"),
]
