"""Fixtures for tests that meet the product from outside: commands, servers, free ports, and caches left clean."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import template

ROOT = Path(__file__).resolve().parent.parent
#: What a process of a test inherits: enough to run, nothing that configures the product.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "COVERAGE_PROCESS_START")


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Rate limits and cached rows of one test must not reach the next."""
    yield
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def own_redis() -> Iterator[dict[str, str]]:
    """A Redis with names of our own in it, as variables, for tests of real workers; skips where there is none."""
    import redis

    url = os.environ.get("TEST_REDIS_URL") or "redis://127.0.0.1:6379/15"
    client = redis.Redis.from_url(url, socket_connect_timeout=2)
    try:
        client.ping()
    except redis.RedisError:
        pytest.skip(f"needs Redis on {url}")
    prefix = f"itsm-test-{uuid.uuid4().hex[:12]}"
    yield {"REDIS_URL": url, "REDIS_PREFIX": prefix}
    for key in client.scan_iter(match=f"{prefix}:*", count=1000):
        client.delete(key)
    client.close()


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a fresh installation: its own data folder and nothing configured."""
    return {name: os.environ[name] for name in INHERITED if name in os.environ} | {"VAR_DIR": str(tmp_path / "var")}


@pytest.fixture
def installed(environment: dict[str, str]) -> dict[str, str]:
    """The same, with the migrated database that the first start would have made."""
    var = Path(environment["VAR_DIR"])
    var.mkdir(parents=True)
    shutil.copy(template.sqlite(), var / "itsm.sqlite3")
    return environment


@pytest.fixture
def manage(environment: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run ``manage.py`` in that environment; keywords are further variables."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=environment | variables, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    return run


@dataclass
class Server:
    """A running ``manage.py up``."""

    process: subprocess.Popen[str]
    url: str

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        request = urllib.request.Request(self.url + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def json(self, path: str) -> tuple[int, Any]:
        status, body = self.get(path)
        return status, json.loads(body)

    def wait(self, path: str = "/readyz", seconds: float = 120) -> None:
        """Until ``path`` answers 200; a process that ended or hangs fails with what it printed."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                pytest.fail(f"the server ended with {self.process.returncode}:\n{self.process.communicate()}")
            with contextlib.suppress(OSError):
                if self.get(path)[0] == 200:
                    return
            time.sleep(0.1)
        self.process.kill()
        pytest.fail(f"{path} did not become 200 within {seconds} s:\n{self.process.communicate()}")

    def stop(self, number: int = signal.SIGTERM, seconds: float = 20) -> tuple[int, str, str]:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=seconds)
        return self.process.returncode, out, err


@pytest.fixture
def up(environment: dict[str, str], free_port: int) -> Iterator[Callable[..., Server]]:
    """Start ``manage.py up`` as a real process and stop it afterwards; keywords are further variables."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, port: int = free_port, **variables: str) -> Server:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--no-demo", "--port", str(port), *arguments],
            cwd=ROOT, env=environment | variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        return Server(process, f"http://127.0.0.1:{port}")

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
