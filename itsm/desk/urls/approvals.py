"""Addresses: approvals."""

from __future__ import annotations

from django.urls import path

from itsm.desk.views import approvals

urlpatterns = [
    path("approvals/", approvals.inbox, name="approvals"),
    path("approvals/<int:pk>/vote/", approvals.vote, name="approval-vote"),
]
