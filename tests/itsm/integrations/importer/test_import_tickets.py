"""``import_tickets`` through its command: good rows in, bad rows named, twice the same as once."""

import csv
import gzip
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from itsm.audit import services as audit
from itsm.audit.models import Entry
from itsm.notifications.models import Event
from itsm.sla.models import Clock, ClockEvent
from itsm.tickets.models import StateInterval, Ticket, TimelineEntry
from itsm.workflow import conversation
from operation.models import Incident

pytestmark = pytest.mark.django_db

MAPPING = """
kind: incident
source: old desk
unknown: ["?"]
dates: {formats: ["%d/%m/%Y %H:%M"], timezone: Europe/Berlin}
case: {id: number, opened_at: opened}
fields:
  title: {template: "{subject}", default: No subject}
  requester: caller
  service: {value: Imported}
  category: {column: area}
  impact: {column: impact, pattern: "^(\\\\d)"}
event:
  at: at
  state:
    column: state
    map: {New: new, Active: in_progress, Waiting: [on_hold, requester], Solved: resolved, Closed: closed}
  team: group
  assignee: owner
  actor: by
create: [people, teams, services, categories]
service_level: {name: Old promise, pause_reasons: [requester], targets: {resolution: {3: 120, 4: 120, 5: 120}}}
"""
HEADER = "number,opened,at,state,subject,caller,area,impact,group,owner,by"
ROWS = [
    "A1,29/02/2016 08:00,29/02/2016 08:05,New,Printer jams,Cleo,Hardware / Printer,2 - Medium,Desk,?,Ada",
    "A1,29/02/2016 08:00,29/02/2016 09:00,Active,Printer jams,Cleo,Hardware / Printer,2 - Medium,Desk,Bob,Bob",
    "B7,29/02/2016 10:00,29/02/2016 10:00,New,Mail slow,Dora,Mail,3 - Low,Desk,?,Ada",
    "A1,29/02/2016 08:00,29/02/2016 10:00,Waiting,Printer jams,Cleo,Hardware / Printer,2 - Medium,Desk,Bob,Bob",
    "A1,29/02/2016 08:00,01/03/2016 10:00,Active,Printer jams,Cleo,Hardware / Printer,2 - Medium,Field,Eve,Ada",
    "A1,29/02/2016 08:00,01/03/2016 11:00,Solved,Printer jams,Cleo,Hardware / Printer,2 - Medium,Field,Eve,Eve",
    "A1,29/02/2016 08:00,06/03/2016 11:00,Closed,Printer jams,Cleo,Hardware / Printer,2 - Medium,Field,Eve,Ada",
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "map.yaml").write_text(MAPPING)
    return tmp_path


