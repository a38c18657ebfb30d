"""What is measured: pages, API, sweep, import, memory."""

from __future__ import annotations

import csv
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.database import WORDS
from bench.server import Browser, Server, resident_mb

Result = dict[str, Any]


def timed(server: Server, name: str, call: Callable[[int], int], *, times: int = 60, warm: int = 6) -> Result:
    """Median and p95 of wall milliseconds, and CPU milliseconds of the server per request."""
    for number in range(warm):
        call(number)
    walls: list[float] = []
    cpu = server.cpu_seconds()
    for number in range(times):
        started = time.perf_counter()
        status = call(warm + number)
        walls.append((time.perf_counter() - started) * 1000)
        if status >= 400:
            return {"measure": name, "failed": status}
    cpu = server.cpu_seconds() - cpu
    return {
        "measure": name,
        "median_ms": round(statistics.median(walls), 1),
        "p95_ms": round(statistics.quantiles(walls, n=20)[18], 1),
        "cpu_ms": round(cpu * 1000 / times, 1),
    }


def queries_of(email: str, path: str) -> int:
    """How many queries the page runs, counted in this process."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from itsm.accounts.models import User

    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(User.objects.get(email=email))
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    return len(captured)


def pages(server: Server, size: int) -> list[Result]:
    """Queue, home, ticket, search, dashboard and creating, over HTTP."""
    from itsm.catalogue.models import Service
    from itsm.tickets.models import Ticket

    dice = random.Random(3)
    agent, manager, requester = "agent3@bench.example", "agent0@bench.example", "person600@bench.example"
    desk, person = Browser(server.port), Browser(server.port)
    desk.sign_in(agent)
    person.sign_in(requester)
    numbers = [f"INC-{pk}" for pk in Ticket.objects.open().order_by("?").values_list("pk", flat=True)[:80]]
    long_ones = [f"INC-{dice.randrange(1, size // 100) * 100}" for _ in range(80)]

    services = [one.get_absolute_url() for one in Service.objects.order_by("pk")[:40]]

    def words() -> str:
        return "+".join(dice.choices(WORDS, k=2))

    def home() -> int:
        """The start page, with the redirect that leads to it."""
        status = desk.request("GET", "/")
        return desk.request("GET", desk.location) if status == 302 else status

    plan: list[tuple[str, Callable[[int], int], str]] = [
        ("queue, my teams", lambda n: desk.request("GET", "/queue/"), "/queue/"),
        ("queue, all open incidents", lambda n: desk.request("GET", "/queue/?view=all-open&kind=incident"),
         "/queue/?view=all-open&kind=incident"),
        ("home of an agent", lambda n: home(), "/my-work/"),
        ("ticket", lambda n: desk.request("GET", f"/tickets/{numbers[n % 80]}/"), f"/tickets/{numbers[0]}/"),
        ("ticket with 200 entries", lambda n: desk.request("GET", f"/tickets/{long_ones[n % 80]}/"),
         f"/tickets/{long_ones[0]}/"),
        ("search, two words", lambda n: desk.request("GET", f"/search/?q={words()}"), f"/search/?q={words()}"),
        ("service", lambda n: desk.request("GET", services[n % len(services)]), services[0]),
        ("search, number", lambda n: desk.request("GET", f"/search/?q={numbers[n % 80]}"), "/search/?q=INC-5"),
    ]  # fmt: skip
    results = []
    for name, call, path in plan:
        result = timed(server, name, call)
        result["queries"] = queries_of(agent, path)
        results.append(result)
    boss = Browser(server.port)
    boss.sign_in(manager)
    results.append(timed(server, "SLA dashboard", lambda n: boss.request("GET", "/dashboards/sla/"), times=20)
                   | {"queries": queries_of(manager, "/dashboards/sla/")})  # fmt: skip
    for stage in ("strategy", "design", "transition", "operation", "improvement"):
        results.append(timed(server, f"stage home: {stage}", lambda n, at=stage: boss.request("GET", f"/{at}/"),
                             times=20)
                       | {"queries": queries_of(manager, f"/{stage}/")})  # fmt: skip
    results.append(timed(server, "portal home", lambda n: person.request("GET", "/portal/"))
                   | {"queries": queries_of(requester, "/portal/")})  # fmt: skip
    person.request("GET", "/portal/report/")
    token = person.token()

    def report(number: int) -> int:
        return person.request(
            "POST", "/portal/report/",
            {"csrfmiddlewaretoken": token, "title": f"Measured report {number}", "description": "Measured.",
             "impact": "3", "urgency": "2"},
        )  # fmt: skip

    results.append(timed(server, "create by form", report, times=40))
    return results


def api(server: Server, environment: dict[str, str]) -> list[Result]:
    """List and create over the REST API with a token."""
    said = subprocess.run(
        [sys.executable, "manage.py", "create_token", "agent3@bench.example", "--scope", "tickets:read", "--scope",
         "tickets:write"],
        env={**os.environ, **environment}, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    token = next(word for word in said.split() if word.startswith("itsm_"))
    client = Browser(server.port)
    headers = {"Authorization": f"Bearer {token}"}

    def create(number: int) -> int:
        body = json.dumps({"title": f"Measured over the API {number}", "description": "Measured."})
        return client.request(
            "POST", "/api/v1/incidents/", {"body": body}, **{**headers, "Content-Type": "application/json"}
        )

    return [
        timed(server, "API list of 50", lambda n: client.request("GET", "/api/v1/incidents/?page_size=50", **headers)),
        timed(server, "API create", create, times=40),
    ]


def sweep(environment: dict[str, str], size: int) -> list[Result]:
    """An empty sweep over all clocks running, then many due ones with two sweepers."""
    from django.db import connection

    from itsm.sla.models import Clock, ClockEvent
    from itsm.sla.services import sweep as sweeper

    later = datetime.now(UTC) + timedelta(days=30)
    Clock.objects.filter(next_event_at__isnull=True).update(
        next_event_at=later, next_event="breach", state="running", plan=[["breach", later.isoformat()]]
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE sla_clock")
    walls = []
    for _round in range(20):
        started = time.perf_counter()
        sweeper.sweep()
        walls.append((time.perf_counter() - started) * 1000)
    empty = {
        "measure": f"empty sweep over {Clock.objects.filter(next_event_at__isnull=False).count():,} running clocks",
        "median_ms": round(statistics.median(walls), 2),
        "p95_ms": round(statistics.quantiles(walls, n=20)[18], 2),
    }
    due = min(40_000, size // 4)
    chosen = list(Clock.objects.order_by("id").values_list("pk", flat=True)[:due])
    past = datetime.now(UTC) - timedelta(minutes=1)
    ClockEvent.objects.filter(clock__in=chosen).delete()
    for at in range(0, due, 5000):
        Clock.objects.filter(pk__in=chosen[at : at + 5000]).update(
            next_event_at=past, next_event="breach", plan=[["breach", past.isoformat()]]
        )
    before = ClockEvent.objects.count()
    script = (
        "import django; django.setup(); from itsm.sla.services import sweep; n = 0\n"
        "while (d := sweep.sweep()): n += d\n"
        "print(n)"
    )
    launched = [
        subprocess.Popen([sys.executable, "-c", script],
                         env={**os.environ, **environment, "DJANGO_SETTINGS_MODULE": "itsm.settings"},
                         stdout=subprocess.PIPE, text=True)
        for _sweeper in range(2)
    ]  # fmt: skip
    # Starting Python is not sweeping: the first event marks the start, the last one the end.
    counts = [int(process.communicate()[0].split()[-1]) for process in launched]
    fired = ClockEvent.objects.count() - before
    span = ClockEvent.objects.order_by("-id").filter(clock__in=chosen).aggregate
    from django.db.models import Max, Min

    times = span(first=Min("fired_at"), last=Max("fired_at"))
    seconds = max((times["last"] - times["first"]).total_seconds(), 0.001)
    double = sum(counts) - fired
    return [empty, {"measure": "sweep with two sweepers", "clocks": fired, "per_second": round(fired / seconds),
                    "fired_twice": double}]  # fmt: skip


def process_analysis(most: int = 1_000_000) -> Result:
    """How tickets went, from their state intervals: read and analysed, up to a million."""
    from itertools import islice

    from improvement.reports.process import log, tickets

    day = datetime.now(UTC).date()
    question = tickets.Question("incident", day - timedelta(days=3650), day)
    started = time.perf_counter()
    found = log.analyse(islice(tickets.rows(question), most), tickets.rules("incident"))
    seconds = time.perf_counter() - started
    return {"measure": f"process analysis of {found.events:,} intervals", "seconds": round(seconds, 1)}


def import_rate(environment: dict[str, str], folder: Path) -> Result:
    """A log of 2,000 cases with seven events each, through the command."""
    rows = folder / "log.csv"
    dice = random.Random(5)
    with rows.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["number", "at", "state", "subject", "caller", "group", "owner"])
        start = datetime(2024, 1, 1, 8, tzinfo=UTC)
        stamp = int(time.time())
        for case in range(2000):
            at, group = start + timedelta(minutes=case * 7), f"Team {dice.randrange(40):02}"
            for state in ("new", "new", "in_progress", "in_progress", "on_hold", "in_progress", "resolved"):
                writer.writerow([f"{stamp}-{case}", at.isoformat(), state, " ".join(dice.choices(WORDS, k=6)),
                                 f"person{dice.randrange(600, 700)}@bench.example", group,
                                 "" if state == "new" else f"agent{dice.randrange(480)}@bench.example"])  # fmt: skip
                at += timedelta(minutes=dice.randrange(5, 300))
    mapping = folder / "map.yaml"
    mapping.write_text(
        "kind: incident\nsource: bench\ncase: {id: number}\nfields: {title: subject, requester: caller}\n"
        "event: {at: at, state: state, team: group, assignee: owner}\ncreate: [people, teams]\n"
    )
    started = time.perf_counter()
    subprocess.run([sys.executable, "manage.py", "import_tickets", str(rows), "--mapping", str(mapping)],
                   env={**os.environ, **environment}, check=True, stdout=subprocess.DEVNULL)  # fmt: skip
    seconds = time.perf_counter() - started
    return {"measure": "import of 14,000 events, start included", "per_second": round(14_000 / seconds)}


def worker_memory(environment: dict[str, str]) -> Result:
    """Resident memory of a worker process that is ready for jobs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "itsm.celery", "worker", "--pool", "solo", "--loglevel", "ERROR"],
        env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        time.sleep(8)
        return {"measure": "worker process", "resident_mb": round(resident_mb(process.pid))}
    finally:
        process.terminate()
        process.wait(20)


def scratch() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="bench-")
