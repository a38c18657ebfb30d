"""Full text of tickets in the database's own index, kept by triggers: one module per database, the same functions.

A document has four parts: title, description, what the requester may read, and what only the desk may read. A
search for the requester's eyes never looks into the fourth.
"""

from __future__ import annotations

from types import ModuleType

from django.db import connections

from itsm.search.backends import postgresql, sqlite


def of(using: str = "default") -> ModuleType:
    """The module of the database in use."""
    return postgresql if connections[using].vendor == "postgresql" else sqlite


def install_if_ready(using: str) -> None:
    """Put triggers back that a rebuilt table lost; nothing to do while the tables are not there yet."""
    connection = connections[using]
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
    if {"tickets_ticket", "tickets_timelineentry", "search_ticket"} <= tables:
        of(using).install(connection)
