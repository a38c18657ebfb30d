"""A database of its own per size, filled honestly: every row a real installation would have."""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

TEAMS, AGENTS, REQUESTERS, SERVICES = 40, 480, 50_000, 60
OPEN_SHARE = 0.03
WORDS = [
    "mail",
    "printer",
    "laptop",
    "password",
    "account",
    "network",
    "wifi",
    "vpn",
    "screen",
    "keyboard",
    "mouse",
    "docking",
    "outlook",
    "calendar",
    "invoice",
    "export",
    "report",
    "scanner",
    "label",
    "warehouse",
    "till",
    "payment",
    "checkout",
    "timeout",
    "error",
    "slow",
    "crash",
    "freeze",
    "update",
    "certificate",
    "sign",
    "login",
    "phone",
    "headset",
    "meeting",
    "room",
    "video",
    "sound",
    "camera",
    "share",
    "drive",
    "folder",
    "permission",
    "request",
    "order",
    "shop",
    "search",
    "page",
    "refund",
    "stock",
    "picking",
    "zone",
    "line",
    "shift",
    "payroll",
    "contract",
    "address",
    "book",
    "sync",
    "token",
    "proxy",
    "gateway",
    "node",
    "disk",
    "memory",
    "backup",
]
CHUNK = 20_000


def server_url() -> str | None:
    """The PostgreSQL to use: ``BENCH_DATABASE_URL``, else the local default where it answers, else none."""
    import psycopg2

    given = os.environ.get("BENCH_DATABASE_URL")
    for url in [given] if given else ["postgres://postgres@127.0.0.1:5432/postgres"]:
        try:
            psycopg2.connect(url, connect_timeout=2).close()
        except psycopg2.OperationalError:
            continue
        return url
    return None


def prepare(size: int, var: Path, *, fresh: bool) -> dict[str, str]:
    """Environment of a database with ``size`` tickets; made when it is not there, or when ``fresh``."""
    server = server_url()
    var.mkdir(parents=True, exist_ok=True)
    if server:
        url = _own_database(server, f"itsm_bench_{size}", fresh=fresh)
    else:
        path = var / f"bench-{size}.sqlite3"
        if fresh:
            path.unlink(missing_ok=True)
        url = f"sqlite:///{path}"
    return {
        "DATABASE_URL": url,
        "SECRET_KEY": "a key for measuring only, long enough for the checks and worth nothing to anybody",
        "VAR_DIR": str(var),
        "ALLOWED_HOSTS": "*",
        "LOG_LEVEL": "WARNING",
    }


def _own_database(server: str, name: str, *, fresh: bool) -> str:
    import psycopg2

    connection = psycopg2.connect(server)
    connection.autocommit = True
    with connection.cursor() as cursor:
        if fresh:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if not cursor.fetchone():
            cursor.execute(f'CREATE DATABASE "{name}"')
    connection.close()
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def migrate(environment: dict[str, str]) -> None:
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], env={**os.environ, **environment}, check=True)


