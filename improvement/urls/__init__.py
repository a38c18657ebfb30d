"""Addresses of the stage: one module per area."""

from typing import Any

app_name = "improvement"

urlpatterns: list[Any] = []
