"""Chat rooms: which addresses are allowed, how they are kept, and a real room on a real socket."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from itsm.lib.errors import Refused
from itsm.notifications.channels import Failed, Sent, chat
from itsm.notifications.models import ChatChannel, Message
from itsm.notifications.services import delivery, fan_out, rooms
from tests import factories

pytestmark = pytest.mark.django_db

TOKEN = "3ccdd113474722377935511fc85d3dd4"


@pytest.fixture
def room(settings):
    """A Mattermost that keeps what is posted; ``status`` is what it answers."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        status = 200

        def do_POST(self):
            seen.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(self.status)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.CHAT_ALLOWED_HOSTS = ["127.0.0.1"]
    server.seen, server.handler = seen, Handler
    server.url = f"mmost://127.0.0.1:{server.server_port}/{TOKEN}"
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("address", "code"),
    [
        (f"mmost://127.0.0.1:8065/{TOKEN}", "private_host"),
        (f"mmosts://[::1]/{TOKEN}", "private_host"),
        (f"mmosts://10.1.2.3/{TOKEN}", "private_host"),
        (f"mmosts://169.254.169.254/{TOKEN}", "private_host"),
        (f"mmosts://localhost/{TOKEN}", "private_host"),
        (f"mmosts://no-such-host.invalid/{TOKEN}", "no_host"),
        ("json://127.0.0.1:99/x", "scheme"),
        ("mailto://user:password@example.com", "scheme"),
        ("syslog://", "scheme"),
        ("file:///etc/passwd", "bad_address"),
        ("hello", "bad_address"),
        ("mmost:///", "bad_address"),
    ],
)
def test_addresses_that_are_refused(address, code):
    with pytest.raises(Refused) as refused:
        chat.open_room(address)
    assert refused.value.code == code


def test_address_is_kept_encrypted_and_never_audited(administrator, settings):
    from itsm.audit.models import Entry

    made = ChatChannel(name="Desk", events=["open"])
    web_hook = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    rooms.save(made, address=web_hook, actor=administrator, source="web")
    stored = ChatChannel.objects.get()
    assert "TIiajkdnlazkcOXrIdevi7FQ" not in stored.address
    assert stored.scheme == "slack"
    assert "TIiajkdnlazkcOXrIdevi7FQ" in stored.plain_address
    assert "TIiajkdnlazkcOXrIdevi7FQ" not in str(Entry.objects.values_list("changes", flat=True)[0])
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another one", [settings.SECRET_KEY]
    assert "TIiajkdnlazkcOXrIdevi7FQ" in stored.plain_address
    settings.SECRET_KEY_FALLBACKS = []
    assert chat.post(stored, "x", "y") == Failed("encrypted with another SECRET_KEY", final=True)


def test_events_reach_the_room_of_the_team(room, administrator, requester, service, desk, engineers):
    for name, team in (("All", None), ("Desk", desk), ("Engineers", engineers)):
        rooms.save(
            ChatChannel(name=name, team=team, events=["open"]), address=room.url, actor=administrator, source="web"
        )
    ticket = factories.incident(requester, service=service, title="@everyone <!channel> down")
    fan_out.run()
    assert {m.chat.name for m in Message.objects.filter(channel="chat")} == {"All", "Desk"}
    assert delivery.run_channel("chat") == 2
    posted = room.seen[0]["text"]
    assert ticket.number in posted
    assert f"/tickets/{ticket.number}/" in posted
    assert "@everyone" not in posted
    assert "<!channel>" not in posted
    assert ChatChannel.objects.get(name="Desk").last_sent_at is not None


def test_room_that_refuses_is_tried_again_and_says_so(room, administrator, requester, service):
    made = rooms.save(ChatChannel(name="All", events=["open"]), address=room.url, actor=administrator, source="web")
    room.handler.status = 500
    factories.incident(requester, service=service)
    fan_out.run()
    assert delivery.run_channel("chat") == 0
    message = Message.objects.get(channel="chat")
    assert (message.state, message.attempts) == ("pending", 1)
    assert message.error
    made.refresh_from_db()
    assert made.last_error == message.error
    with pytest.raises(Refused):
        rooms.try_out(made)
    room.handler.status = 200
    rooms.try_out(made)
    assert chat.post(made, "x", "y") == Sent()


def test_switched_off_room_hears_nothing_more(room, administrator, requester, service):
    made = rooms.save(ChatChannel(name="All", events=["open"]), address=room.url, actor=administrator, source="web")
    factories.incident(requester, service=service)
    fan_out.run()
    made.is_active = False
    rooms.save(made, actor=administrator, source="web")
    assert delivery.run_channel("chat") == 0
    assert Message.objects.get(channel="chat").state == "skipped"
