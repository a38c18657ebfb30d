"""The outbox with real processes: a worker killed in the middle, a real broker, and a dead one."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from tests import template
from tests.processes import INHERITED, ROOT

pytestmark = [pytest.mark.process, pytest.mark.slow]

KEY = "of a test: long enough, random enough, and worth nothing to anybody at all"

#: A desk, a requester and one incident in the hands of an agent; nobody was told of anything yet.
PEOPLE = """
from tests import factories
desk = factories.TeamFactory(name="Service desk")
rita = factories.person("Rita Requester", email="rita@example.com")
anna = factories.person("Anna Agent", email="anna@example.com", roles=("agent",), teams=(desk,))
incident = factories.incident(rita, team=desk, assignee=anna)
from itsm.lib import clock
from itsm.notifications.models import Event
Event.objects.update(fanned_out_at=clock.now())
"""
REPLIES = """
from itsm.accounts.models import User
from operation.models import Incident
from itsm.workflow import conversation
anna, incident = User.objects.get(email="anna@example.com"), Incident.objects.get()
for number in range({count}):
    conversation.reply(incident, f"Reply {{number}}", actor=anna, source="web")
"""
FAN_OUT = "from itsm.notifications.services import fan_out; print(fan_out.run())"
DELIVER = """
import os, sys, time, datetime
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "itsm.settings")
import django
django.setup()
from itsm.notifications.services import delivery
delivery.LEASE = datetime.timedelta(seconds=3)
print("ready", flush=True)
while True:
    delivery.run()
    time.sleep(0.1)
"""


class Box:
    """Counts what arrives by Message-ID; ``deadly`` kills the sender after it handed over its nth mail."""

    def __init__(self):
        self.ids = Counter()
        self.deadly = 0
        self.victim = None

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the name the server calls
        headers = envelope.content.decode("utf-8", "replace").split("\r\n\r\n")[0]
        identifier = next(line for line in headers.split("\r\n") if line.lower().startswith("message-id:"))
        self.ids[identifier] += 1
        if self.deadly and sum(self.ids.values()) == self.deadly:
            os.kill(self.victim.pid, signal.SIGKILL)
            self.victim.wait()
        return "250 Message accepted"


@pytest.fixture
def smtp():
    box = Box()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    box.url = f"smtp://127.0.0.1:{port}?timeout=5"
    yield box
    server.stop()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> Path:
    """An embedded database with people in it, made once and copied for every test."""
    var = tmp_path_factory.mktemp("prepared")
    variables = {name: os.environ[name] for name in INHERITED if name in os.environ}
    variables |= {"VAR_DIR": str(var), "SECRET_KEY": KEY}
    shutil.copy(template.sqlite(), var / "itsm.sqlite3")
    filled = [sys.executable, "manage.py", "shell", "--no-imports", "-c", PEOPLE]
    subprocess.run(filled, cwd=ROOT, env=variables, timeout=300, check=True)
    with contextlib.closing(sqlite3.connect(var / "itsm.sqlite3")) as data:
        data.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return var / "itsm.sqlite3"


@pytest.fixture
def shell(manage, environment, prepared):
    """Run code in a process of its own, on data of its own."""
    environment["SECRET_KEY"] = KEY
    Path(environment["VAR_DIR"]).mkdir(parents=True)
    shutil.copy(prepared, environment["VAR_DIR"])

    def run(code: str, **variables: str) -> str:
        done = manage("shell", "--no-imports", "-c", code, **variables)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


def states(environment) -> Counter:
    with contextlib.closing(sqlite3.connect(Path(environment["VAR_DIR"]) / "itsm.sqlite3")) as data:
        rows = data.execute(
            "SELECT state FROM notifications_message WHERE channel = 'email' AND address = 'rita@example.com'"
        )
        return Counter(state for (state,) in rows)


def wait_for(condition, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


@contextlib.contextmanager
def process(*command: str, **variables: str):
    running = subprocess.Popen(
        command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield running
    finally:
        if running.poll() is None:
            running.kill()
        running.communicate()


def test_worker_killed_while_handing_over_loses_nothing_and_repeats_one_recognisably(shell, smtp, environment):
    shell(REPLIES.format(count=12))
    assert shell(FAN_OUT) == "12"
    variables = environment | {"EMAIL_URL": smtp.url}
    smtp.deadly = 5
    with process(sys.executable, "-c", DELIVER, **variables) as first:
        smtp.victim = first
        wait_for(lambda: first.poll() is not None)
        assert first.returncode == -signal.SIGKILL
    assert states(environment) == {"sent": 4, "sending": 1, "pending": 7}
    with process(sys.executable, "-c", DELIVER, **variables):
        wait_for(lambda: states(environment) == {"sent": 12})
    assert len(smtp.ids) == 12
    # The fifth was in the hands of the dead: it came twice, under one id, and nothing else did.
    assert sorted(smtp.ids.values()) == [1] * 11 + [2]


def test_killed_between_two_mails_nothing_comes_twice(shell, smtp, environment):
    shell(REPLIES.format(count=6))
    assert shell(FAN_OUT) == "6"
    claim = DELIVER.replace("    delivery.run()\n", "    delivery.claim('email')\n    print('claimed', flush=True)\n")
    with process(sys.executable, "-c", claim, **environment) as first:
        while first.stdout.readline().strip() != "claimed":
            pass
        first.kill()
        first.wait()
    with process(sys.executable, "-c", DELIVER, **environment, EMAIL_URL=smtp.url):
        wait_for(lambda: states(environment) == {"sent": 6})
    assert set(smtp.ids.values()) == {1}


def test_nudge_through_a_real_broker_reaches_a_real_worker(shell, smtp, environment, own_redis):
    variables = environment | own_redis | {"EMAIL_URL": smtp.url}
    worker = [
        sys.executable,
        "-m",
        "celery",
        "--app",
        "itsm.celery",
        "worker",
        "--pool",
        "solo",
        "--loglevel",
        "warning",
    ]
    with process(*worker, **variables):
        shell(REPLIES.format(count=2), **own_redis)
        wait_for(lambda: states(environment) == {"sent": 2}, 60)
    assert sorted(smtp.ids.values()) == [1, 1]


def test_dead_broker_breaks_nothing_and_the_periodic_job_finds_the_work(shell, smtp, environment):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"redis://127.0.0.1:{probe.getsockname()[1]}/0"
    shell(REPLIES.format(count=2), REDIS_URL=nobody)
    tasks = "from itsm.notifications.tasks import tell_events, deliver_messages; tell_events(); deliver_messages()"
    shell(tasks, REDIS_URL=nobody, EMAIL_URL=smtp.url)
    assert states(environment) == {"sent": 2}
    assert sorted(smtp.ids.values()) == [1, 1]
