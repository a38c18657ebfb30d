"""The product as it is served in production, and a client that behaves like a browser."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode


class Server:
    """gunicorn with one worker process of four threads."""

    def __init__(self, environment: dict[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "itsm.wsgi", "--bind", f"127.0.0.1:{self.port}", "--workers", "1",
             "--worker-class", "gthread", "--threads", "4", "--keep-alive", "60", "--log-level", "error"],
            env={**os.environ, **environment},
        )  # fmt: skip
        for _attempt in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.1)
            else:
                break

    def processes(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in children]

    def cpu_seconds(self) -> float:
        """User and system time of the worker so far."""
        ticks = 0
        for pid in self.processes():
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        """Resident memory of the worker."""
        return max(resident_mb(pid) for pid in self.processes())

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def resident_mb(pid: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[Server]:
    server = Server(environment)
    try:
        yield server
    finally:
        server.stop()


class Browser:
    """One connection, cookies kept, forms posted with their token."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.cookies: dict[str, str] = {}
        self.page = ""

    def request(self, method: str, path: str, data: dict[str, str] | None = None, **headers: str) -> int:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        body = None
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if data is not None and "Content-Type" not in headers:
            body = urlencode(data)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        elif data is not None:
            body = data["body"]
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        self.page = answer.read().decode("utf-8", "replace")
        self.location = answer.getheader("Location", "")
        for header in answer.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value
        return answer.status

    def token(self) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.page)
        return found[1] if found else ""

    def sign_in(self, email: str) -> None:
        self.request("GET", "/accounts/login/")
        status = self.request(
            "POST", "/accounts/login/", {"login": email, "password": "demo", "csrfmiddlewaretoken": self.token()}
        )
        if status != 302:
            raise SystemExit(f"sign-in as {email} answered {status}")
