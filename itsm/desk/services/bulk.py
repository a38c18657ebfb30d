"""One change on many tickets: a transaction each, every refusal named, one undo for what can be put back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.models import Team, User
from itsm.audit import services as audit
from itsm.desk.models import BulkAction
from itsm.desk.reports import counts
from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid, Refused
from itsm.tickets import kinds
from itsm.tickets.models import Ticket, TicketLink, TicketVisit
from itsm.tickets.states import Phase
from itsm.workflow import bulk, conversation, links, macros, steps
from itsm.workflow.edits import edit
from itsm.workflow.verbs import perform

#: Rows of one bulk action.
MOST = 500
#: How long it can be taken back.
UNDO = timedelta(minutes=10)
#: How long what was done is kept at all.
KEEP = timedelta(days=7)

Change = Callable[[Any, User, Mapping[str, Any]], Any]

HOLDER = ("team_id", "assignee_id", "restricted_to_id")
URGENCY = ("impact", "urgency", "priority", "priority_reason")


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done to many tickets. ``undoes``: the columns that undo puts back."""

    code: str
    label: Any
    icon: str
    change: Change
    key: str = ""
    undoes: tuple[str, ...] = ()
    #: The step of the state machine it takes, if it is one.
    verb: str = ""
    #: Kinds of tickets it is for; empty: all.
    kinds: frozenset[str] = frozenset()
    #: What stands on the button of its form, where the label alone is no verb.
    button: Any = ""


def _team_of(ticket: Ticket, person: User) -> Team | None:
    """The ticket's team when the person is in it, else the person's own first one."""
    if ticket.team_id in person.team_ids:
        return ticket.team
    return Team.objects.filter(pk__in=person.team_ids, is_active=True).order_by("name").first() or ticket.team


def _take(ticket: Ticket, actor: User, data: Mapping[str, Any]) -> Any:
    return _give(ticket, actor, team=_team_of(ticket, actor), assignee=actor)


def _assign(ticket: Ticket, actor: User, data: Mapping[str, Any]) -> Any:
    team, assignee = data.get("team"), data.get("assignee")
    if team is None:
        if assignee is None:
            raise Invalid({"team": _("Choose a team or a person.")})
        team = _team_of(ticket, assignee)
    return _give(ticket, actor, team=team, assignee=assignee)


def _give(ticket: Any, actor: User, *, team: Team | None, assignee: User | None) -> Any:
    """A new ticket takes the step that says so; any other keeps its state. Undo gives it back without that step."""
    if ticket.phase == Phase.NEW and steps.find(ticket, "assign"):
        return perform(ticket, "assign", actor=actor, source="web", data={"team": team, "assignee": assignee})
    return edit(ticket, actor=actor, source="web", team=team, assignee=assignee)


def _prioritise(ticket: Ticket, actor: User, data: Mapping[str, Any]) -> Any:
    return edit(ticket, actor=actor, source="web", impact=int(data["impact"]), urgency=int(data["urgency"]))


def _step(verb: str) -> Change:
    def change(ticket: Ticket, actor: User, data: Mapping[str, Any]) -> Any:
        step = steps.find(ticket, verb) or steps.describe(type(ticket), verb)
        asked = {name.rstrip("?") for name in step.inputs} if step else set()
        given = {name: value for name, value in data.items() if name in asked}
        return perform(ticket, verb, actor=actor, source="web", data=given)

    return change


def _macro(ticket: Ticket, actor: User, data: Mapping[str, Any]) -> Any:
    return macros.run(data["macro"], ticket, actor=actor, source="web")


def _link(ticket: Ticket, actor: User, data: Mapping[str, Any]) -> Any:
    return links.link(ticket, data["target"], data["relation"], actor=actor, source_of_change="web")


def _reply(ticket: Ticket, actor: User, data: Mapping[str, Any]) -> Any:
    return conversation.reply(ticket, macros.fill_in(data["body"], ticket, actor), actor=actor, source="web")


def _note(ticket: Ticket, actor: User, data: Mapping[str, Any]) -> Any:
    return conversation.note(ticket, data["body"], actor=actor, source="web")


def _watch(ticket: Ticket, actor: User, data: Mapping[str, Any]) -> Any:
    return conversation.watch(ticket, actor, actor=actor, source="web")


ACTIONS: dict[str, Action] = {
    action.code: action
    for action in (
        Action("assign_me", gettext_lazy("Assign to me"), "hand", _take, "I", HOLDER),
        Action("assign", gettext_lazy("Assign"), "user-plus", _assign, "A", HOLDER),
        Action(
            "priority",
            gettext_lazy("Priority"),
            "signal",
            _prioritise,
            "P",
            URGENCY,
            button=gettext_lazy("Set priority"),
        ),
        Action("put_on_hold", gettext_lazy("Put on hold"), "pause", _step("put_on_hold"), verb="put_on_hold"),
        Action("resume", gettext_lazy("Resume"), "play", _step("resume"), verb="resume"),
        Action("resolve", gettext_lazy("Resolve"), "check", _step("resolve"), verb="resolve"),
        Action("fulfil", gettext_lazy("Fulfil"), "check", _step("fulfil"), verb="fulfil"),
        Action("close", gettext_lazy("Close"), "archive", _step("close"), verb="close"),
        Action("cancel", gettext_lazy("Cancel"), "ban", _step("cancel"), verb="cancel"),
        Action("link", gettext_lazy("Link"), "link", _link, "L"),
        Action("reply", gettext_lazy("Reply"), "reply", _reply),
        Action("note", gettext_lazy("Work note"), "lock", _note, button=gettext_lazy("Add work note")),
        Action("macro", gettext_lazy("Run a macro"), "wand-sparkles", _macro),
        Action("watch", gettext_lazy("Watch"), "eye", _watch),
    )
}


