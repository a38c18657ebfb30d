"""Chapters of the demo story."""
