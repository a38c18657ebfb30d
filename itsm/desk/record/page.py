"""Everything the page of a ticket shows, in a number of queries that does not depend on its history."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.core.cache import cache
from django.db.models import Prefetch, Q, prefetch_related_objects
from django.template.defaultfilters import filesizeformat
from django.template.loader import get_template
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.desk.record import clocks, presence, properties, timeline
from itsm.lib import clock
from itsm.lib.decisions import Decision
from itsm.notifications.services import inbox
from itsm.tickets import kinds, numbers
from itsm.tickets.models import (
    Attachment,
    CustomField,
    HoldReason,
    Ticket,
    TicketLink,
    TicketTask,
    TicketVisit,
    Watcher,
)
from itsm.tickets.models.ticket import LIST_FIELDS
from itsm.tickets.services.access import sees_inside
from itsm.workflow import conditions, conversation, custom, edits, steps, work

#: What a ticket is loaded with.
#: Joined with the ticket. People come by a query of their own: planning a join of thirteen tables costs more.
RELATED = ("service", "category", "team", "offering", "restricted_to")
PEOPLE = ("requester", "opened_by", "assignee")
MOST_LINKS = 100
MOST_WATCHERS = 100
VISIT_SECONDS = 60
BUTTONS = 3
#: The step that votes take where a kind is decided about by its own rules.
OWN_VERB = "approve"


def fetch(user: User, number: str) -> Any:
    """The ticket with this number as its own kind, if the person may read all of it; else ``None``."""
    parsed = numbers.parse(number)
    if parsed is None:
        return None
    code, pk = parsed
    if code is None:
        code = Ticket.objects.visible_to(user).filter(pk=pk).values_list("kind", flat=True).first()
        if code is None:
            return None
    rows = kinds.get(code).model._default_manager.all()
    ticket = rows.visible_to(user).select_related(*RELATED).filter(pk=pk).order_by().first()  # type: ignore[attr-defined]
    if ticket is None or not sees_inside(ticket, user):
        return None
    _attach_people(ticket)
    return ticket


def _attach_people(ticket: Any) -> None:
    """Requester, opener and assignee with the requester's organisation, in one query."""
    wanted = {pk for name in PEOPLE if (pk := getattr(ticket, f"{name}_id"))}
    found = User.objects.select_related("organisation").in_bulk(wanted)
    for name in PEOPLE:
        setattr(ticket, name, found.get(getattr(ticket, f"{name}_id")))
    organisation = ticket.requester.organisation
    if organisation is None or organisation.pk == ticket.organisation_id:
        ticket.organisation = organisation


@dataclass(slots=True)
class Offer:
    """A step as a button: allowed, or greyed with what holds it."""

    verb: str
    label: str
    icon: str
    key: str
    tone: str
    url: str
    asks: bool
    refused: list[Decision] = field(default_factory=list)

    @property
    def allowed(self) -> bool:
        return not self.refused

    @property
    def reason(self) -> str:
        return " ".join(decision.reason for decision in self.refused)


def offers(ticket: Ticket, user: User) -> list[Offer]:
    """The steps this person may take, in the order of the code; those the world holds are greyed."""
    if not user.acts_for_desk:
        return []
    return [
        Offer(
            step.verb, step.label, step.icon, step.key, step.tone,
            reverse("desk:ticket-step", args=[ticket.number, step.verb]), bool(step.inputs), list(verdict.refused),
        )
        for step, verdict in steps.offers(ticket, user)
    ]  # fmt: skip


def arrange(found: list[Offer]) -> tuple[Offer | None, list[Offer], list[Offer]]:
    """The one primary action, the buttons beside it, and what goes into the menu."""
    strong = [offer for offer in found if offer.tone in ("primary", "ok")]
    # One that is held stands there greyed: what is missing is what to do next.
    primary = next((offer for offer in strong if offer.allowed), strong[0] if strong else None)
    rest = [offer for offer in found if offer is not primary]
    beside = [offer for offer in rest if offer.tone != "danger" and offer.allowed and offer.key][:BUTTONS]
    return primary, beside, [offer for offer in rest if offer not in beside]


@dataclass(slots=True)
class Linked:
    """A related ticket, from this ticket's point of view."""

    id: int
    ticket: Ticket
    words: str
    kind: str
    inverse: bool


