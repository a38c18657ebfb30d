"""Searching: ``search`` for tickets, ``similar`` while somebody types, ``everywhere`` for one box over everything."""

from itsm.search.services.everything import Group, everywhere
from itsm.search.services.tickets import candidates, search, similar

__all__ = ["Group", "candidates", "everywhere", "search", "similar"]
