"""What an event log says: by hand on a small one, and on a real one where its folder is there."""

from __future__ import annotations

import gzip
import io
import os
from pathlib import Path
from statistics import fmean, median

import pytest
from django.core.management import CommandError, call_command

from improvement.reports.process import files
from improvement.reports.process.log import Rules, Stay, analyse, together
from tests.source import ROOT

DAY = 86_400
HEADER = "case:concept:name,concept:name,lifecycle:transition,org:group,time:timestamp\n"
SMALL = (
    HEADER
    + """\
A,Queued,Awaiting,Desk,2026-01-05T09:00:00+01:00
B,Accepted,In Progress,Desk,2026-01-05T09:30:00+01:00
A,Accepted,In Progress,Desk,2026-01-05T10:00:00+01:00
A,Accepted,Wait,Network,2026-01-05T12:00:00+01:00
A,Accepted,In Progress,Desk,2026-01-06T12:00:00+01:00
A,Completed,Closed,Desk,2026-01-07T09:00:00+01:00
A,Accepted,In Progress,Desk,2026-01-08T09:00:00+01:00
A,Completed,Closed,Desk,2026-01-09T09:00:00+01:00
B,Completed,Cancelled,Desk,2026-01-05T10:30:00+01:00
B,Completed,Closed,Desk,2026-01-05T11:30:00+01:00
"""
)


def real_log(name: str) -> Path:
    """A file of the real log; the folder is named by ``REAL_DATA`` or lies beside the repository."""
    places = [Path(os.environ["REAL_DATA"])] if "REAL_DATA" in os.environ else []
    places += [parent / "shared" / "data" for parent in ROOT.parents]
    found = next((p / "volvo_closed_problems" / name for p in places if (p / "volvo_closed_problems").is_dir()), None)
    if found is None:
        pytest.skip("The folder volvo_closed_problems is absent; set REAL_DATA to the folder it lies in.")
    return found


@pytest.mark.parametrize("name", ["06_bpic2013_closed.xes.gz", "closed_problems.csv.gz"])
def test_a_real_log_gives_the_figures_that_others_computed(name):
    columns = files.Columns(also=("org:resource", "org:group", "org:role"))
    reading = files.read(real_log(name), columns)
    full = reading.full
    assert (full.cases, full.events, reading.bad_rows) == (1487, 6660, 0)
    assert {"/".join(key): n for key, n in full.activities.items()} == {
        "Accepted/In Progress": 3066, "Completed/Closed": 1565, "Queued/Awaiting Assignment": 875,
        "Accepted/Assigned": 614, "Accepted/Wait": 527, "Unmatched/Unmatched": 10, "Completed/Cancelled": 3,
    }  # fmt: skip
    assert len(reading.brief.activities) == 4
    lengths = full.events_per_case
    assert (round(fmean(lengths), 4), median(lengths), lengths[-1]) == (4.4788, 3, 35)
    assert (round(full.durations.median / DAY, 4), round(full.durations.mean / DAY, 4)) == (82.0222, 178.8849)
    assert (len(full.variants), len(reading.brief.variants)) == (327, 183)
    assert reading.distinct == {"org:resource": 585, "org:group": 15, "org:role": 29}
    assert (full.handovers.times, full.handovers.cases) == (220, 123)
    assert (full.returns.times, full.returns.cases) == (94, 59)
    assert (full.reopens.times, full.reopens.cases) == (78, 58)
    assert dict(full.ends) == {("Completed", "Closed"): 1487}


def test_a_small_log_read_by_the_command(tmp_path):
    file = tmp_path / "log.csv.gz"
    file.write_bytes(gzip.compress((SMALL + "C,,,Desk,2026-01-05T11:30:00+01:00\nC,Queued,,Desk,yesterday\n").encode()))
    out = io.StringIO()
    call_command("analyse_log", str(file), "--count", "org:group", stdout=out)
    said = out.getvalue()
    for line in (
        "cases 2, events 10", "events per case: mean 5.0000, median 5, max 7", "median 2.0417", "distinct org:group: 2",
        "handovers 2 in 1 cases", "returns to a team that had it before 1 in 1 cases", "reopenings 1 in 1 cases",
        "2 rows not understood:", "line 13: not a moment: yesterday",
    ):  # fmt: skip
        assert line in said, said
    for wrong in ([str(tmp_path / "none.csv")], [str(file), "--case", "number"], [str(file), "--encoding", "klingon"]):
        with pytest.raises(CommandError):
            call_command("analyse_log", *wrong, stdout=io.StringIO())
    # The moments of an XES file are read from its events, its cases from its traces.
    xes = tmp_path / "log.xes"
    event = (
        '<event><string key="concept:name" value="{}"/><date key="time:timestamp" value="2026-01-0{}T09:00:00Z"/>'
        "</event>"
    )
    xes.write_text(
        f'<log><trace><string key="concept:name" value="A"/>{event.format("Queued", 5)}{event.format("Completed", 7)}'
        "</trace></log>"
    )
    out = io.StringIO()
    call_command("analyse_log", str(xes), "--activity", "concept:name", "--finished", "Completed", stdout=out)
    assert "cases 1, events 2" in out.getvalue()
    assert "median 2.0000" in out.getvalue()


def rows(*paths: str) -> list[Stay]:
    """Cases as words, one stay a letter and minute: ``a1`` is activity a with team 1."""
    return [
        Stay(case, step[0], step[1:] or None, 60.0 * at) for case, path in enumerate(paths) for at, step in
        enumerate(path.split())
    ]  # fmt: skip


def test_what_stands_out():
    rules = Rules(finished=lambda activity: activity == "z", expected={("a", "b"), ("b", "z")}, merge=True)
    found = analyse(rows("a1 b1 b2 z2", "a1 b1 z1 b1 z1", "a1 z1", "a"), rules)
    assert (found.cases, found.events, found.changes) == (4, 12, 7)
    # A change of hands inside an activity is no step; the time counts from the first of it.
    assert found.edges["b", "z"].values.tolist() == [120, 60, 60]
    assert (found.conforming, found.replayed, round(found.conformance)) == (2, 5, 50)
    assert {edge: cases.times for edge, cases in found.deviations.items()} == {("z", "b"): 1, ("a", "z"): 1}
    assert list(found.deviations["z", "b"].named) == [1]
    assert (found.reopens.cases, found.reworked.cases, found.rework["b"].times) == (1, 1, 1)
    assert (found.handovers.cases, found.returns.cases) == (1, 0)
    assert found.waits["b", "1", ""].total == 180
    assert sorted(variant.cases.cases for variant in found.variants.values()) == [1, 1, 1, 1]
    assert (analyse([]).conformance, analyse([]).durations.median) == (None, None)


def test_cases_are_put_together_whatever_the_order_of_the_rows():
    one, other = Stay("x", "a", None, 0), Stay("y", "a", None, 1)
    assert together([one, other, one]) == [one, one, other]
