"""The collected due times as whole clocks: pauses are waits, and the engine must name the same instant."""

import json
import os
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from itsm.sla.engine import History, Interval, Terms, read
from itsm.worktime import WorkSchedule

ROOT = Path(__file__).resolve().parents[3]
FILE = Path(os.environ.get("SHARED_DATA", ROOT.parent / "shared" / "data")) / "sla_cases.json"
CASES = json.loads(FILE.read_text()) if FILE.exists() else []
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

if not CASES:
    pytest.skip(f"The collected cases are not here: {FILE}", allow_module_level=True)

WHOLE_MINUTES = [
    case
    for case in CASES
    if "expected_due" in case and case["working_minutes"] >= 1 and case["working_minutes"] % 1 == 0
]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in WHOLE_MINUTES])
def test_clock_is_due_and_breached_when_the_case_says(case):
    weekly = {DAYS.index(day): spans for day, spans in case["weekly_hours"].items()}
    schedule = WorkSchedule(case["tz"], weekly, [date.fromisoformat(day) for day in case["holidays"]])
    opened = datetime.fromisoformat(case["start"])
    intervals = [Interval(opened, None, "active", "active")]
    for pause in case.get("pauses", ()):
        intervals.append(Interval(datetime.fromisoformat(pause["from"]), None, "waiting", "on_hold", "requester"))
        intervals.append(Interval(datetime.fromisoformat(pause["to"]), None, "active", "active"))
    history = History(opened, tuple(intervals))
    terms = Terms("resolution", int(case["working_minutes"]), schedule, frozenset({"requester"}))
    # The general rule: a due time stays at closing time (see the worktime tests for the local rule of one city).
    expected = datetime.fromisoformat(case.get("expected_due_if_end_of_span", case["expected_due"]))
    due = read(history, terms, intervals[-1].start).due_at
    assert abs(due - expected) <= timedelta(seconds=case.get("tolerance_seconds", 0))
    assert read(history, terms, due - timedelta(seconds=1)).state == "running"
    assert read(history, terms, due).breached_at == due
