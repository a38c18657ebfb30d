"""Figures and pictures of the stage."""

from design.reports.processes import expected_flow

__all__ = ["expected_flow"]
