"""Known errors that may explain an incident: by service, configuration item and words."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q

from itsm.catalogue.models import Service
from itsm.tickets.models import Ticket, TicketLink
from operation.models import Problem
from transition.fulltext import words_of
from transition.models import TicketCI

if TYPE_CHECKING:
    from itsm.accounts.models import User

#: Candidates that are weighed, and what is worth showing.
MOST, SHOWN, ENOUGH = 60, 3, 3
SAME_SERVICE, SAME_ITEM, SAME_CATEGORY, WORD = 3, 4, 1, 1
#: Shorter words occur everywhere.
LONG = 4


@dataclass(slots=True)
class Hint:
    """A known error with why it may be the one."""

    problem: Problem
    score: int
    why: list[str] = field(default_factory=list)


def search(user: User, query: str) -> Any:
    """The known-error database: every word occurs in one of its texts; a number finds its problem."""
    rows: Any = Problem.objects.for_desk(user).known_errors()
    numbered = rows.numbered(query) if query else rows.none()
    if query and numbered.exists():
        return numbered
    for word in query.split()[:8]:
        texts = ("title", "description", "root_cause", "workaround", "service__name")
        rows = rows.filter(reduce(or_, (Q(**{f"{name}__icontains": word}) for name in texts)))
    return rows


def with_incidents(rows: Any) -> Any:
    """Annotated with how many incidents each causes, and how many of them are open."""
    caused = Q(links_to__kind=TicketLink.Kind.CAUSED_BY)
    return rows.annotate(
        incidents=Count("links_to", filter=caused),
        open_incidents=Count("links_to", filter=caused & Q(links_to__source__is_open=True)),
    )


def suggest(user: User, ticket: Ticket) -> list[Hint]:
    """Known errors that fit an incident, the likeliest first; those linked already are left out."""
    words = [word for word in words_of(f"{ticket.title} {ticket.description[:1000]}", most=20) if len(word) >= LONG]
    items = set(TicketCI.objects.filter(ticket=ticket.pk).values_list("item_id", flat=True))
    alike = reduce(or_, (Q(title__icontains=word) for word in words), Q(pk__in=[]))
    if ticket.service_id:
        alike |= Q(service=ticket.service_id)
    if items:
        alike |= Q(ticket_items__item__in=items)
    linked = TicketLink.objects.filter(source=ticket.pk, kind=TicketLink.Kind.CAUSED_BY).values("target")
    rows: Any = Problem.objects.for_desk(user).known_errors().filter(alike).exclude(pk__in=linked)
    found = list(rows.select_related("service").distinct().order_by("-known_since", "-id")[:MOST])
    shared: dict[int, int] = {}
    if items and found:
        for pk in TicketCI.objects.filter(ticket__in=found, item__in=items).values_list("ticket_id", flat=True):
            shared[pk] = shared.get(pk, 0) + 1
    hints = [_weigh(problem, ticket, words, shared.get(problem.pk, 0)) for problem in found]
    good = [hint for hint in hints if hint.score >= ENOUGH]
    return sorted(good, key=lambda hint: (-hint.score, -hint.problem.pk))[:SHOWN]


def _weigh(problem: Problem, ticket: Ticket, words: list[str], items: int) -> Hint:
    hint = Hint(problem, 0)
    if items:
        hint.score += SAME_ITEM
        hint.why.append("item")
    if problem.service_id and problem.service_id == ticket.service_id:
        hint.score += SAME_SERVICE
        hint.why.append("service")
    if problem.category_id and problem.category_id == ticket.category_id:
        hint.score += SAME_CATEGORY
    text = f"{problem.title} {problem.description} {problem.root_cause}".lower()
    same = [word for word in words if word in text]
    if same:
        hint.score += WORD * min(len(same), 4)
        hint.why.append("words")
    return hint


def for_portal(user: User, words: list[str], service: Any) -> list[Problem]:
    """Workarounds that may spare a report: of services offered to the person, and no secret."""
    if service is None and not words:
        return []
    open_to_all: Any = Problem.objects.known_errors()
    rows = open_to_all.exclude(workaround="").filter(restricted_to__isnull=True)
    long = [word for word in words if len(word) >= LONG]
    like = reduce(or_, (Q(title__icontains=word) for word in long), Q(pk__in=[]))
    if service is not None:
        rows = rows.filter(service=service)
        if long:
            rows = rows.filter(like)
    else:
        rows = rows.filter(like, service__in=Service.objects.offered_to(user))
    return list(rows.select_related("service").order_by("-known_since", "-id")[:3])
