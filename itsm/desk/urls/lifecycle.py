"""Addresses: the five stages of the service lifecycle."""

from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

from itsm.desk.views import lifecycle
from itsm.ui.lifecycle import STAGES

urlpatterns = [
    path("lifecycle/", RedirectView.as_view(pattern_name="desk:stage-strategy"), name="lifecycle"),
    path("lifecycle/<slug:code>/headline/", lifecycle.headline, name="stage-headline"),
    *(path(f"{stage.code}/", lifecycle.stage, {"code": stage.code}, name=f"stage-{stage.code}") for stage in STAGES),
]