def register(action: Action) -> None:
    """Add an action that a higher package knows of; called from ``AppConfig.ready``."""
    ACTIONS[action.code] = action


LINKS = (TicketLink.Kind.CHILD_OF, TicketLink.Kind.RELATED_TO, TicketLink.Kind.CAUSED_BY)


def run(action: Action, ids: Sequence[int], *, actor: User, data: Mapping[str, Any]) -> BulkAction:
    """Do it to each ticket, in the order of their ids; one refusal stops no other. Returns what became of each.

    Ids of tickets that ``actor`` does not see are as good as unknown.
    """
    if not actor.acts_for_desk:
        raise Denied(_("Your roles do not include changing tickets."))
    if len(set(ids)) > MOST:
        raise Invalid({"ids": _("At most %d tickets at a time.") % MOST})
    updated = dict(Ticket.objects.visible_to(actor).filter(pk__in=set(ids)).values_list("pk", "updated_at"))
    if not updated:
        raise Invalid({"ids": _("Choose at least one ticket.")})
    read = _read_before(actor, updated)
    results: dict[int, Any] = {}

    def change(ticket: Any) -> None:
        if action.kinds and ticket.kind not in action.kinds:
            raise Refused(_("“%(action)s” is not for this kind of ticket.") % {"action": action.label})
        results[ticket.pk] = action.change(ticket, actor, data)

    outcome = bulk.each(_each(actor, sorted(updated)), change, keep=action.undoes)
    done = BulkAction.objects.create(
        actor=actor,
        action=action.code,
        label=str(action.label),
        rows=[_stored(row, results.get(row.ticket.pk), action.undoes) for row in outcome],
    )
    own = read & {row.ticket.pk for row in outcome if row.ok}
    TicketVisit.objects.filter(user=actor, ticket__in=own).update(at=clock.now())
    counts.forget(actor)
    return done


def _each(actor: User, ids: Sequence[int]) -> Iterator[Any]:
    """Each ticket as its own kind, read just before its turn, and only while it is still visible."""
    for pk in ids:
        ticket = Ticket.objects.visible_to(actor).filter(pk=pk).first()
        if ticket is not None:
            yield ticket.specific()


def _read_before(actor: User, updated: Mapping[int, Any]) -> set[int]:
    """Tickets the person had read: what they change themselves does not make them unread."""
    seen = TicketVisit.objects.filter(user=actor, ticket__in=list(updated)).values_list("ticket_id", "at")
    return {pk for pk, at in seen if at >= updated[pk]}


def _stored(row: bulk.Row, result: Any, undoes: tuple[str, ...]) -> dict[str, Any]:
    stored: dict[str, Any] = {
        "id": row.ticket.pk, "number": row.ticket.number, "title": row.ticket.title, "ok": row.ok, "reason": row.reason,
    }  # fmt: skip
    if row.ok and undoes and isinstance(result, Ticket):
        after = {name: audit.plain(getattr(result, name)) for name in undoes}
        before = audit.plain(row.before)
        if after != before:
            stored |= {"before": before, "after": after}
    return stored


def can_undo(done: BulkAction) -> bool:
    """Something was changed that can be put back, and it is not too late."""
    return done.undone_at is None and clock.now() < done.at + UNDO and any("before" in row for row in done.rows)


def undo(done: BulkAction, *, actor: User) -> list[bulk.Row]:
    """Put back what was there before; a ticket somebody changed meanwhile stays as it is, and is named."""
    if done.actor_id != actor.pk:
        raise Denied(_("Only who did it takes it back."))
    if not can_undo(done) or not _claim(done):
        raise Refused(_("This cannot be taken back any more."))
    stored = {row["id"]: row for row in done.rows if "before" in row}
    found = sorted(Ticket.objects.visible_to(actor).filter(pk__in=stored).values_list("pk", flat=True))

    def put_back(ticket: Any) -> None:
        row = stored[ticket.pk]
        before = {name.removesuffix("_id"): value for name, value in row["before"].items()}
        edit(ticket, actor=actor, source="web", expected=row["after"], **macros.resolve(ticket, before))

    outcome = bulk.each(_each(actor, found), put_back)
    for pk in sorted(set(stored) - set(found)):
        gone = Ticket(pk=pk, kind=_kind_of(stored[pk]["number"]))
        outcome.append(bulk.Row(gone, ok=False, reason=_("You do not see this ticket any more.")))
    counts.forget(actor)
    return outcome


def _kind_of(number: str) -> str:
    kind = kinds.by_prefix(number.partition("-")[0])
    return kind.code if kind else ""


def _claim(done: BulkAction) -> bool:
    """Of two clicks on "Undo" one wins."""
    return BulkAction.objects.filter(pk=done.pk, undone_at__isnull=True).update(undone_at=clock.now()) == 1


def purge() -> int:
    """Forget what was done long ago; the audit log knows it anyway."""
    return BulkAction.objects.filter(at__lt=clock.now() - KEEP).delete()[0]
