"""``make test``: every test, once per database that can be reached, and the browser tests where there is a browser.

A plain script, so that it can say in plain words what it did not test and why.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "var" / "test"
WORKERS = str(min(os.cpu_count() or 1, 8))
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
LOCAL_DATABASES = ("postgres://postgres@127.0.0.1:5432/postgres", "postgres://root@127.0.0.1:5432/postgres")
LOCAL_REDIS = "redis://127.0.0.1:6379/15"
NOTHING_COLLECTED = 5


class Unreachable(Exception):
    """Something that was asked for by name does not answer: a failure, not a reason to skip."""


@dataclass
class Pass:
    """One run of pytest, or the reason why there was none."""

    name: str
    skipped: str = ""
    code: int = 0
    seconds: float = 0
    counts: dict[str, int] = field(default_factory=dict)

    def line(self) -> str:
        if self.skipped:
            return f"  {self.name:<26} not run: {self.skipped}"
        verdict = "ok" if self.code == 0 else f"FAILED (exit {self.code})"
        counts = ", ".join(f"{number} {what}" for what, number in self.counts.items())
        return f"  {self.name:<26} {verdict}: {counts} in {self.seconds:.0f} s"


def main(extra: list[str]) -> int:
    REPORTS.mkdir(parents=True, exist_ok=True)
    passes = [
        run("SQLite", ["-n", WORKERS, "-m", "not browser", *extra], DATABASE_URL="", REDIS_URL=""),
        on_servers(extra),
        in_browser(extra),
    ]
    print("\nWhat was tested")
    for one in passes:
        print(one.line())
    total = {what: sum(one.counts.get(what, 0) for one in passes) for what in ("passed", "failed", "skipped")}
    print(", ".join(f"{number} {what}" for what, number in total.items()), flush=True)
    return next((one.code for one in passes if one.code), 0)


def on_servers(extra: list[str]) -> Pass:
    """The same tests on PostgreSQL, with Redis as the cache; those that bring their own database are left out."""
    try:
        database, why_not = find_database()
        redis, no_redis = find_redis()
    except Unreachable as error:
        return Pass("PostgreSQL", code=1, counts={str(error): 1})
    if not database:
        return Pass("PostgreSQL and Redis", skipped=why_not)
    name = "PostgreSQL and Redis" if redis else "PostgreSQL"
    result = run(
        name, ["-n", WORKERS, "-m", "not browser and not process", *extra], DATABASE_URL=database, REDIS_URL=redis
    )
    if no_redis:
        result.name = f"PostgreSQL (no Redis: {no_redis})"
    return result


def in_browser(extra: list[str]) -> Pass:
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), "")
    if not chromium:
        return Pass("Browser", skipped="no Chromium found (on Debian: apt-get install chromium)")
    # Each worker has an installation of its own: what one test does is no surprise to another.
    apart = ["-n", WORKERS, "--dist", "loadfile"]
    return run("Browser", [*apart, "-m", "browser", *extra], DATABASE_URL="", REDIS_URL="", CHROMIUM=chromium)


def run(name: str, arguments: list[str], *paths: str, **environment: str) -> Pass:
    report = REPORTS / f"{name.lower().replace(' ', '-')}.xml"
    report.unlink(missing_ok=True)
    print(f"\n── {name} " + "─" * (70 - len(name)), flush=True)
    started = time.monotonic()
    code = subprocess.call(
        [sys.executable, "-m", "pytest", f"--junitxml={report}", *arguments, *paths],
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    seconds = time.monotonic() - started
    if code == NOTHING_COLLECTED:
        return Pass(name, skipped="no test was selected")
    return Pass(name, code=code, seconds=seconds, counts=read(report))


def read(report: Path) -> dict[str, int]:
    if not report.is_file():
        return {"failed": 1}
    suites = ET.parse(report).getroot().iter("testsuite")
    tests = failed = skipped = 0
    for suite in suites:
        tests += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    return {"passed": tests - failed - skipped, "failed": failed, "skipped": skipped}


def find_database() -> tuple[str, str]:
    wanted = os.environ.get("TEST_DATABASE_URL", "")
    if wanted == "none":
        return "", "TEST_DATABASE_URL is “none”"
    reasons = []
    for url in [wanted] if wanted else LOCAL_DATABASES:
        reason = try_database(url)
        if not reason:
            return url, ""
        reasons.append(reason)
    if wanted:
        raise Unreachable(f"TEST_DATABASE_URL does not work: {reasons[0]}")
    return "", f"no PostgreSQL on 127.0.0.1:5432 ({reasons[0]}); set TEST_DATABASE_URL to use another"


def try_database(url: str) -> str:
    import psycopg2

    try:
        connection = psycopg2.connect(url, connect_timeout=3)
    except psycopg2.Error as error:
        return (str(error).strip().splitlines() or ["no answer"])[-1]
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
            return "" if cursor.fetchone()[0] else "the user may not create databases"
    finally:
        connection.close()


def find_redis() -> tuple[str, str]:
    wanted = os.environ.get("TEST_REDIS_URL", "")
    if wanted == "none":
        return "", "TEST_REDIS_URL is “none”"
    url = wanted or LOCAL_REDIS
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 6379), timeout=3):
            return url, ""
    except OSError as error:
        if wanted:
            raise Unreachable(f"TEST_REDIS_URL does not work: {error}") from None
        return "", f"none on 127.0.0.1:6379 ({error})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
