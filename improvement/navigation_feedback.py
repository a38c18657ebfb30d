"""What surveys and feedback register: kinds, pages, panels and activity 17."""

from __future__ import annotations


def register() -> None:
    """Called once from ``ImprovementConfig.ready``."""