def write(folder: Path, rows: list[str], name: str = "log.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def run(path: Path, *args: str) -> str:
    out = StringIO()
    call_command("import_tickets", str(path), "--mapping", str(path.parent / "map.yaml"), *args, stdout=out)
    return out.getvalue()


def everything() -> list:
    models = (Ticket, Incident, StateInterval, TimelineEntry, Clock, ClockEvent, Entry, Event)
    return [list(model.objects.order_by("pk").values()) for model in models]


def berlin(text: str) -> datetime:
    return datetime.strptime(text + " +0100", "%d.%m.%Y %H:%M %z").astimezone(UTC)


def test_history_becomes_intervals_timeline_and_clocks(folder):
    said = run(write(folder, ROWS))
    assert "2 cases in 7 rows: 2 created" in said
    ticket = Incident.objects.get(external_id="old desk:A1")
    assert (ticket.title, ticket.requester.name, str(ticket.category), str(ticket.category.parent), ticket.impact) == (
        "Printer jams", "Cleo", "Printer", "Hardware", 2,
    )  # fmt: skip
    assert (ticket.state, ticket.phase, ticket.opened_at, ticket.resolved_at, ticket.closed_at) == (
        "closed", "closed", berlin("29.02.2016 08:00"), berlin("01.03.2016 11:00"), berlin("06.03.2016 11:00"),
    )  # fmt: skip
    assert (ticket.transfer_count, ticket.reopen_count) == (1, 0)
    lived = [
        (i.state, i.hold_reason, i.team.name, str(i.assignee or ""), i.from_at, i.to_at)
        for i in ticket.intervals.select_related("team", "assignee")
    ]
    at = berlin
    assert lived == [
        ("new", "", "Desk", "", at("29.02.2016 08:00"), at("29.02.2016 09:00")),
        ("in_progress", "", "Desk", "Bob", at("29.02.2016 09:00"), at("29.02.2016 10:00")),
        ("on_hold", "requester", "Desk", "Bob", at("29.02.2016 10:00"), at("01.03.2016 10:00")),
        ("in_progress", "", "Field", "Eve", at("01.03.2016 10:00"), at("01.03.2016 11:00")),
        ("resolved", "", "Field", "Eve", at("01.03.2016 11:00"), at("06.03.2016 11:00")),
        ("closed", "", "Field", "Eve", at("06.03.2016 11:00"), None),
    ]
    assert [(e.author_label, e.data["state"]) for e in ticket.timeline.all()] == [
        ("Ada", [None, "new"]), ("Bob", ["new", "in_progress"]), ("Bob", ["in_progress", "on_hold"]),
        ("Ada", ["on_hold", "in_progress"]), ("Eve", ["in_progress", "resolved"]), ("Ada", ["resolved", "closed"]),
    ]  # fmt: skip
    # 08:00 to 10:00 and one hour on the next day count; the day of waiting does not.
    clock = ticket.clocks.get(metric="resolution")
    assert (clock.elapsed_seconds, clock.state, clock.next_event) == (3 * 3600, "breached", "")
    assert list(audit.verify()) == []


def test_past_alarms_nobody(folder):
    run(write(folder, ROWS))
    open_ticket = Ticket.objects.get(external_id="old desk:B7")
    assert open_ticket.sla_state == "running"
    assert not Clock.objects.filter(next_event_at__isnull=False).exists()
    assert not ClockEvent.objects.filter(handled_at__isnull=True).exists()
    assert not Event.objects.filter(fanned_out_at__isnull=True).exists()


def test_second_run_changes_nothing(folder):
    path = write(folder, ROWS)
    run(path)
    before = everything()
    assert "0 created, 0 updated, 2 unchanged" in run(path)
    assert everything() == before


def test_dry_run_writes_nothing_and_says_what_would_happen(folder):
    before = everything()
    said = run(write(folder, ROWS), "--dry-run")
    assert "2 would be created" in said
    assert "2 teams would be added" in said
    assert everything() == before


def test_longer_export_brings_what_is_new(folder):
    run(write(folder, ROWS[:2]))
    ticket = Incident.objects.get()
    assert "1 created, 1 updated" in run(write(folder, ROWS))
    ticket.refresh_from_db()
    assert (ticket.state, ticket.intervals.count(), ticket.timeline.count()) == ("closed", 6, 6)
    assert list(audit.verify()) == []


def test_what_people_changed_here_is_left_alone(folder, agent):
    run(write(folder, ROWS[:2]))
    ticket = Incident.objects.get()
    conversation.note(ticket, "Called Cleo", actor=agent, source="web")
    assert "1 changed here meanwhile and left alone" in run(write(folder, ROWS))
    ticket.refresh_from_db()
    assert (ticket.state, ticket.timeline.filter(kind="note").count()) == ("in_progress", 1)


BAD = [
    ("A1,29/02/2016 08:00,31/02/2016 08:05,New,x,Cleo,a,2,Desk,?,Ada", "is not a date"),
    ("A1,29/02/2016 08:00,,New,x,Cleo,a,2,Desk,?,Ada", "moment of the event is missing"),
    ("A1,29/02/2016 08:00,29/02/2016 08:06,Dreaming,x,Cleo,a,2,Desk,?,Ada", "“Dreaming” is not in the mapping"),
    ("A1,29/02/2016 08:00,29/02/2016 08:07,New,x,Cleo", "6 columns instead of 11"),
    (",29/02/2016 08:00,29/02/2016 08:08,New,x,Cleo,a,2,Desk,?,Ada", "number of the case is missing"),
    ('A1,29/02/2016 08:00,29/02/2016 08:09,New,"x"y,Cleo,a,2,Desk,?,Ada', "expected after"),
]


@pytest.mark.parametrize(("row", "reason"), BAD)
def test_bad_row_is_rejected_with_its_line_and_the_rest_goes_in(folder, row, reason):
    run(write(folder, [ROWS[0], row, *ROWS[1:]]))
    assert Ticket.objects.count() == 2
    assert Incident.objects.get(external_id="old desk:A1").intervals.count() == 6
    with (folder / "log.csv.rejects.csv").open() as file:
        rejected = list(csv.DictReader(file))
    assert [line["line"] for line in rejected] == ["3"]
    assert reason in rejected[0]["reason"]


def test_case_with_impossible_field_is_rejected_whole(folder):
    run(write(folder, [*ROWS, "C9,29/02/2016 08:00,29/02/2016 08:05,New,x,Cleo,a,7 - Huge,Desk,?,Ada"]))
    assert Ticket.objects.count() == 2
    assert "impact: “7” is not between 1 and 3" in (folder / "log.csv.rejects.csv").read_text()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty"),
        (b"number,at\nA1,x\n", "The file has no column"),
        ((HEADER + "\n" + ROWS[0].replace("Printer", "Prin\xe4ter")).encode("latin-1"), "not encoded as"),
    ],
)
def test_unreadable_file_is_refused_with_nothing_written(folder, content, message):
    path = folder / "log.csv"
    path.write_bytes(content)
    before = everything()
    with pytest.raises(CommandError, match=message):
        run(path)
    assert everything() == before


