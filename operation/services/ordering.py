"""What service requests and requests for access share: asking those who decide, and what their decision does."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from itsm.accounts.models import Team, User
from itsm.approvals.models import Round, Seat
from itsm.catalogue import questions, validators
from itsm.catalogue.models import ServiceOffering
from itsm.lib import house
from itsm.lib.errors import DomainError, Invalid, Refused
from itsm.lib.sources import Source
from itsm.tickets.models import Ticket, TimelineEntry, Watcher
from itsm.tickets.services import timeline
from itsm.tickets.states import Channel
from itsm.workflow import approvals, steps, work
from itsm.workflow.files import keep_at_opening
from itsm.workflow.moves import move
from itsm.workflow.opening import open_ticket

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.core.files.uploadedfile import UploadedFile

log = logging.getLogger(__name__)

#: The step that votes are about.
VERB = "approve"
KINDS = ("request", "access")


@transaction.atomic
def order(
    kind: str, *, actor: User, source: str, requester: User, title: str = "", description: str = "",
    channel: str = Channel.PORTAL, offering: ServiceOffering | None = None, form: Mapping[str, Any] | None = None,
    files: Iterable[UploadedFile] = (), **fields: Any,
) -> Any:  # fmt: skip
    """Register an order and put it to those who decide. Whoever orders for somebody else goes on hearing of it."""
    given = dict(form or {})
    schema = _checked(kind, offering, given, actor=actor, requester=requester)
    price = questions.price(schema, given, offering.price if offering else None)
    made = open_ticket(
        kind, actor=actor, source=source, requester=requester, title=title or (offering.name if offering else ""),
        description=description, channel=channel, offering=offering, form=given, questions=schema, price=price,
        currency=offering.currency if offering else house.currency(), **fields,
    )  # fmt: skip
    if actor.pk != requester.pk and not actor.is_desk:
        Watcher.objects.get_or_create(ticket_id=made.pk, user=actor)
    keep_at_opening(made, files, actor=actor, source=source)
    return begin(made, actor=actor)


def _checked(
    kind: str, offering: ServiceOffering | None, given: dict[str, Any], *, actor: User, requester: User
) -> dict[str, Any]:
    """The questions asked; ``Invalid`` for what may not be ordered, or is not answered as it should be."""
    if offering is None:
        if not actor.acts_for_desk:
            raise Invalid({"offering": _("Choose what you need from the catalogue.")})
        if given:
            raise Invalid({"form": _("Without an offering there are no questions to answer.")})
        return {}
    if offering.kind != kind:
        raise Invalid({"offering": _("This offering is ordered in another way.")})
    if not ServiceOffering.objects.offered_to(requester).filter(pk=offering.pk).exists():
        raise Invalid({"offering": _("“%(offering)s” is not offered to %(person)s.")
                       % {"offering": offering, "person": requester}})  # fmt: skip
    schema = dict(offering.request_form or {})
    wrong = validators.check_answers(schema, given)
    if wrong:
        raise Invalid({f"form.{name}" if name != "__all__" else "form": said for name, said in wrong.items()})
    return schema


def policy_of(order: Any) -> dict[str, Any]:
    return dict(order.offering.approval_policy or {}) if order.offering_id else {}


def approvers_of(order: Any) -> list[User]:
    """Whom the offering's policy names; nobody decides about what is for themselves."""
    return [person for person in approvals.named_by(order, policy_of(order)) if person.pk != order.requester_id]


def begin(order: Any, *, actor: User) -> Any:
    """Ask those who decide, or go on at once where nobody needs to. What cannot be asked waits for the desk."""
    if not policy_of(order).get("approvers"):
        return approved(order)
    try:
        with transaction.atomic():
            return _ask(order, approvers_of(order), actor=actor, by=User.objects.system(), source=Source.SYSTEM)
    except Refused as refusal:
        why = _("Nobody could be asked for approval. %(reason)s Choose who decides.") % {"reason": refusal.message}
        timeline.write(order, TimelineEntry.Kind.NOTE, actor=None, source=Source.SYSTEM, body=why, by_agent=True)
        return order


def ask_approval(
    order: Any, *, actor: User, source: str, approver: User | None = None, version: int | None = None
) -> Any:
    """The desk asks: those of the policy as they are now, or somebody else."""
    if approver is not None and approver.pk == order.requester_id:
        raise Invalid({"approver": _("Nobody decides about what is for themselves.")})
    people = [approver] if approver else approvers_of(order)
    with transaction.atomic():
        return _ask(order, people, actor=actor, by=actor, source=source, version=version, one=approver is not None)


def _ask(
    order: Any, people: list[User], *, actor: User, by: User, source: str, version: int | None = None,
    one: bool = False,
) -> Any:  # fmt: skip
    spec = {} if one else policy_of(order)
    if not people:
        raise Refused(_("No approver is known for %(person)s.") % {"person": order.requester}, code="no_approver")
    approvals.withdraw(order, actor=by, source=source)
    moved = move(order, "ask_approval", actor=by, source=source, version=version)
    approvals.put(
        moved, VERB, people, actor=actor, source=source, question=question_of(moved),
        rule=spec.get("rule", Round.Rule.ANY), quorum=int(spec.get("quorum", 1)), days=int(spec.get("days", 5)),
    )  # fmt: skip
    return moved


