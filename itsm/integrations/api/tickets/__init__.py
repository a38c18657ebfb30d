"""Tickets in the API: what every kind of ticket offers, and the union of them all."""
