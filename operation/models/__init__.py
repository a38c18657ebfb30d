"""Records of the operation stage."""

from .access import AccessRequest
from .availability import ApplicationType, AvailabilityDay, AvailabilityObjective
from .event import Event, EventSource, Monitor
from .incident import Incident
from .outage import Outage
from .outcome import OrderOutcome
from .problem import Problem
from .request import ServiceRequest
from .risk import Control, ControlTest, Risk
from .rota import Rota, RotaMember, RotaOverride
from .security import Playbook, SecurityIncident

__all__ = [
    "AccessRequest",
    "ApplicationType",
    "AvailabilityDay",
    "AvailabilityObjective",
    "Control",
    "ControlTest",
    "Event",
    "EventSource",
    "Incident",
    "Monitor",
    "OrderOutcome",
    "Outage",
    "Playbook",
    "Problem",
    "Risk",
    "Rota",
    "RotaMember",
    "RotaOverride",
    "SecurityIncident",
    "ServiceRequest",
]
