import json
import logging
import sys

from itsm.lib import logs
from itsm.lib.context import request_id


def record(message="took %s", *args, **extra):
    made = logging.getLogger("itsm.test").makeRecord(
        "itsm.test", logging.INFO, __file__, 1, message, args, None, extra=extra
    )
    logs.Context().filter(made)
    return made


def test_json_line_carries_request_and_extras():
    token = request_id.set("abc")
    try:
        line = json.loads(logs.JSONFormatter().format(record("took %s", "it", ticket=7)))
    finally:
        request_id.reset(token)
    assert line.pop("time").endswith("+00:00")
    assert line == {"level": "info", "logger": "itsm.test", "message": "took it", "ticket": 7, "request_id": "abc"}


def test_json_line_has_no_id_outside_a_request():
    assert "request_id" not in json.loads(logs.JSONFormatter().format(record("quiet")))


def test_json_line_keeps_the_exception():
    try:
        raise ValueError("broken")
    except ValueError:
        made = record("oops")
        made.exc_info = sys.exc_info()
    assert "ValueError: broken" in json.loads(logs.JSONFormatter().format(made))["exception"]


def test_text_cannot_be_made_to_look_like_two_events():
    line = logs.TextFormatter().format(record("title: %s", "a\n2026-01-01 ERROR forged"))
    assert "\n" not in line
    assert "a\\n2026-01-01 ERROR forged" in line
