"""My shift: what waits for one person right now, from the indexes of open tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from itsm.approvals.models import Round, Seat
from itsm.notifications.models import Message
from itsm.tickets.models import Ticket
from itsm.tickets.models.ticket import LIST_FIELDS
from itsm.tickets.states import SlaState

if TYPE_CHECKING:
    from itsm.accounts.models import User

#: Rows of a card; more is one click away.
ROWS = 7
#: Of somebody's own tickets as many are read: enough to tell which wait for a reply.
OWN = 200
NEWS = 5
MENTIONED = "mentioned"


@dataclass(frozen=True, slots=True)
class Card:
    """A short list of tickets and the whole list behind it."""

    code: str
    title: str
    rows: Sequence[Ticket]
    url: str
    empty: str
    total: int | None = None

    @property
    def count(self) -> str:
        """How many there are, as far as it is known: "7+" where the list is cut."""
        if self.total is not None:
            return str(self.total) if self.total < OWN else f"{OWN}+"
        return f"{ROWS}+" if len(self.rows) > ROWS else str(len(self.rows))

    @property
    def shown(self) -> Sequence[Ticket]:
        return self.rows[:ROWS]


@dataclass(slots=True)
class Shift:
    """Everything on the page, from six queries whatever there is."""

    cards: list[Card] = field(default_factory=list)
    mentions: list[Message] = field(default_factory=list)
    approvals: list[Seat] = field(default_factory=list)

    @property
    def waits(self) -> bool:
        return bool(self.mentions or self.approvals or any(card.rows for card in self.cards))


def read(user: User, now: datetime) -> Shift:
    """What waits for this person: own work by the next promise, then the teams' work."""
    mine = list(_light(_visible(user).filter(assignee=user)).order_by("due_sort", "id")[:OWN])
    asked = [ticket for ticket in mine if ticket.awaiting_reply]
    teams = sorted(user.team_ids)
    free: list[Ticket] = []
    soon: list[Ticket] = []
    if teams:
        of_teams = _light(_visible(user).filter(team__in=teams))
        free = list(of_teams.filter(assignee__isnull=True).order_by("priority", "due_sort", "id")[: ROWS + 1])
        risky = Q(sla_state=SlaState.RUNNING, warn_at__isnull=False, warn_at__lte=now)
        soon = list(of_teams.filter(risky).exclude(assignee=user).order_by("due_sort", "id")[: ROWS + 1])
    return Shift(
        cards=[
            Card(
                "mine", _("Mine, next due first"), mine, "/queue/?view=mine", _("Nothing is assigned to you."),
                len(mine),
            ),
            Card(
                "asked", _("Waiting for my reply"), asked, "/queue/?assignee=me&awaiting=yes",
                _("Everybody has an answer."), len(asked),
            ),
            Card(
                "free", _("Unassigned in my teams"), free, "/queue/?view=unassigned",
                _("Somebody has taken everything.") if teams else _("You are in no team."),
            ),
            Card(
                "soon", _("Running out in my teams"), soon, "/queue/?team=mine&sla=risk,breached",
                _("No clock is running out."),
            ),
        ],
        mentions=_mentions(user),
        approvals=_approvals(user),
    )  # fmt: skip


def _visible(user: User) -> QuerySet[Ticket]:
    return Ticket.objects.visible_to(user).open()


def _light(tickets: QuerySet[Ticket]) -> QuerySet[Any]:
    return tickets.only(*LIST_FIELDS)


def _mentions(user: User) -> list[Message]:
    found = Message.objects.inbox_of(user).unread().filter(topic=MENTIONED).order_by("-id")
    return list(found.only("subject", "body", "created_at", "recipient")[:NEWS])


def _approvals(user: User) -> list[Seat]:
    waiting = Seat.objects.filter(approver=user, vote="", round__state=Round.State.PENDING)
    return list(waiting.select_related("round").order_by("round__deadline_at", "id")[:NEWS])
