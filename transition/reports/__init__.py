"""Figures and searches of the transition stage that only read."""
