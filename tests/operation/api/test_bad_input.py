"""Input that does not fit gets a clear answer and changes nothing."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from itsm.api.exceptions import flat
from itsm.tickets.models import Attachment, Ticket, TicketLink, TimelineEntry
from tests.api import Api, problem

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "body", [b"", b"{", b"nonsense", b'{"title": NaN}', b'{"title": "\xff"}', b"[" * 5000, b'{"a":1,}', b"\x00"]
)
def test_what_is_not_json_is_400(agent, body):
    api = Api(agent)
    response = api.http.post("/api/v1/incidents/", body, content_type="application/json")
    problem(response, 400, "parse_error") if body else problem(response, 422)
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("body", [b"[]", b"null", b"3", b'"title"', b"[1, 2]"])
def test_what_is_no_object_is_422(agent, body):
    response = Api(agent).http.post("/api/v1/incidents/", body, content_type="application/json")
    problem(response, 422, "invalid")
    assert not Ticket.objects.exists()


def test_other_formats_are_415_and_406(agent):
    api = Api(agent)
    problem(api.http.post("/api/v1/incidents/", "title=x", content_type="application/x-www-form-urlencoded"), 415)
    problem(api.http.post("/api/v1/incidents/", "<a/>", content_type="application/xml"), 415)
    problem(api.get("incidents/", Accept="text/csv"), 406)


def test_a_body_beyond_the_limit_is_413(agent, settings):
    settings.API_MAX_BODY_BYTES = 1000
    problem(Api(agent).post("incidents/", {"title": "x", "description": "y" * 1000}), 413, "too_large")
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        ({}, {"title"}),
        ({"title": ""}, {"title"}),
        ({"title": "   "}, {"title"}),
        ({"title": None}, {"title"}),
        ({"title": "x" * 10_000}, {"title"}),
        ({"title": ["x"]}, {"title"}),
        ({"title": {"a": 1}}, {"title"}),
        ({"title": True}, {"title"}),
        ({"title": "a\x00b"}, {"title"}),
        ({"title": "x", "description": "y" * 100_001}, {"description"}),
        ({"title": "x", "impact": 9}, {"impact"}),
        ({"title": "x", "impact": "high"}, {"impact"}),
        ({"title": "x", "urgency": []}, {"urgency"}),
        ({"title": "x", "service": "nothing"}, {"service"}),
        ({"title": "x", "service": 2**70}, {"service"}),
        ({"title": "x", "service": True}, {"service"}),
        ({"title": "x", "service": 1.5}, {"service"}),
        ({"title": "x", "service": ""}, {"service"}),
        ({"title": "x", "service": "a\x00b"}, {"service"}),
        ({"title": "x", "category": -5}, {"category"}),
        ({"title": "x", "requester": "nobody@example.com"}, {"requester"}),
        ({"title": "x", "requester": None}, {"requester"}),
        ({"title": "x", "team": [1]}, {"team"}),
        ({"title": "x", "custom": "text"}, {"custom"}),
        ({"title": "x", "custom": {"nope": 1}}, {"custom.nope"}),
        ({"title": "x", "channel": "pigeon"}, {"channel"}),
        ({"title": "x", "state": "closed"}, {"state"}),
        ({"title": "x", "nonsense": 1, "version": 3}, {"nonsense", "version"}),
        ({"impact": 9, "title": "x" * 201, "odd": 1}, {"odd"}),
        ({"impact": 9, "title": "x" * 201}, {"impact", "title"}),
    ],
)
def test_fields_that_do_not_fit_are_named(agent, data, fields):
    body = problem(Api(agent).post("incidents/", data), 422, "invalid")
    assert set(body["errors"]) == fields
    assert all(message for messages in body["errors"].values() for message in messages)
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        ({"state": "closed"}, {"state"}),
        ({"title": ""}, {"title"}),
        ({"title": "x" * 10_000}, {"title"}),
        ({"opened_at": "2020-01-01T00:00:00Z"}, {"opened_at"}),
        ({"priority": 1}, {"priority_reason"}),
        ({"affected_people": -1}, {"affected_people"}),
        ({"affected_people": "many"}, {"affected_people"}),
        ({"assignee": "outsider"}, {"assignee"}),
        ({"restricted_to": "Engineers"}, {"restricted_to"}),
        ({"custom": {"nope": 1}}, {"custom.nope"}),
    ],
)
def test_changes_that_do_not_fit_change_nothing(agent, engineers, incident, data, fields):
    body = problem(Api(agent).patch(f"incidents/{incident.number}/", data), 422, "invalid")
    assert set(body["errors"]) == fields
    incident.refresh_from_db()
    assert (incident.version, incident.title) == (1, "Mail is down")


def test_html_and_scripts_are_kept_as_text(agent):
    nasty = "<script>alert(1)</script>"
    made = Api(agent).post("incidents/", {"title": nasty, "description": nasty})
    assert (made.json()["title"], made["Content-Type"]) == (nasty, "application/json")
    assert made["X-Content-Type-Options"] == "nosniff"


# Steps


@pytest.mark.parametrize(
    ("verb", "data", "status", "fields"),
    [
        ("explode", {}, 404, set()),
        ("__class__", {}, 404, set()),
        ("resolve", {}, 422, {"code", "note"}),
        ("resolve", {"code": "nonsense", "note": "x"}, 422, {"code"}),
        ("resolve", {"code": "fixed", "note": ["x"]}, 422, {"note"}),
        ("resolve", {"code": "fixed", "note": "x", "more": 1}, 422, {"more"}),
        ("resolve", {"code": "fixed", "note": "x" * 20_001}, 422, {"note"}),
        ("assign", {}, 422, {"team"}),
        ("assign", {"team": "No such team"}, 422, {"team"}),
        ("assign", {"team": 2**80}, 422, {"team"}),
        ("assign", {"assignee": "nobody@example.com"}, 422, {"assignee"}),
        ("assign", {"team": {"id": 1}}, 422, {"team"}),
        ("cancel", {"reason": "a\x00b"}, 422, {"reason"}),
        ("confirm", {}, 409, set()),
        ("put_on_hold", {"hold_reason": "requester", "comment": "?"}, 409, set()),
        ("declare_major", {"summary": "x"}, 403, set()),
    ],
)
def test_steps_that_do_not_fit(agent, incident, verb, data, status, fields):
    response = Api(agent).post(f"incidents/{incident.number}/transitions/{verb}/", data)
    body = problem(response, status)
    assert set(body.get("errors", {})) == fields
    if status in (403, 409):
        assert body["reasons"]
    incident.refresh_from_db()
    assert (incident.state, incident.version) == ("new", 1)
    assert TimelineEntry.objects.filter(ticket=incident.pk).count() == 1


def test_a_list_is_no_input_of_a_step(agent, incident):
    problem(Api(agent).post(f"incidents/{incident.number}/transitions/start/", [1]), 422)
    incident.refresh_from_db()
    assert (incident.state, incident.version) == ("new", 1)


# What is said


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        ({}, {"body"}),
        ({"body": ""}, {"body"}),
        ({"body": " \n "}, {"body"}),
        ({"body": "x" * 20_001}, {"body"}),
        ({"body": "x", "kind": "shout"}, {"kind"}),
        ({"body": "x", "kind": "note", "public": True}, {"public"}),
        ({"body": "x", "public": "perhaps"}, {"public"}),
        ({"body": "x", "author": 1}, {"author"}),
        ({"body": "a\x00b"}, {"body"}),
    ],
)
def test_words_that_do_not_fit(agent, incident, data, fields):
    body = problem(Api(agent).post(f"incidents/{incident.number}/timeline/", data), 422)
    assert set(body["errors"]) == fields
    assert incident.timeline.count() == 1


def test_nobody_writes_on_a_closed_ticket(agent, requester, incident):
    api = Api(agent)
    path = f"incidents/{incident.number}/"
    api.post(f"{path}transitions/cancel/", {"reason": "Opened twice"})
    problem(Api(requester).post(f"{path}timeline/", {"body": "But"}), 409)
    problem(api.patch(path, {"title": "x"}), 403)
    problem(api.post(f"{path}tasks/", {"title": "x"}), 409)
    file = {"files": [SimpleUploadedFile("a.txt", b"x")]}
    problem(api.post(f"{path}attachments/", file, format="multipart"), 409)
    title = incident.title
    incident.refresh_from_db()
    assert (incident.title, incident.state, incident.tasks.count()) == (title, "cancelled", 0)
    assert not Attachment.objects.exists()


def test_auditors_read_and_write_nothing(auditor, incident):
    api = Api(auditor)
    path = f"incidents/{incident.number}/"
    assert api.get(f"{path}audit/").status_code == 200
    for response in (
        api.patch(path, {"title": "x"}),
        api.post(f"{path}timeline/", {"kind": "note", "body": "x"}),
        api.post(f"{path}transitions/start/"),
        api.post(f"{path}worklogs/", {"minutes": 5}),
        api.post(f"{path}tasks/", {"title": "x"}),
    ):
        problem(response, 403)
    assert incident.timeline.count() == 1


# Files


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("photo.png", b"MZ\x90\x00 this is a program", "program"),
        ("photo.png", b"not a picture", "not what its name says"),
        ("run.exe", b"x", "programs"),
        ("empty.txt", b"", "empty"),
        ("log.txt", b"text\x00binary", "not a text file"),
        ("big.txt", b"x" * 2_000_001, "larger"),
    ],
)
def test_files_that_are_refused(agent, incident, settings, name, content, said):
    settings.ATTACHMENT_MAX_BYTES = 2_000_000
    good = SimpleUploadedFile("good.txt", b"fine\n")
    bad = SimpleUploadedFile(name, content, content_type="image/png")
    answer = Api(agent).post(f"incidents/{incident.number}/attachments/", {"files": [good, bad]}, format="multipart")
    body = problem(answer, 422)
    assert said in body["errors"]["files"][0]
    assert not Attachment.objects.exists()
    assert incident.timeline.count() == 1


def test_too_many_or_no_files_are_refused(agent, incident):
    api = Api(agent)
    path = f"incidents/{incident.number}/attachments/"
    files = [SimpleUploadedFile(f"{n}.txt", b"x") for n in range(11)]
    assert set(problem(api.post(path, {"files": files}, format="multipart"), 422)["errors"]) == {"files"}
    assert set(problem(api.post(path, {"public": "true"}, format="multipart"), 422)["errors"]) == {"files"}
    problem(api.post(path, {"files": "x"}), 415)
    problem(api.http.post(f"/api/v1/{path}", b"garbage", content_type="multipart/form-data; boundary=x"), 422)
    problem(api.http.post(f"/api/v1/{path}", b"garbage", content_type="multipart/form-data"), 400, "parse_error")


def test_a_file_can_stay_inside(agent, requester, incident):
    path = f"incidents/{incident.number}/attachments/"
    file = {"file": SimpleUploadedFile("../../etc/päss wd\r\n.txt", b"x"), "public": "false"}
    (kept,) = Api(agent).post(path, file, format="multipart").json()["results"]
    assert kept["public"] is False
    assert "/" not in kept["name"]
    download = Api(agent).get(kept["url"])
    assert download["Content-Disposition"].startswith("attachment; filename")
    assert "\n" not in download["Content-Disposition"]
    assert b"".join(download.streaming_content) == b"x"
    problem(Api(requester).get(kept["url"]), 404)
    problem(
        Api(requester).post(path, {"file": SimpleUploadedFile("a.txt", b"x"), "public": "false"}, format="multipart"),
        403,
    )


def test_a_file_that_is_gone_is_404(agent, incident):
    path = f"incidents/{incident.number}/attachments/"
    (kept,) = Api(agent).post(path, {"file": SimpleUploadedFile("a.txt", b"x")}, format="multipart").json()["results"]
    attachment = Attachment.objects.get()
    attachment.file.storage.delete(attachment.file.name)
    problem(Api(agent).get(kept["url"]), 404)


# Work logs, tasks, links, watchers


@pytest.mark.parametrize(
    ("part", "data", "fields"),
    [
        ("worklogs/", {}, {"minutes"}),
        ("worklogs/", {"minutes": 0}, {"minutes"}),
        ("worklogs/", {"minutes": 1441}, {"minutes"}),
        ("worklogs/", {"minutes": "half"}, {"minutes"}),
        ("worklogs/", {"minutes": 5, "spent_on": "2999-01-01"}, {"spent_on"}),
        ("worklogs/", {"minutes": 5, "spent_on": "soon"}, {"spent_on"}),
        ("worklogs/", {"minutes": 5, "note": "x" * 201}, {"note"}),
        ("worklogs/", {"minutes": 5, "user": 1}, {"user"}),
        ("tasks/", {"title": ""}, {"title"}),
        ("tasks/", {"title": "x" * 201}, {"title"}),
        ("tasks/", {"title": "x", "state": "done"}, {"state"}),
        ("tasks/", {"title": "x", "team": "Engineers", "assignee": "me"}, {"assignee"}),
        ("links/", {"kind": "friend_of", "target": "{self}"}, {"kind"}),
        ("links/", {"kind": "child_of", "target": "nothing"}, {"target"}),
        ("links/", {"kind": "child_of", "target": "{self}"}, {"target"}),
        ("links/", {"kind": "child_of"}, {"target"}),
        ("watchers/", {"user": "nobody@example.com"}, {"user"}),
        ("watchers/", {}, {"user"}),
    ],
)
def test_parts_that_do_not_fit(agent, engineers, incident, part, data, fields):
    data = {name: incident.number if value == "{self}" else value for name, value in data.items()}
    body = problem(Api(agent).post(f"incidents/{incident.number}/{part}", data), 422)
    assert set(body["errors"]) == fields


def test_parts_that_do_not_exist(agent, incident):
    api = Api(agent)
    path = f"incidents/{incident.number}/"
    for response in (
        api.get(f"{path}attachments/999/"), api.delete(f"{path}links/999/"), api.delete(f"{path}watchers/999/"),
        api.patch(f"{path}tasks/999/", {"title": "x"}), api.get(f"{path}nonsense/"), api.get("nonsense/"),
        api.get("/api/"), api.get("/api/v2/incidents/"),
    ):  # fmt: skip
        problem(response, 404, "not_found")


def test_a_circle_of_parents_is_refused(agent, requester, incident):
    from tests import factories

    api = Api(agent)
    other = factories.incident(requester)
    api.post(f"incidents/{incident.number}/links/", {"kind": "child_of", "target": other.number})
    problem(api.post(f"incidents/{other.number}/links/", {"kind": "child_of", "target": incident.number}), 409)
    assert list(TicketLink.objects.values_list("source", "target")) == [(incident.pk, other.pk)]


# Addresses


def test_a_missing_slash_redirects_with_method_and_body_kept(agent):
    response = Api(agent).http.post("/api/v1/incidents?fields=number", {"title": "x"}, format="json")
    assert (response.status_code, response["Location"]) == (308, "/api/v1/incidents/?fields=number")
    problem(Api(agent).http.get("/api/v1/nonsense"), 404)


def test_the_root_lists_the_collections(agent, db):
    found = Api().get("").json()
    assert found["incidents"] == "http://testserver/api/v1/incidents/"
    assert {
        "approvals", "articles", "calendars", "canned-replies", "categories", "coverage", "custom-fields", "events",
        "hold-reasons", "incidents", "offerings", "organisations", "outages", "services", "sla-clocks",
        "support-levels", "targets", "teams", "tickets", "users",
    } <= set(found)  # fmt: skip


def test_too_many_requests_are_429(agent, settings):
    settings.API_REQUESTS_PER_MINUTE = 3
    api = Api(agent)
    answers = [api.get("users/me/") for _ in range(5)]
    if answers[3].status_code == 200:  # The minute turned in between.
        answers = [api.get("users/me/") for _ in range(4)]
    body = problem(answers[-1], 429, "throttled")
    assert 1 <= int(answers[-1]["Retry-After"]) <= 60
    assert answers[-1]["Retry-After"] in body["detail"]
    assert Api(agent).get("users/me/").status_code == 200, "another token has its own"


def test_a_failure_is_a_problem_with_the_id_of_the_log(agent, incident, monkeypatch):
    from itsm.workflow import edits

    def broken(*args, **kwargs):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(edits, "edit", broken)
    api = Api(agent, raise_errors=False)
    response = api.patch(f"incidents/{incident.number}/", {"title": "x"}, X_Request_ID="abc-1")
    body = problem(response, 500, "internal")
    assert body["request_id"] == "abc-1"
    assert "secret" not in response.content.decode()


def test_nested_messages_are_named_by_path():
    assert flat({"a": ["x"], "b": {"c": ["y"]}, "d": [{}, {"e": ["z"]}], "f": {"non_field_errors": ["w"]}}) == {
        "a": ["x"], "b.c": ["y"], "d.1.e": ["z"], "f": ["w"],
    }  # fmt: skip
