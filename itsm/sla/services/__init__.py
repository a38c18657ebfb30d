"""Keeping clocks, calendars and targets."""
