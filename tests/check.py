"""``make check``: everything that can be said about the code without running it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
#: What a well-run production looks like; the deploy checks are about that, not about this machine.
PRODUCTION = {
    "SECRET_KEY": "for the deploy checks only 0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "SITE_URL": "https://desk.example.com",
    "PROXY_COUNT": "1",
    "DEBUG": "",
    "REDIS_URL": "redis://localhost:6379/0",
    "DATABASE_URL": "",
}


def tool(*command: str, **environment: str) -> Callable[[], str]:
    """A check that is a command: its output is only shown when it fails."""

    def check() -> str:
        result = subprocess.run(
            command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
        )
        return "" if result.returncode == 0 else (result.stdout + result.stderr).strip() or f"exit {result.returncode}"

    return check


def manage(*command: str) -> Callable[[], str]:
    return tool(sys.executable, "manage.py", *command, **PRODUCTION)


def lock_files() -> str:
    """The lock installs what it names and nothing else: hashes, no addresses, one distribution per package."""
    problems = []
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        if re.search(r"://|^--(?:extra-)?index-url|^--find-links|^-f |^--trusted-host", text, re.M):
            problems.append(f"{name} names an address; make it with “make lock”.")
        if "--hash=sha256:" not in text:
            problems.append(f"{name} has no hashes.")
        pinned = re.findall(r"^([a-z0-9._-]+)(?:\[.*?\])?==", text, re.M)
        if {"django-fsm", "django-fsm-2"} <= set(pinned):
            problems.append(f"{name} has both django-fsm and django-fsm-2, which write the same folder.")
    runtime = set(re.findall(r"^(\S.*?==\S+)", (ROOT / "requirements.txt").read_text(), re.M))
    missing = runtime - set(re.findall(r"^(\S.*?==\S+)", (ROOT / "requirements-dev.txt").read_text(), re.M))
    if missing:
        problems.append(f"requirements-dev.txt has other versions than requirements.txt: {', '.join(sorted(missing))}.")
    return "\n".join(problems)


CHECKS: dict[str, Callable[[], str]] = {
    "format": tool(str(BIN / "ruff"), "format", "--check"),
    "lint": tool(str(BIN / "ruff"), "check"),
    "import contracts": tool(str(BIN / "lint-imports"), "--no-cache"),
    "types": tool(str(BIN / "mypy")),
    "missing migrations": manage("makemigrations", "--check", "--dry-run"),
    "deploy checks": manage("check", "--deploy", "--fail-level", "WARNING"),
    "API schema": manage("spectacular", "--validate", "--fail-on-warn", "--file", os.devnull),
    "templates": tool(sys.executable, "tests/templates.py", **PRODUCTION),
    "lock files": lock_files,
}


def main(wanted: list[str]) -> int:
    failed = []
    for name, check in CHECKS.items():
        if wanted and name not in wanted:
            continue
        started = time.monotonic()
        problem = check()
        print(f"  {name:<20} {'FAILED' if problem else 'ok':<7} {time.monotonic() - started:5.1f} s", flush=True)
        if problem:
            print("\n" + problem + "\n", flush=True)
            failed.append(name)
    print(f"Failed: {', '.join(failed)}." if failed else "Everything is in order.", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
