"""Records of the operation stage."""

from .availability import ApplicationType, AvailabilityDay, AvailabilityObjective
from .event import Event, EventSource, Monitor
from .incident import Incident
from .outage import Outage
from .risk import Control, ControlTest, Risk
from .security import Playbook, SecurityIncident

__all__ = [
    "ApplicationType",
    "AvailabilityDay",
    "AvailabilityObjective",
    "Control",
    "ControlTest",
    "Event",
    "EventSource",
    "Incident",
    "Monitor",
    "Outage",
    "Playbook",
    "Risk",
    "SecurityIncident",
]
