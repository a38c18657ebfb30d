"""Configuration items: what is checked when one is written, their relations, and the tickets about them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from itsm.audit import services as audit
from itsm.catalogue import validators
from itsm.lib import clock
from itsm.lib.decisions import ALLOW, Decision
from itsm.lib.errors import Denied, Invalid, Refused
from itsm.notifications.services.events import emit
from itsm.tickets.models import Ticket
from itsm.workflow import records, steps
from itsm.workflow.moves import lock, move
from transition.models import CIIdentity, CIRelation, CIType, ConfigurationItem, TicketCI
from transition.models.configuration import matches, normal, taken
from transition.models.item_type import IDENTITY_COLUMNS
from transition.policies import configuration as policies
from transition.reports import impact
from transition.states.configuration import CIState, RelationKind

if TYPE_CHECKING:
    from itsm.accounts.models import User

#: A ticket is about at most so many items.
MOST_ON_TICKET = 50
#: So many pairs of items that would be the same are named.
MOST_CLASHES = 5


def check(item: ConfigurationItem, lists: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes fit the type, days fit each other, and no other item has the same identity."""
    errors: dict[str, Any] = {}
    stored = None if item._state.adding else ConfigurationItem.objects.only("type", "attributes").get(pk=item.pk)
    if stored is None or (stored.type_id, stored.attributes) != (item.type_id, item.attributes):
        # What was stored before its type asked more is not wrong until somebody changes it.
        errors |= _attribute_errors(item.type, item.attributes)
    if item._state.adding and not item.type.is_active:
        errors["type"] = _("This type is not used any more.")
    if item.warranty_until and item.purchased_on and item.warranty_until < item.purchased_on:
        errors["warranty_until"] = _("The warranty cannot end before the purchase.")
    if errors:
        return errors
    identity = item.identity()
    for key, pk in matches(identity).items():
        if pk != item.pk:
            column = key if key in IDENTITY_COLUMNS else "attributes"
            errors.setdefault(column, []).append(taken(key, identity[key], f"{ConfigurationItem.prefix}-{pk}"))
    return errors