def test_damaged_archive_is_refused(folder):
    path = folder / "log.csv.gz"
    path.write_bytes(gzip.compress(("\n".join([HEADER, *ROWS]) * 50).encode())[:200])
    with pytest.raises(CommandError, match="damaged"):
        run(path)
    assert Ticket.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("kind: incident", "kind: banana"), "is not a kind of ticket"),
        (("New: new", "New: fresh"), "not a state of this kind"),
        (("source: old desk\n", ""), "“source” is missing"),
        (("create:", "creat:"), "unknown “creat”"),
        (("kind: incident", "kind: ["), "not valid YAML"),
        (("Europe/Berlin", "Europe/Atlantis"), "not a known time zone"),
    ],
)
def test_wrong_mapping_is_refused_with_its_place(folder, change, message):
    path = write(folder, ROWS)
    (folder / "map.yaml").write_text(MAPPING.replace(*change))
    with pytest.raises(CommandError, match=message):
        run(path)
    assert Ticket.objects.count() == 0


def test_names_that_do_not_exist_are_rejected_unless_the_mapping_may_make_them(folder):
    (folder / "map.yaml").write_text(
        MAPPING.replace("create: [people, teams, services, categories]", "create: [people]")
    )
    with pytest.raises(CommandError, match="nothing could be imported"):
        run(write(folder, ROWS))
    assert "“Desk” does not exist here" in (folder / "log.csv.rejects.csv").read_text()
    assert Ticket.objects.count() == 0


def test_xes_gives_the_same_lives_as_csv(folder):
    run(write(folder, ROWS))
    expected = [
        list(Incident.objects.get(external_id=f"old desk:{case}").intervals.values_list("state", "from_at", "to_at"))
        for case in ("A1", "B7")
    ]
    names = HEADER.split(",")
    traces: dict[str, list[str]] = {}
    for row in ROWS:
        values = dict(zip(names, row.split(","), strict=True))
        event = "".join(f'<string key="{k}" value="{v}"/>' for k, v in values.items() if k != "number")
        traces.setdefault(values["number"], []).append(f"<event>{event}</event>")
    body = "".join(
        f'<trace><string key="concept:name" value="{case}"/>{"".join(events)}</trace>'
        for case, events in traces.items()
    )
    (folder / "log.xes").write_text(f'<?xml version="1.0"?><log xmlns="http://www.xes-standard.org/">{body}</log>')
    (folder / "map.yaml").write_text(
        MAPPING.replace("source: old desk", "source: xes\nformat: xes").replace("id: number", 'id: "case:concept:name"')
    )
    run(folder / "log.xes")
    assert [
        list(Incident.objects.get(external_id=f"xes:{case}").intervals.values_list("state", "from_at", "to_at"))
        for case in ("A1", "B7")
    ] == expected


def test_entity_bomb_is_refused(folder):
    (folder / "map.yaml").write_text(MAPPING.replace("source: old desk", "source: xes\nformat: xes"))
    (folder / "log.xes").write_text('<?xml version="1.0"?><!DOCTYPE log [<!ENTITY a "aaaa">]><log>&a;</log>')
    with pytest.raises(CommandError, match="document type"):
        run(folder / "log.xes")
