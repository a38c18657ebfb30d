"""What Halden delivers to whom, and how the web shop's new checkout was handed over."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from itsm.accounts.models import Organisation, Team
from itsm.approvals.models import Round
from itsm.catalogue.models import ServiceOffering
from itsm.lib.chapters import World
from itsm.sla.models import SupportLevel
from itsm.workflow import approvals, records
from transition.models import Delivery, ExitCriterion, QualityCheck, Subscription, SupportHandover

#: Organisation, offering, support level, days since it began, days until it ends.
SUBSCRIPTIONS = [
    ("Nordlys Stores", "problem-store-tills", "Silver", 120, 45), ("Nordlys Stores", "problem-email-and-calendar", "Bronze", 120, 245),
    ("Halden Retail", "problem-store-tills", None, 150, None), ("Halden Logistics", "problem-warehouse-management", None, 150, None),
    ("Halden E-commerce", "problem-web-shop", None, 90, None), ("Nordlys Stores", "problem-web-shop", "Silver", -20, None),
]  # fmt: skip
#: Criterion, comparison, wanted, unit, measured.
CHECKS = [
    ("Orders per minute at peak", "min", "400", "/min", "455"), ("Time to pay, 95th percentile", "max", "2.5", "s", "1.9"),
    ("Errors in a thousand payments", "max", "2", "", "0.4"), ("Checklist of accessibility passed", "equal", "100", "%", "100"),
]  # fmt: skip
EXIT_CRITERIA = [
    ("Two weeks without a priority 1 incident", False), ("The desk solves nine of ten calls alone", True),
]  # fmt: skip


def tell(world: World) -> None:
    manager, owner = world.people["Ingrid Solberg"], world.people["Clara Weiss"]
    today = world.now.date()
    for organisation, slug, level, since, left in SUBSCRIPTIONS:
        made = records.create(
            Subscription, actor=manager, source="web", organisation=Organisation.objects.get(name=organisation),
            offering=ServiceOffering.objects.get(slug=slug),
            support_level=SupportLevel.objects.get(name=level) if level and since < 0 else None,
            valid_from=today - timedelta(days=since), valid_to=_in_days(today, left),
        )  # fmt: skip
        if since > 0:
            records.perform(made, "activate", actor=manager, source="web")
    _checkout(world, owner, manager, today)
    _handover(world, owner)


def _in_days(today: date, days: int | None) -> date | None:
    return None if days is None else today + timedelta(days=days)


def _checkout(world: World, owner: Any, manager: Any, today: date) -> None:
    how: dict[str, Any] = {"actor": owner, "source": "web"}
    made = records.create(
        Delivery, title="New checkout of the web shop", service=world.services["Web shop"], owner=owner,
        customer=world.people["Leila Farouk"], description="One page from basket to receipt, with the new payment methods.",
        planned_for=today - timedelta(days=12), **how,
    )  # fmt: skip
    for criterion, comparison, wanted, unit, measured in CHECKS:
        values: dict[str, Any] = {
            "criterion": criterion, "comparison": comparison, "wanted": wanted, "unit": unit, "measured": measured,
            "evidence": "Load test on the staging shop, see the report in the release folder.",
        }  # fmt: skip
        records.put_part(made, QualityCheck(delivery=made), values, name="quality check", **how)
    for text, met in EXIT_CRITERIA:
        values = {"text": text, "met": met}
        records.put_part(made, ExitCriterion(delivery=made), values, name="exit criterion", **how)
    made = records.perform(made, "start_checks", **how)
    made = records.perform(made, "ask_acceptance", **how)
    round_ = Round.objects.pending().get(subject_type=made._meta.label_lower, subject_id=made.pk)
    approvals.vote(
        round_, actor=world.people["Leila Farouk"], approve=True, comment="Customers will like it.", source="web"
    )
    made.refresh_from_db()
    until = (today + timedelta(days=16)).isoformat()
    records.perform(made, "start_early_life", data={"early_life_until": until}, **how)


def _handover(world: World, owner: Any) -> None:
    how: dict[str, Any] = {"actor": owner, "source": "web"}
    made = records.create(
        SupportHandover, service=world.services["Web shop"], team=Team.objects.get(name="Service desk"), articles_needed=0,
        support_model="The service desk answers first. **Payments operations** helps in office hours and is on call at night; "
        "the payment provider stands behind both.", **how,
    )  # fmt: skip
    proofs = ("Support model above", "Runbook “Checkout” in the wiki", "None known", "Two sessions in October",
              "Rota of Payments operations", "Dashboards and alerts of the shop")  # fmt: skip
    for item, proof in zip(made.items.all(), proofs, strict=True):
        records.put_part(made, item, {"done": True, "evidence": proof}, name="item", **how)
    made = records.perform(made, "offer", **how)
    records.perform(made, "sign", actor=world.people["Priya Raman"], source="web")
