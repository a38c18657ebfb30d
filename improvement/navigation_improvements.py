"""What the improvement register registers: kinds, pages, panels and activity 19."""

from __future__ import annotations


def register() -> None:
    """Called once from ``ImprovementConfig.ready``."""
