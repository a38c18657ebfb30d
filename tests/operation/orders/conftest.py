"""Offerings that are decided about, planned, and ordered."""

from __future__ import annotations

from decimal import Decimal

import pytest

from itsm.approvals.models import Round
from itsm.catalogue.models import ServiceOffering
from itsm.workflow import approvals, work
from operation.services import requests
from tests import factories


@pytest.fixture
def boss(organisation, requester):
    """The requester's manager."""
    made = factories.person("Bo Boss", organisation=organisation)
    requester.manager = made
    requester.save(update_fields=["manager"])
    return made


@pytest.fixture
def laptop(service, desk, engineers, boss) -> ServiceOffering:
    """Decided by the manager; four tasks in three steps."""
    return factories.OfferingFactory(
        service=service, name="New laptop", slug="laptop", price=Decimal("50.00"),
        approval_policy={"approvers": [{"who": "requester_manager"}], "days": 3},
        fulfilment_plan=[
            {"title": "Order", "team": desk.pk, "step": 1, "days": 2},
            {"title": "Install", "team": engineers.pk, "step": 2},
            {"title": "Accounts", "team": engineers.pk, "step": 2},
            {"title": "Hand over", "team": desk.pk, "step": 3},
        ],
        request_form={
            "type": "object", "required": ["model"], "properties": {"model": {
                "type": "string", "title": "Which?", "oneOf": [
                    {"const": "std", "title": "Standard", "price": 1100}, {"const": "big", "title": "Big"}
                ],
            }},
        },
    )  # fmt: skip


@pytest.fixture
def order(requester, laptop):
    """Awaits the manager's approval."""

    def place(offering=laptop, **given):
        given = {"form": {"model": "std"} if offering == laptop else {}, "description": "Mine is old."} | given
        return requests.open(actor=requester, source="web", requester=requester, offering=offering, **given)

    return place


def decide(ticket, person, *, approve=True, comment="No budget"):
    round_ = Round.objects.pending().get(subject_type="ticket", subject_id=ticket.pk)
    approvals.vote(round_, actor=person, approve=approve, comment=comment, source="web")
    return type(ticket).objects.get(pk=ticket.pk)


def finish(ticket, title, actor):
    work.finish_task(ticket.tasks.get(title=title), actor=actor, source="web")
    return type(ticket).objects.get(pk=ticket.pk)
