"""Monitors of our own: trying addresses, and telling what failed or came back."""

from __future__ import annotations

import http.client
import logging
import socket
import ssl
import time
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from itsm.lib import clock, outbound
from itsm.lib.errors import DomainError, Refused
from operation.intake.signals import Signal, hosts_of
from operation.models import Monitor
from operation.services import events, sources
from operation.states import Probe

log = logging.getLogger(__name__)

#: So many are tried in one run; the rest is tried by the next.
BATCH = 50


@dataclass(frozen=True, slots=True)
class Result:
    """How one try went."""

    ok: bool
    message: str
    took_ms: int


def check_target(probe: str, target: str) -> None:
    """``ValidationError`` when the target is not what the probe tries, or nothing that may be tried."""
    host, _port = place(probe, target)
    try:
        outbound.refuse_private(host, allowed=settings.MONITOR_ALLOWED_HOSTS)
    except Refused as refusal:
        raise ValidationError(refusal.message, code=refusal.code) from refusal


def place(probe: str, target: str) -> tuple[str, int]:
    """Host and port of a target."""
    if probe == Probe.HTTP:
        try:
            parts = urlsplit(target)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            parts, port = urlsplit(""), 0
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or not target.isprintable():
            raise ValidationError(_("Give an address that begins with https:// or http://, without a name in it."))
        return parts.hostname, port
    host, _colon, digits = target.rpartition(":")
    if not host or not digits.isdigit() or not 0 < int(digits) < 65_536:
        raise ValidationError(_("Give host and port, such as db.example.com:5432."))
    return host.strip("[]"), int(digits)


def probe(monitor: Monitor) -> Result:
    """Try once. Redirects are not followed: the answer is what the address itself says."""
    begin = time.monotonic()
    try:
        ok, message = _http(monitor) if monitor.probe == Probe.HTTP else _tcp(monitor)
    except DomainError as refusal:
        ok, message = False, str(refusal.message)
    except ValidationError as error:
        ok, message = False, " ".join(error.messages)
    except (OSError, http.client.HTTPException, ValueError) as error:
        ok, message = False, str(error) or type(error).__name__
    return Result(ok, message[:200], int((time.monotonic() - begin) * 1000))


class _Plain(http.client.HTTPConnection):
    """Connects to an address that was checked."""

    def connect(self) -> None:
        self.sock = _socket(self.host, self.port, self.timeout or 10)


class _Secure(http.client.HTTPSConnection):
    """The same with TLS for the name that was asked for."""

    def connect(self) -> None:
        plain = _socket(self.host, self.port, self.timeout or 10)
        self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)


def _socket(host: str, port: int, timeout: float) -> socket.socket:
    return outbound.connect(host, port, timeout=timeout, allowed=settings.MONITOR_ALLOWED_HOSTS)


def _http(monitor: Monitor) -> tuple[bool, str]:
    parts = urlsplit(monitor.target)
    host, port = place(monitor.probe, monitor.target)
    connection = (_Secure if parts.scheme == "https" else _Plain)(host, port, timeout=monitor.timeout_seconds)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", path, headers={"User-Agent": "itsm-monitor", "Connection": "close"})
        status = connection.getresponse().status
    finally:
        connection.close()
    return status == monitor.expect_status, f"HTTP {status}"


def _tcp(monitor: Monitor) -> tuple[bool, str]:
    with _socket(*place(monitor.probe, monitor.target), timeout=monitor.timeout_seconds):
        return True, str(_("connected"))


def try_due() -> int:
    """Try what is due. Each is claimed before it is tried, so that two workers never try the same."""
    now, done = clock.now(), 0
    for monitor in list(Monitor.objects.due(now)[:BATCH]):
        later = now + timedelta(seconds=monitor.every_seconds)
        if Monitor.objects.filter(pk=monitor.pk, next_at=monitor.next_at).update(next_at=later):
            keep(monitor, probe(monitor))
            done += 1
    return done


def keep(monitor: Monitor, result: Result) -> None:
    """Store the result and tell what changed."""
    was_down = monitor.is_down
    monitor.failures = 0 if result.ok else min(monitor.failures + 1, 30_000)
    monitor.tried_at, monitor.took_ms, monitor.message = clock.now(), result.took_ms, result.message
    monitor.save(update_fields=["failures", "tried_at", "took_ms", "message"])
    if monitor.is_down or was_down:
        events.receive(sources.own(), [signal_of(monitor, result)])


def signal_of(monitor: Monitor, result: Result) -> Signal:
    """What the monitor says, as any tool would."""
    host = urlsplit(monitor.target).hostname if monitor.probe == Probe.HTTP else monitor.target
    return Signal(
        fingerprint=f"monitor-{monitor.pk}", firing=monitor.is_down, severity=monitor.severity,
        title=_("%(name)s does not answer as it should") % {"name": monitor.name},
        description=f"{monitor.target}\n\n{result.message}", hosts=hosts_of(host),
        service=monitor.service.slug if monitor.service else "", group=f"monitor-{monitor.pk}",
    )  # fmt: skip
