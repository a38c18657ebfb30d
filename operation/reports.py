"""What the portal shows: reads that are about several records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Prefetch, Q, QuerySet

from itsm.accounts.models import Team
from itsm.approvals.models import Round, Seat
from itsm.catalogue.models import Service, ServiceOffering
from itsm.lib import clock
from itsm.sla.models import Clock, Metric
from itsm.tickets.models import Attachment, HoldReason, Ticket, TicketTask, TimelineEntry
from itsm.tickets.models.ticket import LIST_FIELDS
from itsm.workflow import approvals
from operation import journey, known_errors
from operation.models import Incident, Outage, Problem
from transition.fulltext import words_of
from transition.services import articles

if TYPE_CHECKING:
    from itsm.accounts.models import User
    from transition.models import Article

#: Kinds of what is ordered.
KINDS = ("request", "access")
#: Entries of a timeline that are shown at once.
MOST_ENTRIES = 50


def asks_requester() -> frozenset[str]:
    """Codes of the hold reasons that wait for the requester."""
    return frozenset(HoldReason.objects.filter(party=HoldReason.Party.REQUESTER).values_list("code", flat=True))


def list_rows(rows: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """Only the columns that progress rows show."""
    return (
        rows.select_related("assignee", "requester", "service")
        .only(*LIST_FIELDS, "assignee__name", "assignee__email", "requester__name", "requester__email", "service__name",
              "service__slug")
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket as its requester sees it in a list."""

    ticket: Ticket
    journey: journey.Journey


def as_rows(tickets: Any, user: User) -> list[Row]:
    found = list(tickets)
    codes = asks_requester() if any(ticket.hold_reason for ticket in found) else frozenset()
    told = progress(found)
    return [Row(ticket, journey.of(ticket, user, codes, told.get(ticket.pk))) for ticket in found]


def progress(tickets: Sequence[Ticket]) -> dict[int, journey.Progress]:
    """Who has to decide about orders, and how many of their steps are done: at most one query each."""
    asked = [ticket.pk for ticket in tickets if ticket.state == "awaiting_approval"]
    under_way = [ticket.pk for ticket in tickets if ticket.kind in KINDS and ticket.phase_open]
    found: dict[int, journey.Progress] = {}
    if asked:
        seats = Seat.objects.filter(
            round__subject_type="ticket", round__subject_id__in=asked, round__state=Round.State.PENDING, vote=""
        ).select_related("approver", "round")
        for seat in seats.order_by("id"):
            found.setdefault(seat.round.subject_id, journey.Progress()).approvers.append(str(seat.approver))
    if under_way:
        planned = TicketTask.objects.filter(ticket__in=under_way, step__gt=0).order_by()
        left = Count("id", filter=Q(state__in=TicketTask.LEFT))
        for pk, total, open_ in planned.values_list("ticket").annotate(n=Count("id"), left=left):
            one = found.setdefault(pk, journey.Progress())
            one.steps, one.done = total, total - open_
    return found


def waiting_for(user: User) -> QuerySet[Ticket]:
    """Own tickets that cannot go on without their requester."""
    codes = HoldReason.objects.filter(party=HoldReason.Party.REQUESTER).values("code")
    return Ticket.objects.visible_to(user).filter(
        Q(phase="resolved") | Q(phase="waiting", hold_reason__in=codes), requester=user
    )


def my_open(user: User, limit: int = 5) -> list[Row]:
    """Own tickets that are not done, those that wait for the person first."""
    rows = list_rows(Ticket.objects.visible_to(user).filter(requester=user).exclude(phase="closed"))
    found = as_rows(rows.order_by("-opened_at", "-id")[:50], user)
    return sorted(found, key=lambda row: not row.journey.waits_for_you)[:limit]


# ---------- the catalogue ----------


@dataclass(slots=True)
class Shelf:
    """A category with what can be chosen from it."""

    name: str
    icon: str
    offerings: list[ServiceOffering] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)


