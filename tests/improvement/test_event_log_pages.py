"""Uploading the event log of another system: kept, understood, worked out by a job, shown like that of tickets."""

from __future__ import annotations

import gzip

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from improvement.models import EventLog
from improvement.services import event_logs
from improvement.tasks import analyse_processes
from itsm.audit.models import Entry
from tests import factories
from tests.improvement.test_event_log import HEADER, SMALL, real_log
from tests.pages import enter, problems, words

pytestmark = pytest.mark.django_db
LOGS = "/improvement/process/logs/"


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def browser():
    return enter(factories.person("Ida Improver", roles=("improvement_manager",)))


def send(browser, data: bytes, name="log.csv", **more):
    return browser.post(LOGS, {"file": SimpleUploadedFile(name, data), **more})


def upload(browser, data: bytes = SMALL.encode(), name="log.csv") -> EventLog:
    answer = send(browser, data, name)
    kept = EventLog.objects.latest("pk")
    assert (answer.status_code, answer["Location"]) == (302, f"{LOGS}{kept.pk}/columns/")
    return kept


def analyse(browser, kept: EventLog, **changes) -> EventLog:
    form = browser.get(f"{LOGS}{kept.pk}/columns/").context["form"]
    given = {name: form[name].value() or "" for name in form.fields} | changes
    answer = browser.post(f"{LOGS}{kept.pk}/columns/", given)
    assert (answer.status_code, answer.get("Location")) == (302, f"{LOGS}{kept.pk}/"), problems(answer)
    assert "waits for a worker" in words(browser.get(f"{LOGS}{kept.pk}/"))
    analyse_processes()
    kept.refresh_from_db()
    return kept


# ---------- the way through ----------


def test_a_log_from_upload_to_result(browser):
    kept = upload(browser)
    page = browser.get(f"{LOGS}{kept.pk}/columns/")
    assert page.context["form"].initial | {"encoding": "", "delimiter": ""} == {
        "case": "case:concept:name", "activity": "concept:name", "detail": "lifecycle:transition", "team": "org:group",
        "at": "time:timestamp", "moments": "iso", "finished": "Completed / Closed", "encoding": "", "delimiter": "",
    }  # fmt: skip
    assert "2026-01-05T09:00:00+01:00" in words(page)
    analyse(browser, kept)
    assert (kept.error, kept.bad_rows, kept.rows_read) == ("", 0, 10)
    shown = words(browser.get(f"{LOGS}{kept.pk}/"))
    for said in ("2 cases with 10 events", "Accepted / In Progress", "Network", "Ping-pong", "Reopened"):
        assert said in shown
    assert "As designed" not in shown
    result = kept.result
    assert (result["cases"], result["handovers"]["times"], result["returns"]["cases"]) == (2, 2, 1)
    assert result["reopens"]["times"] == 1
    assert {one["path"][0] for one in result["variants"]} == {"Queued / Awaiting", "Accepted / In Progress"}
    text = b"".join(browser.get(f"{LOGS}{kept.pk}/export/flow/").streaming_content).decode()
    assert "Completed / Closed,Accepted / In Progress,1,1," in text


@pytest.mark.parametrize("name", ["06_bpic2013_closed.xes.gz", "closed_problems.csv.gz"])
def test_a_real_log_gives_the_same_figures_as_the_command(browser, name):
    kept = analyse(browser, upload(browser, real_log(name).read_bytes(), name))
    result = kept.result
    assert (result["cases"], result["events"], kept.bad_rows) == (1487, 6660, 0)
    assert dict(map(tuple, result["activities"]))["Accepted / In Progress"] == 3066
    assert round(result["median"] / 86_400, 4) == 82.0222
    assert browser.get(f"{LOGS}{kept.pk}/").status_code == 200