def links(ticket: Ticket, user: User) -> list[Linked]:
    """Tickets linked in either direction that this person may see; one query, and one more when there are any."""
    rows = list(
        TicketLink.objects.filter(Q(source=ticket.pk) | Q(target=ticket.pk))
        .order_by("-id")
        .values_list("pk", "source_id", "target_id", "kind")[:MOST_LINKS]
    )
    if not rows:
        return []
    others = {pk for _link, source, target, _kind in rows for pk in (source, target)} - {ticket.pk}
    visible = Ticket.objects.visible_to(user).only(*LIST_FIELDS).in_bulk(others)
    found = []
    for pk, source, target, code in rows:
        inverse = target == ticket.pk
        other = visible.get(source if inverse else target)
        if other is None:
            continue
        kind = TicketLink.Kind(code)
        words = str(TicketLink.INVERSE[kind] if inverse else kind.label)
        found.append(Linked(pk, other, words, code, inverse))
    return found


@dataclass(slots=True)
class Checklist:
    """The checklist of one policy, for the step it belongs to."""

    policy: Any
    step: str
    items: list[tuple[str, bool, str]]

    @property
    def done(self) -> int:
        return sum(1 for _item, ticked, _by in self.items if ticked)


def checklists(ticket: Ticket) -> list[Checklist]:
    """Checklists of the policies whose step can be taken from here."""
    possible = {step.verb: step.label for step in steps.available(ticket)}
    wanted = [policy for policy in conditions.all_of(ticket) if policy.checklist and policy.verb in possible]
    if not wanted:
        return []
    ticked = {(tick.policy_id, tick.item): str(tick.by) for tick in conditions.ticks(ticket)}
    return [
        Checklist(
            policy,
            possible[policy.verb],
            [(item, (policy.pk, item) in ticked, ticked.get((policy.pk, item), "")) for item in policy.checklist],
        )
        for policy in wanted
    ]


@dataclass(slots=True)
class Approval:
    """What must be approved before a step: to be asked, or under way."""

    verb: str
    step: str
    policy: str
    round: Any = None
    mine: bool = False
    #: The kind asks by a step of its own.
    asks_itself: bool = False

    @property
    def to_ask(self) -> bool:
        if self.asks_itself:
            return False
        return self.round is None or self.round.state not in ("pending", "approved")


def approvals(ticket: Ticket, user: User) -> list[Approval]:
    """The approvals that policies want for the steps from here, and those the kind itself asks for; newest rounds."""
    possible = {step.verb: step.label for step in steps.available(ticket)}
    wanted = [policy for policy in conditions.all_of(ticket) if policy.approval and policy.verb in possible]
    found = []
    for policy in wanted:
        newest = next((round_ for round_ in conditions.rounds(ticket) if round_.verb == policy.verb), None)
        found.append(Approval(policy.verb, possible[policy.verb], policy.name, newest, _is_asked(newest, user)))
    own = steps.describe(type(ticket), OWN_VERB)
    if own is not None and all(policy.verb != OWN_VERB for policy in wanted):
        newest = next((round_ for round_ in conditions.rounds(ticket) if round_.verb == OWN_VERB), None)
        if newest is not None:
            found.append(Approval(OWN_VERB, own.label, "", newest, _is_asked(newest, user), asks_itself=True))
    return found


def _is_asked(round_: Any, user: User) -> bool:
    """Whether the person's vote is missing."""
    if round_ is None or round_.state != "pending":
        return False
    return any(seat.approver_id == user.pk and not seat.vote for seat in round_.seats.all())


def note_visit(ticket: Ticket, user: User, *, changed: bool = False) -> None:
    """Remember that the person has read up to now: at most one write a minute, unless they changed it themselves."""
    if not cache.add(f"visit:{user.pk}:{ticket.pk}", 1, VISIT_SECONDS) and not changed:
        return
    TicketVisit.objects.bulk_create(
        [TicketVisit(user=user, ticket_id=ticket.pk, at=clock.now())],
        update_conflicts=True, unique_fields=["user", "ticket"], update_fields=["at"],
    )  # fmt: skip
    inbox.saw_ticket(user, ticket.pk)


def draw_rows(rows: list[timeline.Row]) -> SafeString:
    """The entries as HTML, by the fast engine."""
    template = get_template("desk/ticket/rows.html", using="jinja2")
    drawn = template.render({"rows": rows, "now": clock.now(), "size": filesizeformat})
    return mark_safe(drawn)  # noqa: S308 - drawn with autoescape


def prepare(ticket: Any) -> None:
    """Load what guards and panels both need, once."""
    prefetch_related_objects(
        [ticket],
        Prefetch("tasks", queryset=TicketTask.objects.select_related("team", "assignee", "done_by")),
        Prefetch("watchers", queryset=Watcher.objects.select_related("user")),
    )