def shelves(user: User, query: str = "") -> list[Shelf]:
    """Services by category with what can be ordered and reported about them."""
    offered = ServiceOffering.objects.offered_to(user)
    services = Service.objects.offered_to(user).for_customers().select_related("category")
    if query:
        offered = offered.filter(Q(name__icontains=query) | Q(summary__icontains=query))
        services = services.filter(Q(name__icontains=query) | Q(description__icontains=query))
    by_category: dict[int | None, Shelf] = {}

    def shelf_of(service: Service) -> Shelf:
        category = service.category
        return by_category.setdefault(
            service.category_id, Shelf(category.name if category else "", category.icon if category else "layers")
        )

    for offering in offered.select_related("service__category").distinct():
        shelf_of(offering.service).offerings.append(offering)
    for service in services.order_by("criticality", "name"):
        shelf_of(service).services.append(service)
    return sorted(by_category.values(), key=lambda shelf: (not shelf.name, shelf.name))


def orderable(user: User, query: str = "") -> list[Shelf]:
    """What can be ordered for a person, by category."""
    found = []
    for shelf in shelves(user, query):
        shelf.offerings = [offering for offering in shelf.offerings if offering.is_ordered]
        if shelf.offerings:
            found.append(shelf)
    return found


@dataclass(frozen=True, slots=True)
class Outlook:
    """What follows an order, before it is sent: who decides, who prepares it, and how often it was on time."""

    approvers: list[User]
    rule: str
    teams: list[str]
    steps: int
    days: int | None
    on_time: float | None
    options_cost: bool


#: Deliveries before a share of them says anything, and how far back they count.
ENOUGH, RECENT = 5, timedelta(days=365)


def outlook(offering: ServiceOffering, requester: User) -> Outlook:
    """Computed from the offering's policy and plan, and from the clocks of past orders."""
    about: Any = SimpleNamespace(requester=requester, service=offering.service)
    spec = offering.approval_policy or {}
    people = [person for person in approvals.named_by(about, spec) if person.pk != requester.pk]
    plan = offering.fulfilment_plan or []
    teams = Team.objects.filter(pk__in={line["team"] for line in plan if line.get("team")})
    by_step: dict[int, int] = {}
    for number, line in enumerate(plan, start=1):
        step = int(line.get("step") or number)
        by_step[step] = max(by_step.get(step, 0), int(line.get("days") or 0))
    past = Clock.objects.filter(
        ticket__offering=offering, metric=Metric.FULFILMENT, withdrawn_at__isnull=True,
        stopped_at__gte=clock.now() - RECENT, state__in=[Clock.State.MET, Clock.State.BREACHED],
    ).aggregate(all=Count("id"), met=Count("id", filter=Q(state=Clock.State.MET)))  # fmt: skip
    return Outlook(
        approvers=people, rule=str(Round.Rule(spec.get("rule", "any")).label) if len(people) > 1 else "",
        teams=[team.name for team in teams], steps=len(plan), days=sum(by_step.values()) or None,
        on_time=100 * past["met"] / past["all"] if past["all"] >= ENOUGH else None,
        options_cost=any(
            option.get("price") is not None
            for question in (offering.request_form or {}).get("properties", {}).values()
            for option in question.get("oneOf", ())
        ),
    )  # fmt: skip


# ---------- while somebody writes a report ----------


@dataclass(slots=True)
class Known:
    """What may spare a report: answers, outages everybody knows of, and tickets that are open already."""

    articles: list[Article] = field(default_factory=list)
    errors: list[Problem] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    majors: list[Any] = field(default_factory=list)
    own: list[Row] = field(default_factory=list)
    colleagues: list[Row] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.articles or self.errors or self.outages or self.majors or self.own or self.colleagues)


