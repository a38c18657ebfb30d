"""Putting events of one case together, whatever their order in the file, in bounded memory."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from itsm.integrations.importer.readers import Row


class Staging:
    """Rows on disk, grouped by case on the way out. A context manager: the file goes with it."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="import-")
        self._db = sqlite3.connect(Path(self._folder.name) / "rows.sqlite3", isolation_level=None)
        self._db.execute("PRAGMA journal_mode=OFF")
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.execute("CREATE TABLE row (case_id TEXT, line INTEGER, data TEXT)")

    def __enter__(self) -> Staging:
        return self

    def __exit__(self, *_error: object) -> None:
        self._db.close()
        self._folder.cleanup()

    def fill(self, keyed: Iterable[tuple[str, Row]]) -> None:
        """Store rows with the case they belong to; cases come out in the order of their first line."""
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT INTO row VALUES (?, ?, ?)",
            ((case, row.line, json.dumps(row.values)) for case, row in keyed),
        )
        self._db.execute("COMMIT")
        self._db.execute("CREATE INDEX by_case ON row (case_id, line)")

    def count(self) -> tuple[int, int]:
        """Cases and rows."""
        return self._db.execute("SELECT COUNT(DISTINCT case_id), COUNT(*) FROM row").fetchone()  # type: ignore[no-any-return]

    def cases(self) -> Iterator[tuple[str, list[Row]]]:
        """Each case with its rows in file order."""
        current, rows = None, []
        order = (
            "SELECT row.case_id, line, data FROM row"
            " JOIN (SELECT case_id, MIN(line) AS first FROM row GROUP BY case_id) start ON start.case_id = row.case_id"
            " ORDER BY start.first, line"
        )
        for case, line, data in self._db.execute(order):
            if case != current and rows:
                yield str(current), rows
                rows = []
            current = case
            rows.append(Row(line, json.loads(data)))
        if rows:
            yield str(current), rows
