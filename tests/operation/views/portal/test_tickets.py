"""Own tickets on the portal: what a requester sees and does, and what nobody else gets to see."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from itsm.lib import clock
from itsm.tickets.models import Attachment, Watcher
from itsm.ui import nav
from itsm.workflow import conversation
from operation.models import Incident
from operation.services import incidents
from tests import factories
from tests.pages import enter, problems, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(requester):
    return enter(requester)


@pytest.fixture
def path(incident):
    return f"/portal/tickets/{incident.number}/"


def fresh(incident):
    return Incident.objects.get(pk=incident.pk)


def solve(incident, agent):
    taken = incidents.start(fresh(incident), actor=agent, source="web")
    return incidents.resolve(taken, actor=agent, source="web", code="fixed", note="Quota raised")


# ---------- what is shown ----------


def test_work_notes_private_files_and_audit_are_never_shown(client, incident, agent, path):
    conversation.note(
        incident, "SECRET thought", actor=agent, source="web", files=[SimpleUploadedFile("secret.txt", b"SECRET")]
    )
    conversation.reply(
        incident, "We look into it", actor=agent, source="web", files=[SimpleUploadedFile("hello.txt", b"hi")]
    )
    page = words(client.get(path))
    assert "We look into it" in page
    assert "hello.txt" in page
    assert "SECRET" not in page
    assert "secret.txt" not in page
    private, public = (Attachment.objects.get(name=name) for name in ("secret.txt", "hello.txt"))
    assert client.get(f"{path}files/{private.pk}/").status_code == 404
    answer = client.get(f"{path}files/{public.pk}/")
    assert b"".join(answer.streaming_content) == b"hi"
    assert answer["Content-Disposition"] == 'attachment; filename="hello.txt"'
    assert "SECRET" not in words(client.get(f"{path}news/?stamp=old"))


def test_file_of_another_ticket_is_not_there(client, incident, path, colleague):
    other = factories.incident(colleague)
    conversation.reply(other, "x", actor=colleague, source="web", files=[SimpleUploadedFile("mine.txt", b"x")])
    assert client.get(f"{path}files/{Attachment.objects.get().pk}/").status_code == 404


ADDRESSES = ("", "sent/", "news/", "files/1/")
VERBS = ("reply/", "confirm/", "reopen/", "cancel/", "follow-up/", "share/", "watch/")


@pytest.mark.parametrize("who", ["colleague", "outsider"])
def test_strangers_find_nothing(who, path, request, incident):
    stranger = enter(request.getfixturevalue(who))
    before = incident.timeline.count()
    assert [stranger.get(path + address).status_code for address in ADDRESSES] == [404] * len(ADDRESSES)
    data = {"reply-body": "x", "cancel-reason": "x", "reopen-reason": "x", "share-email": "x@example.com"}
    assert [stranger.post(path + verb, data).status_code for verb in VERBS] == [404] * len(VERBS)
    assert incident.number not in words(stranger.get("/portal/tickets/"))
    assert incident.title not in words(stranger.get(f"/portal/search/?q={incident.number}"))
    assert (fresh(incident).state, incident.timeline.count()) == ("new", before)


@pytest.mark.parametrize("number", ["INC-999999", "PRB-1", "nonsense", "INC-9999999999999999999999", "%00", "'--"])
def test_numbers_that_do_not_exist(number, client, incident):
    assert client.get(f"/portal/tickets/{number}/").status_code == 404


def test_restricted_ticket_is_hidden_from_the_organisation(requester, colleague, engineers):
    colleague.sees_organisation = True
    colleague.save()
    ticket = factories.incident(requester, title="Harassment")
    assert "Harassment" in words(enter(colleague).get("/portal/tickets/?view=organisation"))
    ticket.restricted_to = engineers
    ticket.save()
    assert "Harassment" not in words(enter(colleague).get("/portal/tickets/?view=organisation"))
    assert enter(colleague).get(f"/portal/tickets/{ticket.number}/").status_code == 404
    assert enter(requester).get(f"/portal/tickets/{ticket.number}/").status_code == 200


def test_plain_words_of_every_state(client, incident, agent, requester, path):
    assert "We have received it" in words(client.get(path))
    taken = incidents.start(incident, actor=agent, source="web")
    assert "Anna is working on it" in words(client.get(path))
    incidents.put_on_hold(taken, actor=agent, source="web", hold_reason="requester", comment="Which mailbox?")
    assert "Waiting for your answer" in words(client.get(path))
    assert "Waiting for your answer" in words(client.get("/portal/"))
    conversation.reply(fresh(incident), "The shared one", actor=requester, source="web")
    incidents.put_on_hold(fresh(incident), actor=agent, source="web", hold_reason="supplier")
    page = words(client.get(path))
    assert "Waiting for your answer" not in page
    assert "We wait for somebody else" in page
    incidents.resume(fresh(incident), actor=agent, source="web")
    incidents.resolve(fresh(incident), actor=agent, source="web", code="fixed", note="Quota raised")
    assert "Does it work again?" in words(client.get(path))


# ---------- what a requester does ----------


def test_reply_with_files_ends_the_wait(client, incident, agent, path):
    taken = incidents.start(incident, actor=agent, source="web")
    incidents.put_on_hold(taken, actor=agent, source="web", hold_reason="requester", comment="Which mailbox?")
    files = [SimpleUploadedFile("shot.txt", b"x")]
    answer = client.post(f"{path}reply/", {"reply-body": "The *shared* one", "reply-files": files})
    assert (answer.status_code, fresh(incident).state) == (302, "in_progress")
    page = client.get(path).content.decode()
    assert "<em>shared</em>" in page
    assert "shot.txt" in page


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"reply-body": "  "}, "Write something first."),
        ({"reply-body": "x" * 20_001}, "Ensure this value has at most 20000 characters (it has 20001)."),
    ],
)
def test_empty_and_endless_replies(data, message, client, path, incident):
    page = client.post(f"{path}reply/", data)
    assert (page.status_code, problems(page)) == (422, [message])
    assert incident.timeline.filter(kind="reply").count() == 0


def test_bad_file_keeps_what_was_written(client, path, incident):
    files = [SimpleUploadedFile("a.exe", b"MZ")]
    page = client.post(f"{path}reply/", {"reply-body": "Look at this", "reply-files": files})
    assert (page.status_code, problems(page)) == (422, ["“a.exe”: programs are not accepted."])
    assert "Look at this" in page.content.decode()
    assert incident.timeline.filter(kind="reply").count() == 0


def test_confirm_reopen_and_follow_up(client, incident, agent, path):
    solve(incident, agent)
    page = client.post(f"{path}reopen/", {"reopen-reason": ""})
    assert (page.status_code, problems(page)) == (422, ["This field is required."])
    client.post(f"{path}reopen/", {"reopen-reason": "Still full"})
    assert (fresh(incident).state, fresh(incident).reopen_count) == ("in_progress", 1)
    assert "Still full" in words(client.get(path))
    incidents.resolve(fresh(incident), actor=agent, source="web", code="fixed", note="More quota")
    client.post(f"{path}confirm/", {"confirm-comment": "Works now"})
    assert fresh(incident).state == "closed"
    page = words(client.get(path))
    assert "Works now" in page
    assert "Has it come back?" in page
    assert client.post(f"{path}reply/", {"reply-body": "Again"}).status_code == 409
    answer = client.post(f"{path}follow-up/", {"follow-description": "Full again"})
    opened = Incident.objects.exclude(pk=incident.pk).get()
    assert answer["Location"] == f"/portal/tickets/{opened.number}/sent/"
    assert (opened.description, opened.links_from.get().kind) == ("Full again", "follows")


def test_reopening_too_late_is_said_at_the_question(client, incident, agent, path):
    solve(incident, agent)
    with clock.moved_to(clock.now() + timedelta(days=8)):
        page = client.post(f"{path}reopen/", {"reopen-reason": "It is back"})
        assert page.status_code == 422
        assert "more than 7 days ago" in problems(page)[0]
        assert "It is back" in page.content.decode()
        assert fresh(incident).state == "resolved"
        assert "Has it come back?" in words(client.get(path))


def test_steps_that_do_not_exist_now_are_refused(client, incident, agent, path):
    assert client.post(f"{path}confirm/").status_code == 409
    assert client.post(f"{path}reopen/", {"reopen-reason": "x"}).status_code == 409
    incidents.start(incident, actor=agent, source="web")
    assert "Not needed any more?" not in words(client.get(path))
    assert client.post(f"{path}cancel/", {"cancel-reason": "x"}).status_code == 403
    assert fresh(incident).state == "in_progress"


def test_cancel_while_nobody_works_on_it(client, incident, path):
    assert "Not needed any more?" in words(client.get(path))
    client.post(f"{path}cancel/", {"cancel-reason": "Found it"})
    assert fresh(incident).state == "cancelled"
    assert "Cancelled" in words(client.get(path))


def test_colleagues_are_added_by_address(client, incident, path, colleague, outsider, agent):
    page = client.post(f"{path}share/", {"share-email": outsider.email})
    assert problems(page) == ["Nobody in your organisation has this address."]
    assert problems(client.post(f"{path}share/", {"share-email": "nonsense"})) == ["Enter a valid email address."]
    assert Watcher.objects.count() == 0
    client.post(f"{path}share/", {"share-email": colleague.email.upper()})
    assert [watcher.user for watcher in Watcher.objects.all()] == [colleague]
    other = enter(colleague)
    assert "Carl Colleague" in words(other.get(path))
    assert incident.title in words(other.get("/portal/tickets/?view=shared"))
    other.post(f"{path}watch/", {"stop": "1"})
    assert (Watcher.objects.count(), other.get(path).status_code) == (0, 404)


def test_watcher_may_not_confirm_or_cancel_for_the_requester(incident, path, colleague, agent):
    conversation.watch(incident, colleague, actor=agent, source="web")
    other = enter(colleague)
    assert other.post(f"{path}cancel/", {"cancel-reason": "x"}).status_code == 403
    assert other.post(f"{path}share/", {"share-email": "a@example.com"}).status_code == 422
    solve(incident, agent)
    assert "Does it work again?" not in words(other.get(path))
    assert other.post(f"{path}confirm/").status_code == 403
    assert other.post(f"{path}follow-up/", {"follow-description": "x"}).status_code == 404
    assert fresh(incident).state == "resolved"


def test_news_come_only_when_there_are_any(client, incident, agent, path):
    text = client.get(path).content.decode()
    stamp = text.split("?stamp=")[1].split('"')[0]
    assert client.get(f"{path}news/?stamp={stamp}").status_code == 204
    conversation.note(incident, "internal", actor=agent, source="web")
    assert client.get(f"{path}news/?stamp={stamp}").status_code == 204
    conversation.reply(incident, "Hello", actor=agent, source="web")
    answer = client.get(f"{path}news/?stamp={stamp}")
    assert "Hello" in words(answer)
    assert "There is news" not in words(answer)
    incidents.start(fresh(incident), actor=agent, source="web")
    assert "There is news" in words(client.get(f"{path}news/?stamp={stamp}"))


# ---------- lists ----------


def test_lists_search_and_pages(client, requester, agent, colleague):
    for n in range(23):
        factories.incident(requester, title=f"Printer {n}")
    odd = factories.incident(requester, title="Keyboard")
    incidents.cancel(odd, actor=requester, source="web", reason="x")
    factories.incident(colleague, title="Of Carl")
    first = client.get("/portal/tickets/").content.decode()
    assert first.count('class="journey"') == 20
    cursor = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = words(client.get(f"/portal/tickets/{cursor}"))
    assert "Printer 0" in second
    assert "Keyboard" not in second
    assert "Keyboard" in words(client.get("/portal/tickets/?view=done"))
    assert "Keyboard" in words(client.get(f"/portal/tickets/?q={odd.number}"))
    assert "Printer 7" in words(client.get("/portal/tickets/?q=printer 7"))
    assert "Of Carl" not in words(client.get("/portal/tickets/?view=organisation"))
    assert "Nothing found" in words(client.get("/portal/tickets/?q=zebra"))
    for strange in ("?cursor=nonsense", "?view=nonsense", "?q=%00", "?q=" + "x" * 5000):
        assert client.get(f"/portal/tickets/{strange}").status_code == 200


@pytest.mark.parametrize("address", ["/portal/", "/portal/tickets/", "/portal/search/?q=mail"])
def test_number_of_queries_does_not_grow_with_rows(address, client, requester, agent, service):
    counted = []
    for number in (1, 2):
        for n in range(number):
            made = factories.incident(requester, title=f"Mail {number}{n}", service=service)
            taken = incidents.start(made, actor=agent, source="web")
            incidents.put_on_hold(taken, actor=agent, source="web", hold_reason="requester", comment="Which?")
        client.get(address)
        nav.forget_counts(requester)
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        counted.append(len(queries))
    assert counted[0] == counted[1]
    assert counted[1] <= 25


def test_number_of_queries_of_a_ticket_does_not_grow_with_its_history(client, incident, agent, requester, path):
    counted = []
    for number in (1, 3):
        for n in range(number):
            conversation.reply(
                incident, f"Reply {n}", actor=agent, source="web", files=[SimpleUploadedFile("a.txt", b"x")]
            )
            conversation.reply(incident, f"Answer {n}", actor=requester, source="web")
        client.get(path)
        nav.forget_counts(requester)
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        counted.append(len(queries))
    assert counted[0] == counted[1]
    assert counted[1] <= 30


def test_agents_may_use_the_portal_for_themselves(agent, incident):
    mine = enter(agent)
    assert mine.get("/portal/").status_code == 200
    assert incident.title not in words(mine.get("/portal/tickets/"))
    made = factories.incident(agent, title="My own screen")
    assert "My own screen" in words(mine.get("/portal/tickets/"))
    assert mine.post(f"/portal/tickets/{made.number}/reply/", {"reply-body": "It flickers"}).status_code == 302
    assert made.timeline.get(kind="reply").by_agent is False
