"""Databases with every migration applied, made once and copied.

Applying all migrations takes longer than most tests together; the result only changes with them. A copy is used by each
process of the test run, and by tests that start real processes and are not about an empty installation.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "test"
KEY = "for the databases of tests only: long enough, random enough, and worth nothing to anybody"


def fingerprint() -> str:
    """Changes whenever a migration or an installed version does."""
    sources = [*ROOT.glob("*/migrations/*.py"), *ROOT.glob("itsm/*/migrations/*.py"), ROOT / "requirements-dev.txt"]
    digest = hashlib.sha256()
    for path in sorted(sources):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _manage(*command: str, **variables: str) -> None:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    result = subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, capture_output=True, text=True, check=False,
        env=inherited | {"SECRET_KEY": KEY} | variables,
    )  # fmt: skip
    if result.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{result.stderr}")


def sqlite() -> Path:
    """The file of a migrated embedded database."""
    made = FOLDER / f"template-{fingerprint()}.sqlite3"
    with _one_at_a_time():
        if not made.exists():
            for old in FOLDER.glob("template-*.sqlite3"):
                old.unlink()
            with tempfile.TemporaryDirectory() as var:
                _manage("migrate", "--verbosity", "0", VAR_DIR=var)
                shutil.move(Path(var) / "itsm.sqlite3", made)
    return made


def postgresql(settings: dict[str, Any], tree: str) -> str:
    """The name of a migrated database on the server of ``settings``."""
    import psycopg2

    name = f"template_itsm_{tree}_{fingerprint()}"
    with _one_at_a_time():
        server = psycopg2.connect(os.environ["DATABASE_URL"])
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"template_itsm_{tree}_%"])
            found = {row[0] for row in cursor.fetchall()}
            if name not in found:
                for old in found:
                    cursor.execute(f'DROP DATABASE IF EXISTS "{old}" WITH (FORCE)')
                cursor.execute(f'CREATE DATABASE "{name}_new"')
                url = os.environ["DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}_new"
                with tempfile.TemporaryDirectory() as var:
                    _manage("migrate", "--verbosity", "0", VAR_DIR=var, DATABASE_URL=url)
                cursor.execute(f'ALTER DATABASE "{name}_new" RENAME TO "{name}"')
        server.close()
    return name


def copy(settings: dict[str, Any], target: str, tree: str) -> None:
    """Put a migrated database where the test run expects its own."""
    if settings["ENGINE"].endswith("sqlite3"):
        shutil.copy(sqlite(), target)
        return
    import psycopg2

    template = postgresql(settings, tree)
    with _one_at_a_time():
        server = psycopg2.connect(os.environ["DATABASE_URL"])
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{target}" TEMPLATE "{template}"')
        server.close()
