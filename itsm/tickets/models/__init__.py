"""The ticket base and everything that hangs on a ticket."""

from .attachment import Attachment
from .imported import ImportedCase
from .link import TicketLink
from .reference import CannedReply, CustomField, HoldReason, Macro, PriorityRule, ProcessSetting, TicketCategory
from .ticket import Ticket
from .timeline import StateInterval, TimelineEntry
from .work import TicketTask, TicketVisit, Watcher, WorkLog

__all__ = [
    "Attachment",
    "CannedReply",
    "CustomField",
    "HoldReason",
    "ImportedCase",
    "Macro",
    "PriorityRule",
    "ProcessSetting",
    "StateInterval",
    "Ticket",
    "TicketCategory",
    "TicketLink",
    "TicketTask",
    "TicketVisit",
    "TimelineEntry",
    "Watcher",
    "WorkLog",
]
