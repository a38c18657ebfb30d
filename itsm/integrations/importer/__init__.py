"""Bringing tickets with their whole history from another system: CSV or XES in, a life per ticket out."""
