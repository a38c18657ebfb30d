"""The product as people meet it: ``manage.py up`` with its demo organisation, and people with real browsers.

One installation serves all browser tests, as one service desk serves all people; every test works on tickets of its
own. Any error of a script, any violation of the content policy and any answer of 400 or above fails the test in whose
browser it happened.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.processes import INHERITED, ROOT, Server

CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), ""
)
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
#: What htmx logs as an error when a newer request replaces one that still runs; one that fails logs sendError.
ABORTED = ("htmx:afterRequest", "htmx:sendAbort")
#: What the browser itself reports about a page that keeps the policy and fails otherwise.
LISTEN = """
addEventListener("securitypolicyviolation", (event) =>
  console.error("policy", event.violatedDirective, event.blockedURI, event.sourceFile, event.lineNumber));
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """``make run`` on a fresh machine: demo data, web server, worker and scheduler.

    ``BROWSER_TESTS_ON=http://…`` uses one that runs already, which saves the half minute of its demo data.
    """
    if running := os.environ.get("BROWSER_TESTS_ON"):
        yield Server(None, running)  # type: ignore[arg-type]
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    folder = tmp_path_factory.mktemp("installation")
    environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", str(port)],
            cwd=ROOT, env=environment | {"VAR_DIR": str(folder / "var")}, stdout=log, stderr=log, text=True,
        )  # fmt: skip
        server = Server(process, f"http://127.0.0.1:{port}")
        server.wait("/readyz", seconds=600)
        yield server
        process.terminate()
        process.wait(20)


class Browsers:
    """Browsers of several people, and what went wrong in each."""

    def __init__(self, chromium: Any, url: str, cookies: dict[str, Any]) -> None:
        self.chromium, self.url, self.cookies = chromium, url, cookies
        self.contexts: list[Any] = []
        self.problems: list[str] = []
        #: Parts of addresses that may answer with an error here, because the test asks for it.
        self.expected: list[str] = []

    def open(self, email: str = "", path: str = "/", *, width: int = 1440, height: int = 900, **options: Any) -> Any:
        """A page in a browser of its own, signed in as this person of the demo organisation."""
        options.setdefault("color_scheme", "light")
        context = self.chromium.new_context(
            viewport={"width": width, "height": height},
            base_url=self.url,
            storage_state=self.cookies.get(email),
            **options,
        )
        context.set_default_timeout(10_000)
        context.add_init_script(LISTEN)
        self.contexts.append(context)
        page = context.new_page()
        self.listen(page, email or "nobody")
        if email and email not in self.cookies:
            self.sign_in(page, email)
            self.cookies[email] = context.storage_state()
        page.goto(path)
        return page

    def sign_in(self, page: Any, email: str) -> None:
        page.goto("/accounts/login/")
        page.fill("input[name=login]", email)
        page.fill("input[name=password]", "demo")
        page.press("input[name=password]", "Enter")
        page.wait_for_url(lambda url: "/accounts/login/" not in url)

    def listen(self, page: Any, who: str) -> None:
        def note(text: str) -> None:
            self.problems.append(f"{who} on {page.url.removeprefix(self.url)}: {text}")

        page.on("pageerror", lambda error: note(f"script: {error}"))
        page.on("console", lambda message: note(f"console: {message.text}") if self.counts(message) else None)
        page.on("response", lambda answer: note(f"{answer.status} {answer.url}") if self.is_error(answer) else None)

    def counts(self, message: Any) -> bool:
        # The browser repeats failed answers on the console; those are noted with their address.
        known = ("Failed to load resource", *ABORTED, *self.expected)
        return message.type == "error" and not any(part in message.text for part in known)

    def is_error(self, answer: Any) -> bool:
        return answer.status >= 400 and not any(part in answer.url for part in self.expected)

    def close(self) -> None:
        for context in self.contexts:
            context.close()
        self.contexts.clear()


@pytest.fixture(scope="session")
def cookies() -> dict[str, Any]:
    """Who has signed in already, for the rest of the session."""
    return {}


@pytest.fixture
def browsers(chromium: Any, installation: Server, cookies: dict[str, Any]) -> Iterator[Browsers]:
    made = Browsers(chromium, installation.url, cookies)
    yield made
    made.close()
    assert made.problems == []


@pytest.fixture
def visit(browsers: Browsers) -> Callable[..., Any]:
    return browsers.open
