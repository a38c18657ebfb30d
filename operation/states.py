"""The states of the operation stage's records."""

from enum import nonmember

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _


class IncidentState(TextChoices):
    """The life of an incident (ITIL incident management)."""

    NEW = "new", _("New")
    ASSIGNED = "assigned", _("Assigned")
    IN_PROGRESS = "in_progress", _("In progress")
    ON_HOLD = "on_hold", _("On hold")
    RESOLVED = "resolved", _("Resolved")
    CLOSED = "closed", _("Closed")
    CANCELLED = "cancelled", _("Cancelled")

    WORKABLE = nonmember(("new", "assigned", "in_progress", "on_hold"))
    PHASES = nonmember(
        {
            "new": "new",
            "assigned": "active",
            "in_progress": "active",
            "on_hold": "waiting",
            "resolved": "resolved",
            "closed": "closed",
            "cancelled": "closed",
        }
    )


class ResolutionCode(TextChoices):
    """How an incident was resolved."""

    FIXED = "fixed", _("Fixed")
    WORKAROUND = "workaround", _("Workaround given")
    ADVICE = "advice", _("Explained, nothing was broken")
    DUPLICATE = "duplicate", _("Duplicate")
    NOT_REPRODUCIBLE = "not_reproducible", _("Could not be reproduced")
    NO_ANSWER = "no_answer", _("No answer from the requester")
    WITH_PARENT = "with_parent", _("Resolved with its parent")


#: What an agent may choose; the others are set by the product.
CHOSEN_CODES = ("fixed", "workaround", "advice", "not_reproducible")


class OutageState(TextChoices):
    """The life of an outage."""

    PLANNED = "planned", _("Planned")
    ACTIVE = "active", _("Active")
    ENDED = "ended", _("Ended")

    PHASES = nonmember({"planned": "new", "active": "active", "ended": "closed"})


class OutageKind(TextChoices):
    """What people notice."""

    OUTAGE = "outage", _("Not available")
    DEGRADATION = "degradation", _("Slow or partly broken")
    PLANNED = "planned", _("Planned work")


class RiskState(TextChoices):
    """The life of a risk (ITIL risk management, ISO 31000)."""

    IDENTIFIED = "identified", _("Identified")
    ASSESSED = "assessed", _("Assessed")
    TREATED = "treated", _("Being treated")
    ACCEPTED = "accepted", _("Accepted")
    CLOSED = "closed", _("Closed")

    OPEN = nonmember(("identified", "assessed", "treated", "accepted"))
    PHASES = nonmember(
        {"identified": "new", "assessed": "active", "treated": "waiting", "accepted": "resolved", "closed": "closed"}
    )


class Treatment(TextChoices):
    """What is done about a risk."""

    AVOID = "avoid", _("Avoid")
    REDUCE = "reduce", _("Reduce")
    TRANSFER = "transfer", _("Transfer")
    ACCEPT = "accept", _("Accept")


class ControlState(TextChoices):
    """The life of a control."""

    PLANNED = "planned", _("Planned")
    ACTIVE = "active", _("In force")
    RETIRED = "retired", _("Retired")

    PHASES = nonmember({"planned": "new", "active": "active", "retired": "closed"})


class EventState(TextChoices):
    """Whether what monitoring saw is still so."""

    FIRING = "firing", _("Firing")
    RESOLVED = "resolved", _("Over")
    STALE = "stale", _("Not heard of any more")

    PHASES = nonmember({"firing": "active", "resolved": "closed", "stale": "closed"})


class Severity(IntegerChoices):
    """How bad monitoring says it is; 1 is the worst."""

    CRITICAL = 1, _("Critical")
    MAJOR = 2, _("Major")
    MINOR = 3, _("Minor")
    INFO = 4, _("For information")


class Tool(TextChoices):
    """Whose words an event source speaks."""

    ALERTMANAGER = "alertmanager", "Alertmanager"
    GRAFANA = "grafana", "Grafana"
    ZABBIX = "zabbix", "Zabbix"
    ICINGA = "icinga", _("Icinga, Nagios, Checkmk")
    CLOUDEVENTS = "cloudevents", "CloudEvents"
    JSON = "json", _("Plain JSON")


class Probe(TextChoices):
    """What a monitor of our own tries."""

    HTTP = "http", _("Web address answers")
    TCP = "tcp", _("Port accepts connections")


class SecurityState(TextChoices):
    """The life of a security incident (NIST SP 800-61: detect, contain, eradicate, recover, learn)."""

    NEW = "new", _("New")
    TRIAGED = "triaged", _("Triaged")
    CONTAINED = "contained", _("Contained")
    ERADICATED = "eradicated", _("Cause removed")
    RECOVERED = "recovered", _("Recovered")
    CLOSED = "closed", _("Closed")
    CANCELLED = "cancelled", _("False alarm")

    WORKABLE = nonmember(("new", "triaged", "contained", "eradicated"))
    PHASES = nonmember(
        {
            "new": "new", "triaged": "active", "contained": "active", "eradicated": "active", "recovered": "resolved",
            "closed": "closed", "cancelled": "closed",
        }
    )  # fmt: skip


class Threat(TextChoices):
    """What kind of attack or accident it is."""

    PHISHING = "phishing", _("Phishing or fraud")
    MALWARE = "malware", _("Malware")
    ACCESS = "access", _("Account or access misused")
    LEAK = "leak", _("Data lost or leaked")
    ATTACK = "attack", _("Attack on a system")
    DEVICE = "device", _("Device lost or stolen")
    OTHER = "other", _("Something else")
