"""Helpers that know nothing of the product: errors, decisions, time, jobs."""
