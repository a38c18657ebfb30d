"""Workers killed in the middle of their work, as real processes on a database of their own: nothing lost or doubled."""

import sqlite3
import subprocess
import sys

import pytest

from tests.processes import ROOT

pytestmark = pytest.mark.process

PRELUDE = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "itsm.settings"
import django; django.setup()
from datetime import UTC, datetime, timedelta
from django.db import connection
from itsm.lib import clock
from itsm.sla.services import sweep
from itsm.workflow import escalations

START = datetime(2026, 3, 2, 9, tzinfo=UTC)

def hang_at(nth, beginning):
    "Say so and hang on the nth statement that begins so, after it was executed, inside its transaction."
    seen = 0
    def wrapper(execute, sql, params, many, context):
        nonlocal seen
        result = execute(sql, params, many, context)
        if sql.startswith(beginning):
            seen += 1
            if seen == nth:
                print("reached", flush=True)
                import time; time.sleep(60)
        return result
    connection.execute_wrappers.append(wrapper)
"""

PREPARE = """
from tests import factories
from itsm.catalogue.models import Service
level = factories.support_level(resolution=100)
team = factories.TeamFactory(name="Desk", escalates_to=factories.TeamFactory(name="Next"))
from itsm.sla.models import EscalationPolicy, EscalationStep
level.escalation_policy = EscalationPolicy.objects.create(name="Strict"); level.save()
EscalationStep.objects.create(policy=level.escalation_policy, percent=50, action="escalate")
service = factories.ServiceFactory(support_team=team)
factories.cover(level, service)
requester = factories.person("Rita")
with clock.moved_to(START):
    for number in range(12):
        factories.incident(requester, service=service)
"""

SWEEP = "sweep.BATCH['sqlite'] = 4\nprint(sweep.sweep(now=START + timedelta(minutes=60)))"
HANDLE = "with clock.moved_to(START + timedelta(minutes=61)): print(escalations.handle())"


@pytest.fixture
def run(installed):
    """Run a program inside the product; with ``kill`` it is killed as soon as it says that it got there."""
    installed["SECRET_KEY"] = "long enough for a process of a test, and worth nothing to anybody at all"

    def program(body, *, kill=False):
        process = subprocess.Popen(
            [sys.executable, "-c", PRELUDE + body], cwd=ROOT, env=installed, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        if not kill:
            out, err = process.communicate(timeout=120)
            assert process.returncode == 0, err
            return out.split()[-1:]
        assert process.stdout.readline() == "reached\n", process.communicate()
        process.kill()
        process.communicate()
        return None

    return program


@pytest.fixture
def query(environment):
    def ask(sql):
        with sqlite3.connect(f"{environment['VAR_DIR']}/itsm.sqlite3") as database:
            return database.execute(sql).fetchall()

    return ask


def test_a_killed_sweep_and_a_killed_escalation_are_finished_by_the_next(run, query):
    run(PREPARE)
    # Killed inside its second batch: the first stays done, the second is as if it had never begun.
    run("hang_at(2, 'UPDATE sla_clock SET state')\n" + SWEEP, kill=True)
    assert query("SELECT count(*), count(DISTINCT clock_id) FROM sla_clockevent") == [(4, 4)]
    assert query("SELECT count(*) FROM sla_clock WHERE next_event = 'step:50'") == [(8,)]
    assert run(SWEEP) == ["8"]
    assert run(SWEEP) == ["0"]
    assert query("SELECT count(*), count(DISTINCT clock_id) FROM sla_clockevent") == [(12, 12)]

    # Killed inside the third ticket, after its hand-over and before its mark.
    run("hang_at(3, 'INSERT INTO \"notifications_event\"')\n" + HANDLE, kill=True)
    done = query("SELECT count(*) FROM sla_clockevent WHERE handled_at IS NOT NULL")[0][0]
    assert done < 3
    assert query("SELECT count(*) FROM tickets_ticket WHERE state = 'assigned'") == [(done,)]
    assert run(HANDLE) == [str(12 - done)]
    assert run(HANDLE) == ["0"]
    assert query(
        "SELECT kind, count(*), count(DISTINCT ticket_id) FROM tickets_timelineentry "
        "WHERE kind = 'sla' OR json_extract(data, '$.verb') = 'escalate' GROUP BY kind ORDER BY kind"
    ) == [("sla", 12, 12), ("transition", 12, 12)]
    assert query(
        "SELECT type, count(*), count(DISTINCT ticket_id) FROM notifications_event "
        "WHERE type != 'incident.open' GROUP BY type ORDER BY type"
    ) == [("incident.escalate", 12, 12), ("incident.sla_escalated", 12, 12)]
