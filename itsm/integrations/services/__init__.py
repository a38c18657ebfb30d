"""Tokens and the change feed."""
