"""Addresses of the improvement register."""

from __future__ import annotations

from django.urls import path

from improvement.views import improvements
from improvement.views.improvements import Improvements

urlpatterns = [
    path("register/export/", improvements.export, name="improvement-export"),
    path("register/suggested/", improvements.accept, name="improvement-accept"),
    path("register/<str:number>/measurements/new/", improvements.measure, name="improvement-measure"),
    path("register/<str:number>/read/", improvements.read, name="improvement-read"),
    path("register/<str:number>/tickets/", improvements.link, name="improvement-link"),
    *Improvements.urls(),
]