def assemble(
    ticket: Any, user: User, *, show: str = "all", before: str = "", after: int | None = None
) -> dict[str, Any]:
    """The context of the page and of its refreshed parts; ``after`` loads only newer entries."""
    now = clock.now()
    prepare(ticket)
    extra: list[CustomField] = custom.fields_of(ticket.kind)
    labels = {field.code: field.label for field in extra}
    attachments = list(Attachment.objects.filter(ticket_id=ticket.pk))
    told = timeline.load(ticket, attachments, labels, show=show, before=before, after=after)
    related = links(ticket, user)
    found = offers(ticket, user)
    primary, beside, menu = arrange(found)
    editable = bool(edits.may_edit(ticket, user))
    watchers = list(ticket.watchers.all())[:MOST_WATCHERS]
    return {
        "ticket": ticket,
        "kind": ticket.kind_info,
        "now": now,
        "show": show,
        "shows": timeline.SHOWS.items(),
        "offers": found,
        "primary": primary,
        "beside": beside,
        "menu_offers": menu,
        "timeline": told,
        "entries": draw_rows(told.rows),
        "announcement": timeline.announce(told.count) if after is not None and told.count else "",
        "loose_files": [a for a in attachments if a.entry_id is None or _opening_file(a, ticket)],
        "clocks": [clocks.view(row, now) for row in clocks.current(clocks.rows_of(ticket))],
        "properties": properties.panel(ticket, extra, editable=editable),
        "editable": editable,
        "writes": user.acts_for_desk,
        "can_reply": conversation.may_reply(ticket, user),
        "can_note": conversation.may_note(ticket, user),
        "can_plan": bool(work.may_plan(ticket, user)),
        "can_finish": bool(work.may_finish(ticket, user)),
        "links": [link for link in related if not _is_child(link)],
        "children": [link for link in related if _is_child(link)],
        "tasks": list(ticket.tasks.all()),
        "watchers": watchers,
        "watching": any(watcher.user_id == user.pk for watcher in watchers),
        "checklists": checklists(ticket),
        "approvals": approvals(ticket, user),
        "hold_label": hold_label(ticket, told.hold),
        "others": presence.others(ticket, user),
        "recipients": recipients(ticket, watchers, user),
        "take": takes(ticket, user, found),
        "can_duplicate": hasattr(ticket.kind_info.verbs_module, "mark_duplicate") and ticket.phase_open,
        "can_follow_up": hasattr(ticket.kind_info.verbs_module, "follow_up") and not ticket.phase_open,
        "can_open": hasattr(ticket.kind_info.verbs_module, "open"),
        "can_hold": any(offer.verb == "put_on_hold" and offer.allowed for offer in found),
        "update_due": getattr(ticket, "next_update_at", None),
        "is_requester": ticket.requester_id == user.pk,
    }


def _is_child(link: Linked) -> bool:
    return link.inverse and link.kind in (TicketLink.Kind.CHILD_OF, TicketLink.Kind.DUPLICATE_OF)


def _opening_file(attachment: Attachment, ticket: Any) -> bool:
    """Files that came with the report stand under it."""
    return (attachment.added_at - ticket.opened_at).total_seconds() < 1


def hold_label(ticket: Ticket, told: str = "") -> str:
    """What a ticket on hold waits for, in words; the timeline has told it already, unless that was long ago."""
    if not ticket.hold_reason or told:
        return told if ticket.hold_reason else ""
    found = HoldReason.objects.filter(code=ticket.hold_reason).values_list("label", flat=True).first()
    return found or ticket.hold_reason


def recipients(ticket: Ticket, watchers: list[Any], user: User) -> str:
    """Who gets a reply, spelled out."""
    names = [] if ticket.requester_id == user.pk else [str(ticket.requester)]
    names += [str(w.user) for w in watchers if w.user_id not in (user.pk, ticket.requester_id)]
    if not names:
        return _("to nobody but yourself")
    if len(names) > 3:
        return _("to %(first)s and %(count)d others") % {"first": names[0], "count": len(names) - 1}
    return _("to %(names)s") % {"names": ", ".join(names)}


def takes(ticket: Ticket, user: User, found: list[Offer]) -> bool:
    """Whether "assign to me" is worth a button: no step does it, and the person is in the ticket's team."""
    if ticket.assignee_id == user.pk or any(offer.key == "I" for offer in found):
        return False
    return bool(edits.may_edit(ticket, user)) and ticket.team_id in user.team_ids


def other_open(ticket: Ticket, user: User) -> list[Ticket]:
    """Other open tickets of the requester, newest first."""
    mine = Ticket.objects.visible_to(user).open().filter(requester=ticket.requester_id).exclude(pk=ticket.pk)
    return list(mine.only(*LIST_FIELDS).order_by("-opened_at", "-id")[:5])


def sees(user: Any, pk: int) -> bool:
    """Whether the person may read this ticket."""
    return Ticket.objects.visible_to(user).filter(pk=pk).exists()