class Writer:
    """Rows into a table as fast as the database takes them."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.postgres = connection.vendor == "postgresql"

    def write(self, table: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
        buffer: list[tuple[Any, ...]] = []
        for row in rows:
            buffer.append(row)
            if len(buffer) >= CHUNK:
                self._flush(table, columns, buffer)
                buffer = []
        if buffer:
            self._flush(table, columns, buffer)

    def _flush(self, table: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
        names = ", ".join(f'"{name}"' for name in columns)
        with self.connection.cursor() as cursor:
            if self.postgres:
                text = io.StringIO("".join("\t".join(map(_copy, row)) + "\n" for row in rows))
                cursor.cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN", text)
            else:
                marks = ", ".join(["?"] * len(columns))
                cursor.connection.connection.executemany(
                    f"INSERT INTO {table} ({names}) VALUES ({marks})", [tuple(map(_plain, row)) for row in rows]
                )


def _copy(value: Any) -> str:
    if value is None:
        return "\\N"
    if value is True:
        return "t"
    if value is False:
        return "f"
    return str(value)


def _plain(value: Any) -> Any:
    return value.isoformat(sep=" ").replace("+00:00", "") if isinstance(value, datetime) else value


def fill(size: int, say: Callable[[str], None]) -> None:
    """Fill the connected database with ``size`` tickets and everything that belongs to them."""
    from django.db import connection, transaction

    from itsm.tickets.models import Ticket

    if Ticket.objects.count() >= size:
        return
    started = time.perf_counter()
    dice = random.Random(1)
    writer = Writer(connection)
    with transaction.atomic():
        if writer.postgres:
            with connection.cursor() as cursor:
                # The search triggers would run per row; the index is built once at the end instead.
                cursor.execute("SET LOCAL session_replication_role = replica")
        world = _world(dice)
        for table, columns, rows in _tables(size, dice, world):
            writer.write(table, columns, rows)
            say(f"  {table}: {time.perf_counter() - started:.0f} s")
        if writer.postgres:
            with connection.cursor() as cursor:
                for table in ("tickets_ticket", "tickets_stateinterval", "tickets_timelineentry", "sla_clock"):
                    cursor.execute(
                        f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
                    )
    from django.core.management import call_command

    call_command("rebuild_search", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if writer.postgres else "ANALYZE")
    say(f"  filled and indexed in {time.perf_counter() - started:.0f} s")


def _world(dice: random.Random) -> dict[str, Any]:
    """People, teams and services, through the models; one password for the sign-ins that are measured."""
    from django.contrib.auth.hashers import make_password
    from django.contrib.auth.models import Group

    from itsm.accounts.models import Membership, Organisation, Team, User
    from itsm.catalogue.models import Service
    from itsm.sla.models import Coverage, SupportLevel, Target

    organisations = Organisation.objects.bulk_create(Organisation(name=f"Organisation {n}") for n in range(200))
    teams = Team.objects.bulk_create(Team(name=f"Team {n:02}") for n in range(TEAMS))
    secret = make_password("demo")
    users = User.objects.bulk_create(
        [
            User(
                email=f"agent{n}@bench.example" if n < AGENTS else f"person{n}@bench.example", name=f"Person {n}",
                organisation=organisations[n % 200], password=secret,
            )
            for n in range(AGENTS + REQUESTERS)
        ],
        batch_size=2000,
    )  # fmt: skip
    Membership.objects.bulk_create(Membership(team=teams[n % TEAMS], user=users[n]) for n in range(AGENTS))
    Group.objects.get(name="agent").user_set.add(*users[:AGENTS])
    Group.objects.get(name="service_level_manager").user_set.add(users[0])
    services = Service.objects.bulk_create(
        Service(name=f"Service {n:02}", slug=f"service-{n:02}", status="live", support_team=teams[n % TEAMS])
        for n in range(SERVICES)
    )
    level = SupportLevel.objects.create(name="Gold", pause_reasons=["requester"])
    target = Target.objects.create(support_level=level, metric="resolution", minutes=2880)
    Target.objects.create(support_level=level, metric="first_response", minutes=240)
    Coverage.objects.create(support_level=level)
    return {
        "organisations": [o.pk for o in organisations],
        "teams": [t.pk for t in teams],
        "agents": [u.pk for u in users[:AGENTS]],
        "requesters": [u.pk for u in users[AGENTS:]],
        "services": [s.pk for s in services],
        "target": target.pk,
    }


Table = tuple[str, tuple[str, ...], Iterator[tuple[Any, ...]]]

TICKET = (
    "id", "kind", "title", "description", "requester_id", "opened_by_id", "organisation_id", "is_vip", "channel",
    "service_id", "impact", "urgency", "priority", "priority_reason", "team_id", "assignee_id", "state", "phase",
    "hold_reason", "is_major", "awaiting_reply", "custom", "opened_at", "updated_at", "resolved_at", "closed_at",
    "reopen_count", "transfer_count", "sla_state", "sla_metric", "due_at", "warn_at", "due_sort", "external_id",
    "version",
)  # fmt: skip


def _tables(size: int, dice: random.Random, world: dict[str, Any]) -> Iterator[Table]:
    from itsm.lib.clock import FAR_FUTURE

    now = datetime.now(UTC).replace(microsecond=0)
    seed = dice.random()

    def lives() -> Iterator[dict[str, Any]]:
        """The same tickets for every table: a generator with its own dice."""
        roll = random.Random(seed)
        for number in range(1, size + 1):
            opened = now - timedelta(minutes=int((size - number) * 1440 * 730 / size) + roll.randrange(60))
            team = roll.randrange(TEAMS)
            is_open = roll.random() < OPEN_SHARE or number > size * 0.995
            state = (
                roll.choices(("new", "assigned", "in_progress", "on_hold"), (2, 3, 4, 2))[0] if is_open else "closed"
            )
            hours = roll.expovariate(1 / 20)
            yield {
                "id": number,
                "opened": opened,
                "resolved": None if is_open else min(now, opened + timedelta(hours=hours)),
                "state": state,
                "phase": {"new": "new", "on_hold": "waiting", "closed": "closed"}.get(state, "active"),
                "team": world["teams"][team],
                "assignee": None if state == "new" else world["agents"][team + TEAMS * roll.randrange(AGENTS // TEAMS)],
                "requester": roll.choice(world["requesters"]),
                "service": roll.choice(world["services"]),
                "priority": roll.choices((1, 2, 3, 4, 5), (1, 6, 40, 40, 13))[0],
                "title": " ".join(roll.choices(WORDS, k=6)),
                "text": " ".join(roll.choices(WORDS, k=45)),
                "late": hours > 48,
                "due": opened + timedelta(hours=48),
            }

    def tickets() -> Iterator[tuple[Any, ...]]:
        for t in lives():
            running = t["state"] in ("new", "assigned", "in_progress")
            yield (
                t["id"], "incident", t["title"], t["text"], t["requester"], t["requester"],
                world["organisations"][t["requester"] % 200], t["id"] % 200 == 0, "portal", t["service"], 3, 2,
                t["priority"], "", t["team"], t["assignee"], t["state"], t["phase"],
                "requester" if t["state"] == "on_hold" else "", False, t["id"] % 7 == 0 and t["resolved"] is None, "{}",
                t["opened"], t["resolved"] or t["opened"], t["resolved"], t["resolved"], 0, 0,
                "running" if running else "paused" if t["state"] == "on_hold" else "breached" if t["late"] else "met",
                "resolution" if t["resolved"] is None else "", t["due"] if running else None,
                t["due"] - timedelta(hours=12) if running else None, t["due"] if running else FAR_FUTURE, "", 3,
            )  # fmt: skip

    yield "tickets_ticket", TICKET, tickets()
    yield (
        "operation_incident",
        ("ticket_ptr_id", "resolution_code", "resolution", "cancel_reason", "reminders_sent"),
        ((t["id"], "fixed" if t["resolved"] else "", "", "", 0) for t in lives()),
    )

    def intervals() -> Iterator[tuple[Any, ...]]:
        for t in lives():
            held = (t["team"], None)
            taken = t["opened"] + timedelta(minutes=20)
            if t["state"] == "new":
                yield t["id"], "new", "new", "", *held, t["opened"], None
                continue
            yield t["id"], "new", "new", "", *held, t["opened"], taken
            if t["resolved"] is None:
                yield (t["id"], t["state"], t["phase"], "requester" if t["state"] == "on_hold" else "",
                       t["team"], t["assignee"], taken, None)  # fmt: skip
                continue
            done = max(taken, t["resolved"])
            yield t["id"], "in_progress", "active", "", t["team"], t["assignee"], taken, done
            yield t["id"], "closed", "closed", "", t["team"], t["assignee"], done, None

    yield (
        "tickets_stateinterval",
        ("ticket_id", "state", "phase", "hold_reason", "team_id", "assignee_id", "from_at", "to_at"),
        intervals(),
    )

    def timeline() -> Iterator[tuple[Any, ...]]:
        for t in lives():
            entry = (t["id"], t["opened"], "transition", t["requester"], "Person", False, True, "",
                     '{"verb": "open", "state": [null, "new"]}', "web")  # fmt: skip
            yield entry
            if t["assignee"]:
                yield (t["id"], t["opened"] + timedelta(minutes=21), "reply", t["assignee"], "Agent", True, True,
                       t["text"][:120], "{}", "web")  # fmt: skip
                yield (t["id"], t["opened"] + timedelta(minutes=40), "note", t["assignee"], "Agent", True, False,
                       t["text"][60:200], "{}", "web")  # fmt: skip
            # Every hundredth has the kind of history that makes pages slow.
            if t["id"] % 100 == 0:
                for step in range(200):
                    yield (t["id"], t["opened"] + timedelta(minutes=41 + step), "note", t["assignee"] or t["requester"],
                           "Agent", True, False, t["text"][:80], "{}", "web")  # fmt: skip

    yield (
        "tickets_timelineentry",
        ("ticket_id", "at", "kind", "author_id", "author_label", "by_agent", "public", "body", "data", "source"),
        timeline(),
    )

    def clocks() -> Iterator[tuple[Any, ...]]:
        for t in lives():
            running = t["resolved"] is None and t["state"] != "on_hold"
            state = "running" if running else "paused" if t["resolved"] is None else "breached" if t["late"] else "met"
            # Far enough ahead that nothing fires while pages are measured; the sweep sets its own.
            later = now + timedelta(days=30)
            yield (
                t["id"], "resolution", 0, world["target"], "Gold", 172800, 75, '["requester"]', "[]", state,
                t["opened"], t["resolved"], 3600, t["due"] if state != "paused" else None,
                t["due"] if t["late"] and t["resolved"] else None,
                f'[["breach", "{later.isoformat()}"]]' if running else "[]",
                "breach" if running else "", later if running else None, 1, now,
            )  # fmt: skip

    yield (
        "sla_clock",
        ("ticket_id", "metric", "cycle", "target_id", "label", "target_seconds", "warn_percent", "pause_reasons",
         "steps", "state", "started_at", "stopped_at", "elapsed_seconds", "due_at", "breached_at", "plan", "next_event",
         "next_event_at", "generation", "read_at"),
        clocks(),
    )  # fmt: skip
