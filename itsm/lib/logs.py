"""How the service desk writes its log: one line per event, as JSON or as text, each with its request or job."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from .context import request_id

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def extras(record: logging.LogRecord) -> dict[str, Any]:
    """What the caller passed as ``extra``: everything on the record that logging did not put there."""
    return {
        name: value
        for name, value in vars(record).items()
        if name not in _STANDARD and name not in {"request", "data", "server_time"}
    }


class Context(logging.Filter):
    """Puts the id of the request or job being served on every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        current = request_id.get()
        if current and not hasattr(record, "request_id"):
            record.request_id = current
        return True


class JSONFormatter(logging.Formatter):
    """One JSON object per line, for log collectors."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **extras(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """The same for people: time, level, logger, message, then what else is known."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created).astimezone().isoformat(sep=" ", timespec="milliseconds")
        known = " ".join(f"{name}={value}" for name, value in extras(record).items())
        line = f"{moment} {record.levelname:<7} {record.name}: {record.getMessage()}{'  ' if known else ''}{known}"
        # A line break smuggled in by a user must not start a line that looks like another event.
        line = line.replace("\n", "\\n").replace("\r", "\\r")
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


def config(*, level: str, style: str) -> dict[str, Any]:
    """The ``LOGGING`` setting."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"context": {"()": "itsm.lib.logs.Context"}},
        "formatters": {
            "json": {"()": "itsm.lib.logs.JSONFormatter"},
            "text": {"()": "itsm.lib.logs.TextFormatter"},
        },
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": style, "filters": ["context"]},
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": "NOTSET", "propagate": True},
            # The access log has a line for every request; Django's own repeats the 4xx among them.
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": [], "propagate": True},
            "waitress.queue": {"level": "ERROR"},
        },
    }
