import logging
from zoneinfo import ZoneInfo

import pytest
from django.test import RequestFactory
from django.utils import timezone, translation

from itsm.lib import middleware


def test_request_id_is_kept_and_returned(client):
    assert client.get("/healthz", headers={"X-Request-ID": "probe-42"})["X-Request-ID"] == "probe-42"


@pytest.mark.parametrize("offered", ["", "two words", "x" * 65, "semi;colon", 'quo"te'])
def test_request_id_that_could_harm_a_log_is_replaced(client, offered):
    given = client.get("/healthz", headers={"X-Request-ID": offered})["X-Request-ID"]
    assert given != offered
    assert len(given) == 32


def test_access_log_has_one_line_with_duration(client, caplog, db):
    caplog.set_level(logging.INFO, logger="itsm.access")
    client.get("/nowhere/", headers={"X-Request-ID": "abc"})
    client.get("/healthz")
    [line] = [record for record in caplog.records if record.name == "itsm.access"]
    assert (line.method, line.path, line.status, line.view, line.user) == ("GET", "/nowhere/", 404, "none", None)
    assert line.ms >= 0


def test_every_answer_carries_the_security_headers(client):
    headers = client.get("/healthz").headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'self'",
    }
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_only_the_database_admin_has_a_looser_policy(client, db):
    assert "unsafe-inline" in client.get("/admin/login/").headers["Content-Security-Policy"]
    assert "unsafe" not in client.get("/accounts/login/").headers["Content-Security-Policy"]


class Person:
    is_authenticated = True

    def __init__(self, timezone="", language=""):
        self.timezone, self.language = timezone, language


@pytest.mark.parametrize(
    ("person", "zone", "language"),
    [
        (Person(), "UTC", "en"),
        (Person("Asia/Tokyo", "de"), "Asia/Tokyo", "de"),
        (Person("Mars/Olympus", "xx"), "UTC", "en"),
    ],
)
def test_preferences_of_a_person_hold_for_their_request_only(person, zone, language):
    seen = []

    def view(request):
        from django.http import HttpResponse

        seen.append((timezone.get_current_timezone(), translation.get_language()))
        return HttpResponse()

    request = RequestFactory().get("/")
    request.user = person
    middleware.UserPreferences(view)(request)
    assert seen == [(ZoneInfo(zone), language)]
    assert timezone.get_current_timezone() == ZoneInfo("UTC")
    assert translation.get_language() == "en"
