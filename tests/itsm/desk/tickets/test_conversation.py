"""Replies, notes, files, canned replies, macros: sent, refused, kept."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from itsm.tickets.models import Attachment, CannedReply, Macro, Ticket
from operation.services import incidents
from tests import factories

from .conftest import HTMX, url
from .test_page import text_of


def words(incident):
    return [(e.kind, e.public, e.body) for e in incident.timeline.filter(kind__in=["reply", "note"])]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
@pytest.mark.parametrize(("kind", "public"), [("reply", True), ("note", False)])
def test_message_is_written(at_desk, incident, kind, public, headers):
    data = {"kind": kind, "body": "We look at it", "after": incident.timeline.latest("id").pk, "show": "all"}
    answer = at_desk.post(url(incident, "message"), data, headers=headers)
    assert words(incident) == [(kind, public, "We look at it")]
    if headers:
        shown = text_of(answer)
        assert answer.status_code == 200
        assert shown.lstrip().startswith('<form class="composer"')
        assert 'hx-swap-oob="beforeend:#timeline"' in shown
        assert "We look at it" in shown
    else:
        assert answer["Location"] == f"{url(incident)}#entry-{incident.timeline.latest('id').pk}"


def test_without_script_the_chosen_kind_wins_over_the_hidden_one(at_desk, incident):
    at_desk.post(url(incident, "message"), {"kind": ["reply", "note"], "body": "Inner"})
    assert words(incident) == [("note", False, "Inner")]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"kind": "reply", "body": "   "}, "Write something first"),
        ({"kind": "reply", "body": "x" * 20_001}, "At most 20000 characters"),
        ({"kind": "shout", "body": "Hello there"}, "Select a valid choice"),
    ],
)
def test_message_that_does_not_fit_is_kept(at_desk, incident, data, message):
    for headers in ({}, HTMX):
        answer = at_desk.post(url(incident, "message"), data, headers=headers)
        assert answer.status_code == 422
        assert message in text_of(answer)
        assert data["body"][:100] in text_of(answer)
    assert words(incident) == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("setup.exe", b"MZ....", "programs are not accepted"),
        ("report.pdf", b"MZ\x90\x00", "is a program, whatever its name says"),
        ("photo.png", b"not a picture", "is not what its name says"),
        ("empty.txt", b"", "is empty"),
    ],
)
def test_bad_files_are_refused_and_the_text_is_kept(at_desk, incident, name, content, message):
    data = {"kind": "reply", "body": "See the file", "files": [SimpleUploadedFile(name, content)]}
    answer = at_desk.post(url(incident, "message"), data, headers=HTMX)
    assert answer.status_code == 422
    assert message in text_of(answer)
    assert "See the file" in text_of(answer)
    assert words(incident) == []
    assert not Attachment.objects.exists()


def test_oversized_file_is_refused(at_desk, incident, settings):
    settings.ATTACHMENT_MAX_BYTES = 1_000_000
    big = SimpleUploadedFile("log.txt", b"x" * 1_000_001)
    answer = at_desk.post(url(incident, "message"), {"kind": "note", "body": "", "files": [big]})
    assert answer.status_code == 422
    assert "is larger than 1 MB" in text_of(answer)
    assert not Attachment.objects.exists()


def test_files_are_downloads_for_those_who_may(at_desk, browse, agent, requester, outsider, auditor, incident):
    at_desk.post(url(incident, "message"), {
        "kind": "reply", "body": "Here", "files": [SimpleUploadedFile("page.html", b"<script>1</script>")],
    })  # fmt: skip
    at_desk.post(url(incident, "message"), {
        "kind": "note", "body": "Inner", "files": [SimpleUploadedFile("inner.txt", b"hush")],
    })  # fmt: skip
    public, private = Attachment.objects.order_by("pk")
    answer = at_desk.get(f"/attachments/{public.pk}/")
    assert b"".join(answer.streaming_content) == b"<script>1</script>"
    assert answer["Content-Disposition"] == 'attachment; filename="page.html"'
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]

    def status(user, file):
        response = browse(user).get(f"/attachments/{file.pk}/")
        # Reading to the end closes the file; closing the response would close the test's connection.
        b"".join(response)
        return response.status_code

    found = {
        user.name: [status(user, file) for file in (public, private)] for user in (agent, auditor, requester, outsider)
    }
    assert found == {
        "Anna Agent": [200, 200], "Aude Auditor": [200, 200], "Rita Requester": [200, 404], "Otto Outsider": [404, 404],
    }  # fmt: skip
    public.file.delete(save=False)
    assert at_desk.get(f"/attachments/{public.pk}/").status_code == 404


def test_reply_and_wait_for_the_answer(at_desk, agent, incident):
    incidents.start(incident, actor=agent, source="web")
    file = SimpleUploadedFile("form.txt", b"fill this in")
    at_desk.post(url(incident, "message"), {"kind": "reply", "body": "Which room?", "then": "hold", "files": [file]})
    held = Ticket.objects.get(pk=incident.pk)
    assert (held.state, held.hold_reason) == ("on_hold", "requester")
    assert words(incident) == [("reply", True, "Which room?")]
    assert held.attachments.get().public
    assert "waiting for: Requester" in text_of(at_desk.get(url(incident)))


def test_waiting_where_it_is_not_possible_writes_nothing(at_desk, incident):
    answer = at_desk.post(url(incident, "message"), {"kind": "reply", "body": "Which room is it?", "then": "hold"})
    assert answer.status_code == 409
    assert "Which room is it?" in text_of(answer)
    assert words(incident) == []


def test_send_and_next(at_desk, requester):
    from itsm.desk.record import trail

    first, second = factories.incident(requester), factories.incident(requester)
    session = at_desk.session
    trail.remember(session, url="/queue/?view=mine", label="Mine", numbers=[first.number, second.number])
    session.save()
    answer = at_desk.post(url(first, "message"), {"kind": "note", "body": "Done", "then": "next"})
    assert answer["Location"] == url(second)
    answer = at_desk.post(url(second, "message"), {"kind": "note", "body": "Done", "then": "next"}, headers=HTMX)
    assert answer["HX-Redirect"] == "/queue/?view=mine"


def test_closed_ticket_takes_notes_but_no_replies(at_desk, agent, incident):
    incidents.cancel(incident, actor=agent, source="web", reason="x")
    shown = text_of(at_desk.get(url(incident)))
    assert "This ticket is closed" in shown
    assert at_desk.post(url(incident, "message"), {"kind": "reply", "body": "Hello?"}).status_code == 409
    assert at_desk.post(url(incident, "message"), {"kind": "note", "body": "For the file"}).status_code == 302
    assert words(incident) == [("note", False, "For the file")]


def test_canned_replies_of_mine_are_filled_in(at_desk, agent, engineers, incident):
    CannedReply.objects.create(name="Hello", body="Dear {requester}, about {number}: {title}")
    CannedReply.objects.create(name="Other", body="Secret of another team", team=engineers)
    menu = text_of(at_desk.get(url(incident, "canned"), headers=HTMX))
    assert f"Dear Rita, about {incident.number}: Mail is down" in menu
    assert "Secret of another team" not in menu
    page = text_of(at_desk.get(url(incident, "canned")))
    hello = CannedReply.objects.get(name="Hello")
    assert f"?canned={hello.pk}#composer" in page
    assert f"Dear Rita, about {incident.number}" in text_of(at_desk.get(url(incident), {"canned": hello.pk}))
    other = CannedReply.objects.get(name="Other")
    for chosen in (other.pk, "x", "9" * 30):
        assert "Secret of another team" not in text_of(at_desk.get(url(incident), {"canned": chosen}))


def test_macro_runs_as_a_whole(at_desk, agent, incident):
    good = Macro.objects.create(name="Quick fix", reply="Dear {requester}, done.", verb="resolve", data={
        "code": "fixed", "note": "Restarted",
    })  # fmt: skip
    bad = Macro.objects.create(name="Broken", reply="You will not read this", verb="resume")
    assert "Quick fix" in text_of(at_desk.get(url(incident, "macros")))
    assert at_desk.post(url(incident, "macros"), {"macro": bad.pk}).status_code == 409
    assert words(incident) == []
    assert at_desk.post(url(incident, "macros"), {"macro": good.pk}).status_code == 302
    assert words(incident) == [("reply", True, "Dear Rita, done.")]
    assert Ticket.objects.get(pk=incident.pk).state == "resolved"
    assert at_desk.post(url(incident, "macros"), {"macro": "999"}).status_code == 404