def test_other_delimiters_headings_and_moments_are_guessed(browser):
    data = (
        "Ticket-Nr;Status;Gruppe;Geändert am\n"
        "7;Offen;Hotline;31.03.2026 14:05\n7;Geschlossen;Hotline;01.04.2026 09:00\n8;Offen;Netz;01.04.2026 10:00\n"
    ).encode("cp1252")
    kept = upload(browser, data, "export.csv")
    initial = browser.get(f"{LOGS}{kept.pk}/columns/").context["form"].initial
    assert (initial["delimiter"], initial["encoding"], initial["moments"]) == (";", "cp1252", "dmy_dots")
    assert (initial["case"], initial["activity"], initial["at"]) == ("Ticket-Nr", "Status", "Geändert am")
    analyse(browser, kept, team="Gruppe", finished="Geschlossen")
    assert (kept.result["cases"], kept.result["events"], kept.result["edges"][0]["median"]) == (2, 3, 68_100.0)


def test_bad_rows_are_named_by_their_line(browser):
    data = SMALL + "C,Queued,Awaiting,Desk\n,Queued,Awaiting,Desk,2026-01-05T09:00:00+01:00\nC,Queued,x,Desk,soon\n"
    kept = analyse(browser, upload(browser, data.encode()))
    assert kept.bad_rows == 3
    shown = words(browser.get(f"{LOGS}{kept.pk}/"))
    assert "3 rows were not understood" in shown
    assert "12 4 columns instead of 5." in shown
    assert "13 no value for case:concept:name" in shown
    assert "14 not a moment: soon" in shown


def test_said_anew_it_is_worked_out_anew(browser):
    kept = analyse(browser, upload(browser))
    analyse(browser, kept, detail="", finished="")
    assert ("Accepted" in dict(map(tuple, kept.result["activities"])), kept.result["reopens"]["times"]) == (True, 0)


def test_progress_is_polled_and_ends_with_the_result(browser):
    kept = upload(browser)
    form = browser.get(f"{LOGS}{kept.pk}/columns/").context["form"]
    browser.post(f"{LOGS}{kept.pk}/columns/", {name: form[name].value() or "" for name in form.fields})
    EventLog.objects.update(rows_read=5000)
    headers = {"HX-Request": "true", "HX-Target": "log-progress"}
    part = browser.get(f"{LOGS}{kept.pk}/", headers=headers)
    assert "5,000 events are read" in words(part)
    assert "<html" not in part.content.decode()
    analyse_processes()
    assert browser.get(f"{LOGS}{kept.pk}/", headers=headers)["HX-Redirect"] == f"{LOGS}{kept.pk}/"


# ---------- bad input ----------


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"", "log.csv", "The submitted file is empty."),
        (b"  \n", "log.csv", "The file is empty."),
        (b"\x89PNG\r\n\0\0", "log.csv", "This is neither a CSV nor an XES file."),
        (b"<html></html>", "log.xes", "This is XML, but no XES log."),
        (b"a,b,c\n", "log.xes", "This is no XES log, although it is called so."),
        (gzip.compress(SMALL.encode())[:-9], "log.csv.gz", "The packed file is damaged."),
    ],
    ids=["nothing", "blank", "picture", "html", "misnamed", "cut"],
)
def test_what_is_no_log_is_refused_with_the_reason(browser, data, name, said):
    answer = send(browser, data, name)
    assert (answer.status_code, problems(answer)) == (422, [said])
    assert not EventLog.objects.exists()


def test_what_unpacks_to_too_much_is_refused(browser, monkeypatch):
    monkeypatch.setattr(event_logs, "MOST_UNPACKED", 2_000_000)
    answer = send(browser, gzip.compress(b"a" * 3_000_000), "log.csv.gz")
    assert problems(answer) == ["Unpacked, the file is larger than 2 MB."]
    monkeypatch.setattr(event_logs, "MOST_BYTES", 1_000_000)
    assert problems(send(browser, b"a" * 1_000_001)) == ["The file is larger than 1 MB."]


