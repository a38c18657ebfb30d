"""Settings from the environment: each helper returns a typed value or says in one line what is wrong.

An empty variable counts as unset, because that is what an empty line in an env file means.
"""

from __future__ import annotations

import os
import re
import secrets
import sys
import zoneinfo
from collections.abc import Collection
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qs, unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

#: Exit code of a process that was started with settings it cannot work with.
BAD_SETTINGS = 2

_YES = {"1", "true", "yes", "on"}
_NO = {"0", "false", "no", "off"}


class SettingsError(ImproperlyConfigured):
    """A variable of the environment has a value the service desk cannot work with."""


def refuse(name: str, problem: str) -> NoReturn:
    raise SettingsError(f"{name} {problem}")


def text(name: str, default: str = "", *, choices: Collection[str] = ()) -> str:
    value = os.environ.get(name, "").strip() or default
    if choices and value not in choices:
        refuse(name, f"must be one of {', '.join(choices)}, not “{value}”.")
    return value


def names(name: str, default: Collection[str] = ()) -> list[str]:
    """A list separated by commas."""
    return [part.strip() for part in text(name).split(",") if part.strip()] or list(default)


def flag(name: str, default: bool = False) -> bool:
    value = text(name).lower()
    if value and value not in _YES | _NO:
        refuse(name, f"must be 1 or 0 (true or false, yes or no, on or off), not “{value}”.")
    return value in _YES if value else default


def number(name: str, default: int, *, least: int = 0, most: int = 2**31) -> int:
    value = text(name, str(default))
    if not re.fullmatch(r"\d{1,10}", value) or not least <= int(value) <= most:
        refuse(name, f"must be a whole number from {least} to {most}, not “{value}”.")
    return int(value)


def time_zone(name: str, default: str) -> str:
    value = text(name, default)
    if value not in zoneinfo.available_timezones():
        refuse(name, f"must be an IANA time zone such as Europe/Berlin, not “{value}”.")
    return value


def url(name: str, default: str = "", *, schemes: Collection[str] = ("http", "https")) -> str:
    """An absolute address without a trailing slash."""
    value = text(name, default)
    if value:
        parts = _split(name, value)
        if parts.scheme not in schemes or not parts.hostname:
            refuse(name, f"must be an address that starts with {' or '.join(f'{s}://' for s in schemes)}.")
    return value.rstrip("/")


def site(name: str, default: str) -> str:
    """The public origin: scheme, host and perhaps port, because links are made by adding a path to it."""
    value = url(name, default)
    if urlsplit(value).path or urlsplit(value).query:
        refuse(name, "must be an origin such as https://desk.example.com, without a path.")
    return value


def database(name: str, default: str) -> dict[str, Any]:
    """One ``DATABASES`` entry, with what each of the two databases needs to be safe and fast."""
    value = text(name, default)
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(value, conn_max_age=600, conn_health_checks=True))
    except (ValueError, KeyError, dj_database_url.ParseError):
        refuse(name, "must look like postgres://user:password@host:5432/name or sqlite:///path/to/file.")
    engine = config["ENGINE"].rpartition(".")[2]
    if engine == "sqlite3":
        config["OPTIONS"] = SQLITE | config.get("OPTIONS", {})
        config["CONN_HEALTH_CHECKS"] = False
    elif engine != "postgresql":
        refuse(name, f"must name a PostgreSQL or SQLite database, not “{urlsplit(value).scheme}”.")
    return config


#: IMMEDIATE, because a transaction that reads first and writes later cannot wait for the lock and fails at once.
SQLITE = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000; PRAGMA mmap_size=268435456; "
        "PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=67108864;"
    ),
}

_MAIL_BACKENDS = {"console": "console", "file": "filebased", "memory": "locmem", "dummy": "dummy"}


def email(name: str, default: str) -> dict[str, Any]:
    """The ``EMAIL_*`` settings of ``smtp://`` (plain), ``smtp+tls://`` (STARTTLS), ``smtps://`` (TLS), ``file://``…"""
    value = text(name, default)
    parts = _split(name, value)
    if parts.scheme in _MAIL_BACKENDS:
        backend = f"django.core.mail.backends.{_MAIL_BACKENDS[parts.scheme]}.EmailBackend"
        if parts.scheme == "file" and not parts.path:
            refuse(name, "must name a folder: file:///path/to/folder.")
        return {"EMAIL_BACKEND": backend, "EMAIL_FILE_PATH": unquote(parts.path) or None}
    ports = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
    if parts.scheme not in ports or not parts.hostname:
        refuse(name, "must look like smtp+tls://user:password@host:587 (or smtp, smtps, console, file, dummy).")
    timeout = parse_qs(parts.query).get("timeout", ["20"])[0]
    if not timeout.isdigit():
        refuse(name, "has a timeout that is not a whole number of seconds.")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or ports[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": int(timeout),
    }


def secret_key(name: str, *, debug: bool, embedded: bool, var: Path) -> str:
    """The signing key: from the environment, or the one that the embedded run keeps beside its database.

    Only ``manage.py up`` makes that file. Every other process may read it, so that commands work on the data of the
    embedded run, but none invents a key: sessions and encrypted secrets would silently depend on who came first.
    """
    value = text(name)
    if value:
        return value
    file = var / "secret_key"
    if embedded:
        if file.is_file() and (kept := file.read_text().strip()):
            return kept
        if sys.argv[1:2] == ["up"]:
            return _keep(file, secrets.token_urlsafe(50))
    if debug:
        return "for development only, never for data that matters to anybody"
    if sys.argv[1:2] in (["help"], ["--help"], ["-h"]) or {"--help", "-h"} & set(sys.argv[2:]):
        # Explains a command and ends, before anything is signed.
        return secrets.token_urlsafe(50)
    refuse(name, "is not set. Set it to a long random text, or start the embedded service desk with “manage.py up”.")


def _keep(file: Path, value: str) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(value)
    return value


def _split(name: str, value: str) -> Any:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError as error:
        refuse(name, f"is not an address: {error}.")
    return parts


def load_or_exit(code: int = BAD_SETTINGS) -> None:
    """Load the settings; a wrong one ends the process with its sentence instead of a traceback."""
    from django.conf import settings  # noqa: PLC0415 - the settings module itself imports this one

    try:
        _ = settings.INSTALLED_APPS
    except SettingsError as error:
        sys.stderr.write(f"The service desk cannot start: {error}\n")
        raise SystemExit(code) from None
