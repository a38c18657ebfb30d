"""Halden's policies, who has read them, an exception that is about to end, and what the nightly rules found."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from itsm.approvals.models import Round
from itsm.lib import clock
from itsm.lib.chapters import World
from itsm.workflow import approvals, records
from strategy.models import Policy, PolicyException
from strategy.services import nightly, standards

#: Title, type, owner, services, roles, months until review, text, who has read it.
POLICIES = [
    ("Access to customer data", "policy", "Noor Haddad", [], ["agent", "service_owner"], 9,
     "Customer data is looked at **only to help that customer**.\n\n1. Access is asked for as a request and ends by"
     " itself after 90 days.\n2. Screenshots with names are not kept on tickets.\n3. Whoever leaves a team loses its"
     " access on the same day.", ["Priya Raman", "Samuel Okafor", "Clara Weiss", "Sofia Rossi", "Marek Zieliński"]),
    ("Backups of production data", "standard", "Ingrid Solberg",
     ["Web shop", "Payment gateway", "Warehouse management", "ERP finance"], ["agent"], 2,
     "Every night, to the second site. **A restore is tested every quarter**, and the report is linked here.",
     ["Samuel Okafor", "Lucas Vermeer", "Wei Tan", "Elena Petrova", "Omar Farouk"]),
    ("Changes in the weeks before Christmas", "policy", "Ingrid Solberg", ["Web shop", "Store tills", "Payment gateway"],
     [], 5, "No change from the last week of November to the second of January, but emergencies.", []),
]  # fmt: skip


def tell_policies(world: World) -> None:
    """At the start: two policies and a standard are published; people read them in their time."""
    finance = world.people["Beatriz Costa"]
    for title, type_, owner, names, audience, review, text, readers in POLICIES:
        author = world.people[owner]
        made = records.create(
            Policy, actor=author, source="web", title=title, type=type_, owner=author, text=text, audience=audience,
            review_on=world.now.date() + timedelta(days=30 * review),
            lists={"services": [world.services[name] for name in names]},
        )  # fmt: skip
        _publish(made, author)
        for number, name in enumerate(readers):
            with clock.moved_to(clock.now() + timedelta(days=2 + 3 * number, hours=number)):
                standards.acknowledge(made, actor=world.people[name], source="web")
    standards.acknowledge(Policy.objects.get(title=POLICIES[2][0]), actor=finance, source="web")


def tell_exceptions(world: World) -> None:
    """Towards today: an exception that ends soon, one that waits, a version in review, and the rules of last night."""
    policy = Policy.objects.published().get(title=POLICIES[1][0])
    today = world.now.date()
    how: dict[str, Any] = {"source": "web"}
    with clock.moved_to(world.now - timedelta(days=50)):
        granted = records.create(
            PolicyException, actor=world.people["Elena Petrova"], title="No restore test of the warehouse", policy=policy,
            service=world.services["Warehouse management"], expires_on=today + timedelta(days=9),
            reason="The test system is being rebuilt until then.", risk="A restore may take a day longer.", **how,
        )  # fmt: skip
        records.perform(
            granted, "grant", actor=world.people["Ingrid Solberg"], data={"comment": "Until the rebuild."}, **how
        )
    with clock.moved_to(world.now - timedelta(days=2)):
        records.create(
            PolicyException, actor=world.people["Sofia Rossi"], title="A fix for the gateway in December",
            policy=Policy.objects.published().get(title=POLICIES[2][0]), service=world.services["Payment gateway"],
            expires_on=today + timedelta(days=12), reason="The provider switches its certificates.", **how,
        )  # fmt: skip
        author = world.people["Noor Haddad"]
        draft = standards.new_version(Policy.objects.published().get(title=POLICIES[0][0]), actor=author, **how)
        draft = records.edit(
            draft,
            actor=author,
            text=f"{draft.text}\n4. Exports are deleted after a week.",
            version=draft.version,
            **how,
        )
        records.perform(draft, "submit", actor=author, data={"comment": "Point 4 is new."}, **how)
    with clock.moved_to(world.now.replace(hour=2, minute=40) - timedelta(days=0 if world.now.hour >= 3 else 1)):
        nightly.run()


def _publish(made: Policy, author: Any) -> None:
    made = records.perform(made, "submit", actor=author, source="web")
    round_ = Round.objects.pending().get(subject_type=made._meta.label_lower, subject_id=made.pk)
    approvals.vote(round_, actor=round_.seats.order_by("id")[0].approver, approve=True, source="web")
    made.refresh_from_db()
