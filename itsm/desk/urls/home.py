"""Addresses: home."""

from __future__ import annotations

from django.urls import path

from itsm.desk.views import home, shift

urlpatterns = [
    path("", home.home, name="home"),
    path("my-work/", shift.my_work, name="my-work"),
]
