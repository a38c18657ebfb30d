"""Run everything in one process: web server, background worker and scheduler."""

from __future__ import annotations

import errno
import logging
import signal
import sys
import threading
import weakref
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import IO, Any

from celery import current_app, signals
from celery.beat import EmbeddedService
from celery.worker import WorkController
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files import locks
from django.core.management import BaseCommand, CommandError, CommandParser, call_command, get_commands
from django.core.servers.basehttp import get_internal_wsgi_application
from django.db import connections
from waitress.server import create_server

from itsm.desk.scheduler import LeaseScheduler

DEMO_PASSWORD = "demo"  # noqa: S105 - of the demonstration data, and printed for everybody to see


class EmbeddedWorker(WorkController):  # type: ignore[misc]
    """A worker that says when it is ready, as the one of the command line does."""

    def on_consumer_ready(self, consumer: Any) -> None:
        signals.worker_ready.send(sender=consumer)


class Command(BaseCommand):
    help = "Starts the whole service desk in one process: web server, background worker and scheduler."
    #: The checks run with the migrations; a second time would only delay the start.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument("--port", type=int, default=settings.PORT, help="port to listen on (default: %(default)s)")
        parser.add_argument(
            "--threads", type=int, default=8, help="threads that answer requests (default: %(default)s)"
        )
        parser.add_argument("--no-demo", action="store_true", help="leave an empty database empty")

    def handle(self, *, host: str, port: int, threads: int, no_demo: bool, **options: Any) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        with ExitStack() as stack:
            stack.enter_context(self.only_one(settings.VAR))
            web = self.listen(host, port, threads)
            stack.callback(web.close)
            self.prepare(demo=not no_demo)
            self.serve(web, host, port)

    def only_one(self, var: Path) -> IO[str]:
        """Hold the data folder: two schedulers on one set of data would double its work."""
        var.mkdir(parents=True, exist_ok=True)
        handle = (var / "up.lock").open("w")
        if not locks.lock(handle, locks.LOCK_EX | locks.LOCK_NB):
            handle.close()
            raise CommandError(f"The service desk already runs on the data in {var}. Stop that one first.")
        return handle

    def listen(self, host: str, port: int, threads: int) -> Any:
        """Take the port before anything else happens: a start that cannot succeed should change nothing."""

        proxy = {"trusted_proxy": "*", "trusted_proxy_headers": PROXY_HEADERS} if settings.PROXY_COUNT else {}
        try:
            return create_server(
                get_internal_wsgi_application(), host=host, port=port, threads=threads, ident=None, **proxy
            )
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CommandError(
                    f"Port {port} on {host} is in use. Stop what listens there, or choose another port: PORT={port + 1}"
                ) from None
            raise CommandError(f"Cannot listen on {host}:{port}: {error.strerror or error}.") from None

    def prepare(self, *, demo: bool) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        people = get_user_model()._default_manager.filter(is_active=True)
        if demo and "seed_demo" in get_commands() and not people.exists():
            self.say("The database is empty: making the demo organisation …")
            call_command("seed_demo")

    def serve(self, web: Any, host: str, port: int) -> None:
        worker = EmbeddedWorker(
            app=current_app, pool_cls="threads", concurrency=2, prefetch_multiplier=32, loglevel=settings.LOG_LEVEL,
            hostname="embedded@localhost", quiet=True, without_gossip=True, without_mingle=True, without_heartbeat=True,
        )  # fmt: skip
        working = threading.Thread(target=worker.start, name="worker", daemon=True)
        beat = EmbeddedService(
            current_app._get_current_object(), thread=True, scheduler_cls=LeaseScheduler,
            schedule_filename=settings.CELERY_BEAT_SCHEDULE_FILENAME,
        )  # fmt: skip
        working.start()
        beat.start()
        self.welcome(host, port)
        try:
            web.run()
        finally:
            # Quiet from here on: the libraries report each closed connection of a deliberate stop.
            logging.disable(logging.ERROR)
            web.task_dispatcher.shutdown(cancel_pending=True, timeout=10)
            beat.stop()
            worker.stop()
            working.join(20)
            connections.close_all()
            self.say("Stopped.")

    def welcome(self, host: str, port: int) -> None:
        shown = "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104 - compared, not bound
        self.say(f"\n  {settings.SITE_NAME} is running:  http://{shown}:{port}/\n")
        demo = get_user_model()._default_manager.filter(email__endswith="@example.com", is_active=True).order_by("pk")
        if emails := list(demo.filter(email__in=DEMO_SIGN_INS).values_list("email", flat=True)):
            self.say(f"  Sign in with the password “{DEMO_PASSWORD}” as")
            for email in sorted(emails, key=list(DEMO_SIGN_INS).index):
                self.say(f"    {email:<24} {DEMO_SIGN_INS[email]}")
            self.say("")
        elif not get_user_model()._default_manager.filter(is_superuser=True).exists():
            self.say("  Nobody can sign in yet. Make the first account:  manage.py createsuperuser\n")
        self.say("  Ctrl-C stops it.")

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


PROXY_HEADERS = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"}

#: The demo organisation's people and what each is for.
DEMO_SIGN_INS = {
    "admin@example.com": "administrator",
    "agent@example.com": "service desk agent",
    "engineer@example.com": "second-line engineer",
    "manager@example.com": "service level, portfolio and improvement manager",
    "change@example.com": "change manager",
    "owner@example.com": "service owner",
    "security@example.com": "security officer",
    "assets@example.com": "configuration manager",
    "finance@example.com": "finance manager",
    "auditor@example.com": "auditor",
    "requester@example.com": "employee who asks for help",
    "other@example.com": "employee of another organisation",
}


def stop(signum: int, frame: FrameType | None) -> None:
    if _is_finalising(frame):
        # Python swallows what is raised there: come back a moment later.
        signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        return
    # A second Ctrl-C ends it at once. A second SIGTERM does not: make and timeout send it to the group and the child.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(0)


def _is_finalising(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == weakref.__file__:
            return True
        frame = frame.f_back
    return False