def known(user: User, text: str, service: Service | None) -> Known:
    """Articles like the text, outages of the service (or like the text), and open tickets of the person."""
    words = words_of(text)
    found = Known(articles=articles.suggest(user, text, service=service, limit=4) if words or service else [])
    found.errors = known_errors.for_portal(user, words, service)
    outages = Outage.objects.visible_to(user).active().prefetch_related("services")
    offered = Service.objects.offered_to(user)
    majors: Any = Incident.objects.major().filter(service__in=offered, restricted_to__isnull=True)
    if service is not None:
        found.outages = list(outages.filter(services=service)[:5])
        majors = majors.filter(service=service)
    else:
        # Nothing is said yet: whatever is down may be what somebody came for.
        found.outages = [one for one in outages[:50] if not words or _alike(_outage_text(one), words)][:5]
        majors = majors.filter(_any_word("service__name", words)) if words else majors.none()
    told = {outage.incident_id for outage in found.outages}
    found.majors = [one for one in majors.select_related("service")[:5] if one.pk not in told]
    _open_tickets(found, user, words, service)
    return found


def _outage_text(outage: Outage) -> str:
    return " ".join([outage.title, *(service.name for service in outage.services.all())])


def _alike(text: str, words: list[str]) -> bool:
    own = words_of(text, most=40)
    return any(mine.startswith(word) or word.startswith(mine) for mine in own for word in words if len(word) > 3)


def _any_word(column: str, words: list[str]) -> Q:
    condition = Q()
    for word in words:
        condition |= Q(**{f"{column}__icontains": word})
    return condition


def _open_tickets(found: Known, user: User, words: list[str], service: Service | None) -> None:
    if not words and service is None:
        return
    like = _any_word("title", [word for word in words if len(word) > 3])
    if service is not None:
        like = like | Q(service=service) if like else Q(service=service)
    if not like:
        return
    mine = Ticket.objects.visible_to(user).open().filter(like)
    found.own = as_rows(list_rows(mine.filter(requester=user).order_by("-opened_at", "-id"))[:4], user)
    if user.sees_organisation and user.organisation_id:
        others = mine.filter(organisation=user.organisation_id).exclude(requester=user)
        found.colleagues = as_rows(list_rows(others.order_by("-opened_at", "-id"))[:4], user)


# ---------- one ticket ----------


def public_timeline(ticket: Ticket, *, everything: bool = False) -> tuple[list[TimelineEntry], bool]:
    """What the requester may read, oldest first, and whether older entries were left out."""
    files = Prefetch("attachments", queryset=Attachment.objects.filter(public=True).order_by("id"))
    newest = ticket.timeline.filter(public=True).order_by("-at", "-id").select_related("author").prefetch_related(files)
    found = list(newest) if everything else list(newest[: MOST_ENTRIES + 1])
    more = not everything and len(found) > MOST_ENTRIES
    return found[:MOST_ENTRIES][::-1] if more else found[::-1], more


def approvals_for(user: User) -> QuerySet[Round]:
    """Questions this person still has to answer, the most urgent first."""
    return Round.objects.awaiting(user).select_related("requested_by").order_by("deadline_at", "id").distinct()


def search(user: User, query: str) -> dict[str, list[Any]]:
    """The portal's search: help, what can be reported, own tickets."""
    like = Q(title__icontains=query)
    tickets = Ticket.objects.visible_to(user).filter(requester=user)
    numbered = list(list_rows(tickets.numbered(query))[:1])
    named = list_rows(tickets.filter(like).order_by("-opened_at", "-id"))[:6]
    offered = ServiceOffering.objects.offered_to(user)
    services = Service.objects.offered_to(user).for_customers()
    word = Q(name__icontains=query)
    return {
        "articles": articles.search(user, query, limit=6),
        "offerings": list(offered.filter(word | Q(summary__icontains=query)).select_related("service").distinct()[:6]),
        "services": list(services.filter(word | Q(description__icontains=query))[:6]),
        "tickets": as_rows([*numbered, *(t for t in named if t.pk not in {n.pk for n in numbered})], user),
    }
