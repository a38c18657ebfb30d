"""One function for each tool: the body of its webhook as signals. Fields may be missing, a name may not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from operation.intake.signals import (
    CRITICAL,
    INFO,
    MAJOR,
    MINOR,
    Malformed,
    Signal,
    fingerprint_of,
    hosts_of,
    labels_of,
    moment,
    objects,
    severity_of,
    text,
    words,
)

#: Words that mean "it is over".
OVER = {
    "resolved",
    "ok",
    "up",
    "recovery",
    "recovered",
    "closed",
    "clear",
    "cleared",
    "normal",
    "inactive",
    "0",
    "false",
}


def alertmanager(payload: Any) -> list[Signal]:
    """Prometheus Alertmanager: webhook version 4, or the list of its own API v2."""
    if isinstance(payload, dict):
        if not isinstance(payload.get("alerts"), list):
            raise Malformed("“alerts” is missing.")
        whole = words(payload.get("groupKey"), 200)
        return [_alert(one, whole, payload) for one in objects(payload["alerts"])]
    return [_alert(one, "", {}) for one in objects(payload)]


def _alert(alert: dict[str, Any], group: str, whole: dict[str, Any]) -> Signal:
    labels, notes = labels_of(alert.get("labels")), labels_of(alert.get("annotations"))
    name = labels.get("alertname") or notes.get("summary")
    if not name:
        raise Malformed("An alert has neither the label “alertname” nor a summary.")
    ends = moment(alert.get("endsAt"))
    status = words(alert.get("status") or whole.get("status") or ("resolved" if ends else "firing")).lower()
    # Severity tells how bad it is now, not what it is.
    same = sorted((key, value) for key, value in labels.items() if key != "severity")
    host = labels.get("instance") or labels.get("host") or labels.get("node") or labels.get("pod")
    return Signal(
        fingerprint=words(alert.get("fingerprint"), 64) or fingerprint_of(*same),
        firing=status not in OVER,
        title=words(notes.get("summary") or (f"{name} on {host}" if host else name)),
        severity=severity_of(labels.get("severity") or notes.get("severity")),
        description=text(notes.get("description") or notes.get("info") or notes.get("message")),
        hosts=hosts_of(labels.get("ci"), host),
        service=words(labels.get("service"), 120),
        group=group or fingerprint_of(name, labels.get("service"), labels.get("job")),
        at=(ends if status in OVER else None) or moment(alert.get("startsAt")),
        url=words(alert.get("generatorURL"), 500),
        labels=labels,
    )


def grafana(payload: Any) -> list[Signal]:
    """Grafana: unified alerting speaks as Alertmanager does; legacy alerts have a rule and a state."""
    if isinstance(payload, dict) and isinstance(payload.get("alerts"), list):
        return alertmanager(payload)
    found = []
    for one in objects(payload):
        name = words(one.get("ruleName") or one.get("title"))
        if not name:
            raise Malformed("“ruleName” is missing.")
        tags = labels_of(one.get("tags"))
        found.append(Signal(
            fingerprint=fingerprint_of("grafana", one.get("ruleId") or name), firing=words(one.get("state")) not in
            ("ok", "paused"), title=name, severity=severity_of(tags.get("severity"), MAJOR),
            description=text(one.get("message")), service=tags.get("service", ""), group=fingerprint_of(name),
            hosts=hosts_of(tags.get("ci"), tags.get("host"), tags.get("instance")),
            url=words(one.get("ruleUrl"), 500), labels=tags,
        ))  # fmt: skip
    return found


def zabbix(payload: Any) -> list[Signal]:
    """Zabbix: the parameters of a webhook media type. Macros that Zabbix left unfilled count as missing."""
    found = []
    for one in objects(payload):
        given = {name: value for name, value in one.items() if not str(value).startswith("{")}
        name = words(given.get("event_name") or given.get("trigger_name") or given.get("alert_subject"))
        if not name:
            raise Malformed("“event_name” is missing.")
        grades = {"5": CRITICAL, "4": MAJOR, "3": MAJOR, "2": MINOR, "1": INFO, "0": INFO}
        grade = str(given.get("event_nseverity", ""))
        host = given.get("host_name") or given.get("host")
        recovered = str(given.get("event_value", "1")) == "0" or given.get("event_recovery_value") == "0"
        found.append(Signal(
            fingerprint=fingerprint_of("zabbix", given.get("trigger_id") or name, host or ""), firing=not recovered,
            title=name, severity=grades.get(grade) or severity_of(given.get("event_severity")),
            description=text(given.get("alert_message") or given.get("trigger_description")),
            hosts=hosts_of(host, given.get("host_ip")), group=fingerprint_of(name, host or ""),
            url=words(given.get("zabbix_url") or given.get("event_url"), 500),
            labels=labels_of({key: given[key] for key in ("event_id", "trigger_id", "host_name") if key in given}),
        ))  # fmt: skip
    return found


def icinga(payload: Any) -> list[Signal]:
    """Icinga, Nagios and Checkmk: notifications about a host or a service on it."""
    found = []
    for one in objects(payload):
        host = words(one.get("host") or one.get("hostname") or one.get("HOSTNAME") or one.get("host_name"))
        check = words(one.get("service") or one.get("servicedesc") or one.get("SERVICEDESC") or one.get("description"))
        state = words(
            one.get("state") or one.get("status") or one.get("servicestate") or one.get("SERVICESTATE")
            or one.get("hoststate") or one.get("HOSTSTATE")
        )  # fmt: skip
        if isinstance(one.get("status"), list):
            state = words(one["status"][0] if one["status"] else "")
        kind = words(one.get("notification_type") or one.get("notificationtype") or one.get("NOTIFICATIONTYPE")).upper()
        if not host:
            raise Malformed("“host” is missing.")
        shown = f"{check} on {host}" if check else host
        found.append(Signal(
            fingerprint=fingerprint_of("icinga", host, check), firing=kind != "RECOVERY" and state.lower() not in OVER,
            title=words(one.get("summary")) or f"{shown}: {state or 'problem'}", severity=severity_of(state, MAJOR),
            description=text(one.get("output") or one.get("SERVICEOUTPUT") or one.get("HOSTOUTPUT")),
            hosts=hosts_of(host, one.get("address")), group=fingerprint_of(host, check),
            at=moment(one.get("timestamp") or one.get("time")), labels=labels_of(one),
        ))  # fmt: skip
    return found


def cloudevents(payload: Any) -> list[Signal]:
    """CloudEvents 1.0: the data are a plain signal; subject and source stand in for what it leaves out."""
    found = []
    for one in objects(payload):
        if not one.get("specversion") or not one.get("type"):
            raise Malformed("“specversion” or “type” is missing.")
        data = one["data"] if isinstance(one.get("data"), dict) else {}
        found += plain({
            "title": one.get("subject") or one["type"], "host": one.get("subject"), "time": one.get("time"),
            "fingerprint": fingerprint_of(one.get("source"), one["type"], one.get("subject")), **data,
        })  # fmt: skip
    return found


def plain(payload: Any) -> list[Signal]:
    """Plain JSON: ``title``, ``status`` and what else is known. Pingdom, Uptime Kuma and Checkmk are recognised."""
    found = []
    for one in objects(payload):
        if "check_id" in one and "current_state" in one:
            found.append(_pingdom(one))
        elif "heartbeat" in one or ("monitor" in one and "msg" in one):
            found.append(_kuma(one))
        elif "notification_type" in one and ("host" in one or "check_command" in one):
            found += icinga(one)
        else:
            found.append(_plain(one))
    return found


def _plain(one: dict[str, Any]) -> Signal:
    title = words(one.get("title") or one.get("summary") or one.get("message") or one.get("name"))
    if not title:
        raise Malformed("“title” is missing.")
    labels = labels_of(one.get("labels") or one.get("tags"))
    host = one.get("ci") or one.get("host") or one.get("hostname") or one.get("instance")
    status = words(one.get("status") or one.get("state") or "firing").lower()
    return Signal(
        fingerprint=words(one.get("fingerprint") or one.get("id"), 64) or fingerprint_of("json", title, host or ""),
        firing=status not in OVER, title=title, severity=severity_of(one.get("severity") or one.get("priority")),
        description=text(one.get("description")), hosts=hosts_of(host), service=words(one.get("service"), 120),
        group=words(one.get("group"), 200) or fingerprint_of(title), at=moment(one.get("time") or one.get("timestamp")),
        url=words(one.get("url"), 500), labels=labels,
    )  # fmt: skip


def _pingdom(one: dict[str, Any]) -> Signal:
    params = one["check_params"] if isinstance(one.get("check_params"), dict) else {}
    name = words(one.get("check_name")) or f"Check {one['check_id']}"
    return Signal(
        fingerprint=fingerprint_of("pingdom", one["check_id"]), firing=words(one["current_state"]).lower() not in OVER,
        title=name, severity=severity_of(one.get("importance_level"), MAJOR),
        description=text(one.get("long_description") or one.get("description")), hosts=hosts_of(params.get("hostname")),
        group=fingerprint_of("pingdom", one["check_id"]), at=moment(one.get("state_changed_timestamp")),
        url=words(params.get("full_url"), 500),
    )  # fmt: skip


def _kuma(one: dict[str, Any]) -> Signal:
    monitor = one["monitor"] if isinstance(one.get("monitor"), dict) else {}
    beat = one["heartbeat"] if isinstance(one.get("heartbeat"), dict) else {}
    name = words(monitor.get("name") or one.get("msg"))
    if not name:
        raise Malformed("“monitor” is missing.")
    return Signal(
        fingerprint=fingerprint_of("kuma", monitor.get("id") or name), firing=str(beat.get("status", "0")) != "1",
        title=name, severity=MAJOR, description=text(beat.get("msg") or one.get("msg")),
        hosts=hosts_of(monitor.get("hostname"), monitor.get("url")),
        group=fingerprint_of("kuma", monitor.get("id") or name), url=words(monitor.get("url"), 500),
    )  # fmt: skip


Adapter = Callable[[Any], list[Signal]]

ADAPTERS: dict[str, Adapter] = {
    "alertmanager": alertmanager, "grafana": grafana, "zabbix": zabbix, "icinga": icinga, "cloudevents": cloudevents,
    "json": plain,
}  # fmt: skip


def latest(signals: Iterable[Signal]) -> dict[str, tuple[Signal, int]]:
    """The last signal of each fingerprint, and how often it came."""
    found: dict[str, tuple[Signal, int]] = {}
    for signal in signals:
        _before, count = found.get(signal.fingerprint, (signal, 0))
        found[signal.fingerprint] = (signal, count + 1)
    return found
