"""Build the search index of tickets anew, or say what is wrong with it."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from itsm.search import backends, registry


class Command(BaseCommand):
    help = (
        "Build the full-text index of tickets anew, in batches; searches go on meanwhile. "
        "Needed after data was loaded around the product. --check only says what is missing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check",
            "--dry-run",
            action="store_true",
            dest="check",
            help="change nothing; fail when the index is incomplete",
        )
        parser.add_argument("--batch", type=int, default=1000, help="tickets per transaction (default 1000)")

    def handle(self, *, check: bool, batch: int, **options: Any) -> None:
        if batch < 1:
            raise CommandError("--batch must be at least 1.")
        backend = backends.of(connection.alias)
        missing, surplus = self._compare()
        if check:
            if missing or surplus:
                raise CommandError(f"{missing} tickets are not in the index, {surplus} entries belong to no ticket.")
            self.stdout.write("The index is complete.")
            return
        backend.install(connection)
        low, high, total = self._extent()
        done = 0
        while low <= high:
            with transaction.atomic(), connection.cursor() as cursor:
                for statement in backend.REBUILD:
                    cursor.execute(statement, [low, low + batch - 1])
                cursor.execute("SELECT count(*) FROM tickets_ticket WHERE id BETWEEN %s AND %s", [low, low + batch - 1])
                done += cursor.fetchone()[0]
            low += batch
            self._show(done, total)
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM search_ticket WHERE {self._no_ticket(backend.KEY)}")  # noqa: S608 - a constant
            cursor.execute(
                "ANALYZE search_ticket"
                if connection.vendor == "postgresql"
                else "INSERT INTO search_ticket(search_ticket) VALUES ('optimize')"
            )
        self.stdout.write(f"{done} tickets indexed; {missing} were missing, {surplus} entries removed.")
        for index in registry.rebuilders():
            self.stdout.write(f"{index.name}: {index.rebuild() if index.rebuild else 0} indexed.")

    def _extent(self) -> tuple[int, int, int]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT min(id), max(id), count(*) FROM tickets_ticket")
            low, high, total = cursor.fetchone()
        return low or 1, high or 0, total

    def _compare(self) -> tuple[int, int]:
        key = backends.of(connection.alias).KEY
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM tickets_ticket t"  # noqa: S608 - a constant
                f" WHERE NOT EXISTS (SELECT 1 FROM search_ticket WHERE search_ticket.{key} = t.id)"
            )
            missing = cursor.fetchone()[0]
            cursor.execute(f"SELECT count(*) FROM search_ticket WHERE {self._no_ticket(key)}")  # noqa: S608
            return missing, cursor.fetchone()[0]

    def _no_ticket(self, key: str) -> str:
        """NOT EXISTS joins once; NOT IN would compare every row with every row as soon as memory runs short."""
        return f"NOT EXISTS (SELECT 1 FROM tickets_ticket t WHERE t.id = search_ticket.{key})"  # noqa: S608

    def _show(self, done: int, total: int) -> None:
        """A bar on a terminal, nothing in a log."""
        if not sys.stderr.isatty() or not total:
            return
        filled = 30 * done // total
        end = "\n" if done >= total else ""
        self.stderr.write(f"\r[{'#' * filled}{'.' * (30 - filled)}] {done} of {total}", ending=end)
        self.stderr.flush()