def test_too_many_events_and_a_document_type_fail_with_words(browser, monkeypatch):
    monkeypatch.setattr(event_logs, "MOST_EVENTS", 3)
    kept = analyse(browser, upload(browser))
    assert "more than 3 events" in words(browser.get(f"{LOGS}{kept.pk}/"))
    xes = b'<!DOCTYPE log [<!ENTITY a "b">]><log><trace><event/></trace></log>'
    assert "document type" in words(browser.get(f"{LOGS}{upload(browser, xes, 'a.xes').pk}/columns/"))


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"case": ""}, {"case": ["This field is required."]}),
        ({"team": "concept:name"}, {"team": ["This column is the activity already."]}),
        ({"at": "org:group", "team": ""}, {"moments": ["“Desk” is not written like that."]}),
        ({"moments": "dmy_dots"}, {"moments": ["“2026-01-05T09:00:00+01:00” is not written like that."]}),
        ({"finished": "\n".join(map(str, range(51)))}, {"finished": ["At most 50 activities."]}),
    ],
)
def test_a_meaning_that_cannot_be_is_refused_at_its_field(browser, changes, wrong):
    kept = upload(browser)
    form = browser.get(f"{LOGS}{kept.pk}/columns/").context["form"]
    given = {name: form[name].value() or "" for name in form.fields} | changes
    answer = browser.post(f"{LOGS}{kept.pk}/columns/", given)
    assert (answer.status_code, answer.context["form"].errors) == (422, wrong)
    kept.refresh_from_db()
    assert kept.asked_at is None


def test_the_wrong_delimiter_is_said_and_read_anew(browser):
    kept = upload(browser, HEADER.replace(",", ";").encode() + b"A;x;y;z;2026-01-05T09:00:00+01:00\n")
    page = browser.post(f"{LOGS}{kept.pk}/columns/", {"delimiter": ",", "encoding": "utf-8-sig", "look": "1"})
    assert "Is the delimiter right?" in words(page)
    page = browser.post(f"{LOGS}{kept.pk}/columns/", {"delimiter": ";", "encoding": "utf-8-sig", "look": "1"})
    assert page.context["form"].initial["case"] == "case:concept:name"


# ---------- whose it is ----------


def test_logs_are_for_whoever_looks_at_processes(browser, requester, agent, auditor):
    kept = analyse(browser, upload(browser))
    for person in (requester, agent):
        for url in (LOGS, f"{LOGS}{kept.pk}/", f"{LOGS}{kept.pk}/columns/", f"{LOGS}{kept.pk}/delete/"):
            assert enter(person).get(url).status_code == 404
    reader = enter(auditor)
    assert reader.get(f"{LOGS}{kept.pk}/").status_code == 200
    assert send(reader, SMALL.encode()).status_code == 403
    owner = enter(factories.person("Olga", roles=("service_owner",)))
    assert owner.post(f"{LOGS}{kept.pk}/delete/").status_code == 403
    assert "Event logs" in words(browser.get("/improvement/process/"))
    assert EventLog.objects.count() == 1


def test_deleting_takes_the_file_along(browser, tmp_path, django_capture_on_commit_callbacks):
    kept = upload(browser)
    assert len([one for one in tmp_path.rglob("*") if one.is_file()]) == 1
    with django_capture_on_commit_callbacks(execute=True):
        assert browser.post(f"{LOGS}{kept.pk}/delete/").status_code == 302
    assert not EventLog.objects.exists()
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []
    actions = Entry.objects.filter(object_type="improvement.eventlog").order_by("id").values_list("action", flat=True)
    assert list(actions) == ["created", "deleted"]


def test_the_list_costs_the_same_for_one_and_for_three(browser):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def count() -> int:
        browser.get(LOGS)
        with CaptureQueriesContext(connection) as asked:
            browser.get(LOGS)
        return len(asked)

    upload(browser)
    one = count()
    assert "columns to be named" in words(browser.get(LOGS))
    upload(browser)
    upload(browser)
    assert count() == one