def question_of(order: Any) -> str:
    about = {"what": order.title, "person": order.requester}
    if order.price:
        return _("%(what)s for %(person)s, %(price)s %(currency)s") % {
            **about, "price": order.price, "currency": order.currency,
        }  # fmt: skip
    return _("%(what)s for %(person)s") % about


def decided(round_: Round, actor: User | None) -> None:
    """The votes add up, or time is over: the order takes the step that follows, if it still waits for it."""
    if round_.verb != VERB:
        return
    order = Ticket.objects.get(pk=round_.subject_id).specific()
    if not steps.find(order, "lapse"):
        return
    why = "; ".join(f"{seat.approver}: {seat.comment}" for seat in _spoken(round_))
    if round_.state == Round.State.APPROVED:
        approved(order)
    elif round_.state == Round.State.REJECTED:
        _end(order, "reject", actor=User.objects.system(), source=Source.SYSTEM, reason=why)
    elif round_.state == Round.State.EXPIRED:
        move(order, "lapse", actor=User.objects.system(), source=Source.SYSTEM)


def _spoken(round_: Round) -> Any:
    return round_.seats.exclude(comment="").select_related("approver")


def approved(order: Any) -> Any:
    """Nothing stands in the way any more: the plan of the offering becomes tasks."""
    moved = move(order, "approve", actor=User.objects.system(), source=Source.SYSTEM)
    lines = plan_of(moved)
    if lines and not moved.tasks.filter(step__gt=0).exists():
        work.plan_tasks(moved, lines, source=Source.SYSTEM)
        moved.refresh_from_db()
    return moved


def plan_of(order: Any) -> list[work.Planned]:
    """The offering's plan with its teams; what names no team that works is for the order's own."""
    plan = order.offering.fulfilment_plan if order.offering_id else []
    teams = Team.objects.filter(is_active=True).in_bulk({line["team"] for line in plan if line.get("team")})
    return [
        work.Planned(
            title=str(line["title"])[:200], step=int(line.get("step") or number),
            team=teams.get(line.get("team")) or order.team, days=line.get("days"),
        )
        for number, line in enumerate(plan, start=1)
    ]  # fmt: skip


def _end(order: Any, verb: str, *, actor: User, source: str, reason: str, version: int | None = None) -> Any:
    with transaction.atomic():
        moved = move(order, verb, actor=actor, source=source, version=version, body=reason, public=True, reason=reason)
        approvals.withdraw(moved, actor=actor, source=source)
        return moved


def reject(order: Any, *, actor: User, source: str, reason: str, version: int | None = None) -> Any:
    """The desk says no, for instance because it is not delivered any more."""
    return _end(order, "reject", actor=actor, source=source, reason=reason, version=version)


def cancel(order: Any, *, actor: User, source: str, reason: str, version: int | None = None) -> Any:
    """It is not needed any more; whoever was asked to decide need not."""
    return _end(order, "cancel", actor=actor, source=source, reason=reason, version=version)


@transaction.atomic
def resubmit(order: Any, *, actor: User, source: str, reason: str, version: int | None = None) -> Any:
    """Ask anew, with a better reason."""
    moved = move(order, "resubmit", actor=actor, source=source, version=version, body=reason, public=True)
    return begin(moved, actor=actor)


def renew_approvals() -> int:
    """Ask anew where those who were asked have left and the others cannot decide alone. Returns how many."""
    left = Seat.objects.filter(vote="", approver__is_active=False, round__subject_type="ticket", round__verb=VERB)
    done = 0
    for pk in left.filter(round__state=Round.State.PENDING).values_list("round_id", flat=True).distinct():
        try:
            done += _renew(pk)
        except DomainError as refusal:
            log.info("an approval could not be asked anew", extra={"round": pk, "reason": refusal.message})
        except Exception:
            # Whoever is asked may be missing in many ways; the other rounds are asked anew.
            log.exception("an approval could not be asked anew", extra={"round": pk})
    return done


@transaction.atomic
def _renew(pk: int) -> bool:
    # The order before its round, as every step of it does: the other way round two would wait for each other.
    subject = Round.objects.filter(pk=pk).values_list("subject_id", flat=True).first()
    Ticket.objects.select_for_update().filter(pk=subject or 0).values_list("pk").first()
    round_ = Round.objects.select_for_update().filter(pk=pk, state=Round.State.PENDING).first()
    if round_ is None:
        return False
    seats = list(round_.seats.select_related("approver"))
    possible = sum(seat.vote == Seat.Vote.APPROVE or (not seat.vote and seat.approver.is_active) for seat in seats)
    ticket = Ticket.objects.filter(pk=round_.subject_id, kind__in=KINDS).first()
    if possible >= round_.quorum or ticket is None:
        return False
    order, system = ticket.specific(), User.objects.system()
    approvals.withdraw(order, actor=system, source=Source.SYSTEM)
    moved = move(order, "lapse", actor=system, source=Source.SYSTEM)
    begin(moved, actor=round_.requested_by)
    return True