def _attribute_errors(type_: CIType, given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        return {"attributes": _("Send an object of attribute names and values.")}
    schema = type_.schema()
    asked = schema.get("properties", {})
    found = [
        _("%(type)s has no attribute “%(name)s”.") % {"type": type_, "name": str(name)[:60]}
        for name in given if name not in asked
    ]  # fmt: skip
    known = {name: value for name, value in given.items() if name in asked}
    for name, messages in validators.check_answers(schema, known).items():
        label = asked[name].get("title", name) if name in asked else ""
        found += [f"{label}: {message}" if label else message for message in messages]
    return {"attributes": found} if found else {}


def create(*, actor: User, source: str, lists: Mapping[str, Any] | None = None, **fields: Any) -> ConfigurationItem:
    """A new item, ordered until a step says otherwise."""
    return records.create(ConfigurationItem, actor=actor, source=source, lists=lists, **fields)


def bring_to(item: ConfigurationItem, state: str, *, actor: User, source: str, reason: str = "") -> ConfigurationItem:
    """Take the shortest way of steps to a state, for sources that know only where an item stands now."""
    if state not in CIState.values:
        raise Invalid({"state": _("Choose one of: %(choices)s.") % {"choices": ", ".join(CIState.values)}})
    for verb in _way(item.state, state):
        step = steps.describe(ConfigurationItem, verb)
        given: dict[str, Any] = {}
        if step is not None and "reason" in step.inputs:
            given["reason"] = reason or _("According to %(source)s") % {"source": source}
        item = move(item, verb, actor=actor, source=source, **given)
    return item


def _way(begin: str, end: str) -> list[str]:
    """Verbs of the shortest way between two states; ``Refused`` where there is none."""
    ways: dict[str, list[str]] = {begin: []}
    todo = deque([begin])
    while todo:
        state = todo.popleft()
        for verb in steps.verbs(ConfigurationItem):
            transition = getattr(ConfigurationItem, verb)._django_fsm.transitions.get(state)
            if transition is not None and transition.target not in ways:
                ways[transition.target] = [*ways[state], verb]
                todo.append(transition.target)
    if end not in ways:
        words = {"begin": CIState(begin).label, "end": CIState(end).label}
        raise Refused(_("Nothing leads from “%(begin)s” to “%(end)s”.") % words, code="no_transition")
    return ways[end]


# ---------- types ----------


def clashes(type_: CIType) -> list[str]:
    """Items that would be the same by the keys the type has now, in words; at most five."""
    seen: dict[tuple[str, str], int] = {}
    found: list[str] = []
    below = type_.with_below()
    for other in CIIdentity.objects.exclude(item__type__in=below).values_list("key", "value", "item_id"):
        seen[other[0], other[1]] = other[2]
    for item, identity in _identities(type_, below):
        for pair in identity.items():
            first = seen.setdefault(pair, item.pk)
            if first != item.pk and len(found) < MOST_CLASHES:
                words = {"one": f"CI-{first}", "other": item.number, "key": pair[0], "value": pair[1]}
                found.append(_("%(one)s and %(other)s have the same %(key)s “%(value)s”.") % words)
    return found


def refresh_identity(type_: CIType) -> None:
    """Keep the identifying values of all items of a type whose keys changed."""
    found = clashes(type_)
    if found:
        raise Invalid({"identity_keys": found})
    below = type_.with_below()
    rows = [CIIdentity(item=item, key=key, value=value) for item, identity in _identities(type_, below)
            for key, value in identity.items()]  # fmt: skip
    with transaction.atomic():
        CIIdentity.objects.filter(item__type__in=below).delete()
        CIIdentity.objects.bulk_create(rows, batch_size=1000)


def _identities(type_: CIType, below: list[int]) -> Iterator[tuple[ConfigurationItem, dict[str, str]]]:
    # The type itself may not be stored yet: what it is about to be counts, for the types below it too.
    types = {one.pk: one for one in CIType.objects.all()} | {type_.pk: type_}
    for one in types.values():
        if one.parent_id:
            one.parent = types[one.parent_id]
    keys = {pk: types[pk].keys() for pk in below}
    for item in ConfigurationItem.objects.filter(type__in=below).order_by("pk").iterator(chunk_size=2000):
        yield item, item.identity(keys[item.type_id])


def identified(key: str, value: str) -> QuerySet[Any, Any]:
    """The id of the item with this identifying value, for a query."""
    return CIIdentity.objects.filter(key=key, value=normal(key, value)).values("item")


# ---------- relations ----------


@transaction.atomic
def relate(
    item: ConfigurationItem, kind: str, other: ConfigurationItem, *, actor: User, source: str
) -> CIRelation:  # fmt: skip
    """Say how an item stands to another. What is there already, or would lead in a circle, is refused."""
    if kind not in RelationKind.values:
        raise Invalid({"kind": _("Choose one of: %(choices)s.") % {"choices": ", ".join(RelationKind.values)}})
    if item.pk == other.pk:
        raise Invalid({"target": _("An item has no relation to itself.")})
    for pk in sorted((item.pk, other.pk)):
        lock(ConfigurationItem(pk=pk))
    if CIState.DISPOSED in (item.state, other.state):
        raise Invalid({"target": _("What is disposed of has no new relations.")})
    same = CIRelation.objects.filter(source=item, target=other, kind=kind)
    if kind == RelationKind.CONNECTED_TO:
        same = same | CIRelation.objects.filter(source=other, target=item, kind=kind)
    if same.exists():
        raise Invalid({"target": _("This relation is there already.")})
    for kinds in RelationKind.ACYCLIC:
        way = impact.circle(item, kind, other, kinds) if kind in kinds else []
        if way:
            raise Invalid({"target": _("That would make a circle: %(way)s.") % {"way": _in_words([item.pk, *way])}})
    relation = CIRelation(source=item, kind=kind, target=other)
    records.put_part(item, relation, {}, actor=actor, source=source, name=str(_("relation")))
    return relation


def relate_words(item: ConfigurationItem, words: str, other: ConfigurationItem, **who: Any) -> CIRelation:
    """The same as a person says it from this item’s side: ``runs_on``, or ``runs_on:back`` for “carries”."""
    kind, _colon, back = words.partition(":")
    try:
        return relate(other, kind, item, **who) if back else relate(item, kind, other, **who)
    except Invalid as error:
        raise Invalid({"other" if name == "target" else name: text for name, text in error.fields.items()}) from error


def _in_words(way: list[int]) -> str:
    """Numbers and names of a way; a long one is shortened in its middle."""
    names = dict(ConfigurationItem.objects.filter(pk__in=way).values_list("pk", "name"))
    words = [f"{ConfigurationItem.prefix}-{pk} {names[pk]}" for pk in way]
    return " → ".join(words if len(words) <= 6 else [*words[:3], "…", *words[-2:]])


def unrelate(relation: CIRelation, *, actor: User, source: str) -> None:
    """Take a relation away."""
    records.drop_part(relation.source, relation, actor=actor, source=source, name=str(_("relation")))


# ---------- tickets ----------

#: Kinds to which it matters what their tickets are about: may it change now, and what follows when it did.
_cares: dict[str, tuple[Callable[[Any], Decision], Callable[..., Any]]] = {}


def care(kind: str, guard: Callable[[Any], Decision], after: Callable[..., Any]) -> None:
    """Let a practice answer for the items of its tickets; called from ``AppConfig.ready``."""
    _cares[kind] = (guard, after)


def may_change_items(ticket: Ticket) -> Decision:
    """Whether what a ticket is about can still be changed."""
    guard, _after = _cares.get(ticket.kind, (None, None))
    return guard(ticket.specific()) if guard is not None else ALLOW


@transaction.atomic
def link_ticket(ticket: Ticket, item: ConfigurationItem, *, actor: User, source: str) -> TicketCI:
    """Say that a ticket is about an item; saying it again changes nothing."""
    verdict = policies.may_link(actor, ticket, item)
    if not verdict:
        raise Denied(verdict.reason)
    fresh = lock(ticket)
    link = TicketCI.objects.filter(ticket_id=fresh.pk, item=item).first()
    if link is not None:
        return link
    _require_open(fresh)
    if item.state == CIState.DISPOSED:
        raise Refused(_("%(number)s is disposed of.") % {"number": item.number})
    if TicketCI.objects.filter(ticket_id=fresh.pk).count() >= MOST_ON_TICKET:
        raise Refused(_("A ticket is about at most %d items.") % MOST_ON_TICKET)
    link = TicketCI.objects.create(ticket_id=fresh.pk, item=item, by=actor, at=clock.now())
    _tell(fresh, item, [None, f"{item.number} {item}"], actor=actor, source=source)
    return link


@transaction.atomic
def unlink_ticket(ticket: Ticket, item: ConfigurationItem, *, actor: User, source: str) -> None:
    """The ticket is not about this item after all."""
    verdict = policies.may_link(actor)
    if not verdict:
        raise Denied(verdict.reason)
    fresh = lock(ticket)
    found = TicketCI.objects.filter(ticket_id=fresh.pk, item=item)
    if found.exists():
        _require_open(fresh)
        found.delete()
        _tell(fresh, item, [f"{item.number} {item}", None], actor=actor, source=source)


def _require_open(ticket: Ticket) -> None:
    verdict = may_change_items(ticket)
    if not verdict:
        raise Refused(verdict.reason, code="guard")


def _tell(ticket: Ticket, item: ConfigurationItem, pair: list[Any], *, actor: User, source: str) -> None:
    audit.record(ticket, "ticket.item", actor=actor, source=source, changes={"configuration_item": pair})
    emit("ticket.item", ticket, actor=actor, source=source, item=item.pk, added=pair[1] is not None)
    _guard, after = _cares.get(ticket.kind, (None, None))
    if after is not None:
        after(ticket, item, added=pair[1] is not None, actor=actor, source=source)


def of_ticket(ticket: Ticket) -> list[ConfigurationItem]:
    """The items a ticket is about, in the order they were added."""
    links = TicketCI.objects.filter(ticket_id=ticket.pk).select_related("item__type")
    return [link.item for link in links]
