"""The outbox: what happened, who is told by which channel, and how people and the organisation want it."""

from .choices import ChatChannel, NotificationTemplate, Preference
from .event import Event
from .message import Message

__all__ = ["ChatChannel", "Event", "Message", "NotificationTemplate", "Preference"]
