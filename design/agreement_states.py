"""The states and words of agreements."""

from enum import nonmember

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class AgreementState(TextChoices):
    """The life of one version of an agreement."""

    DRAFT = "draft", _("Draft")
    AGREED = "agreed", _("Agreed")
    ACTIVE = "active", _("Active")
    EXPIRED = "expired", _("Expired")
    TERMINATED = "terminated", _("Terminated")

    #: Being written, or waiting for its first day.
    OPEN = nonmember(("draft", "agreed"))
    #: Both sides said yes: it counts when others are checked against it.
    BINDING = nonmember(("agreed", "active"))
    ENDED = nonmember(("expired", "terminated"))
    PHASES = nonmember(
        {"draft": "new", "agreed": "waiting", "active": "active", "expired": "closed", "terminated": "closed"}
    )


class AgreementType(TextChoices):
    """Between whom it is."""

    SLA = "sla", _("Service level agreement")
    OLA = "ola", _("Operational level agreement")
    UC = "uc", _("Underpinning contract")

    SHORT = nonmember({"sla": "SLA", "ola": "OLA", "uc": "UC"})


class Promise(TextChoices):
    """What is promised in minutes."""

    FIRST_RESPONSE = "first_response", _("First response")
    RESOLUTION = "resolution", _("Resolution")
    UPDATE = "update", _("Next reply")
    FULFILMENT = "fulfilment", _("Fulfilment")
