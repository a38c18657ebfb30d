"""What Halden decided about its KPIs, half a year of their days, and the reviews of last month and this."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from improvement.models import KPI, ReviewAction, ReviewFinding, ServiceReview
from improvement.services import kpis, reviews
from itsm.lib import clock
from itsm.lib.chapters import World
from itsm.sla.services import measure
from itsm.workflow import records

#: Code, owner, target, warning, why.
DECIDED = [
    ("attainment", "Ingrid Solberg", "90", "80", "What the stores were promised with the Silver level."),
    ("first_response", "Ingrid Solberg", "60", "180", "An hour: a store cannot wait longer with a queue at the till."),
    ("availability", "Clara Weiss", "99.5", "99", "The least the web shop needs in the season."),
    ("cost_per_ticket", "Ingrid Solberg", "45", "60", "Last year’s mean, less ten percent."),
]  # fmt: skip
#: Finding, KPI it is about.
FINDINGS = [
    ("Tills account for most of the late resolutions: they wait for the supplier’s parts.", "attainment"),
    ("Tickets that were reopened had been closed without asking the store.", "reopen"),
]  # fmt: skip
#: Action, owner, due in days after the meeting, done.
ACTIONS = [
    ("Keep two spare tills in Oslo and Bergen", "Samuel Okafor", 21, False),
    ("Ask the store before a till ticket is closed; add it to the checklist", "Priya Raman", 2, True),
]  # fmt: skip
MINUTES = """\
Ingrid showed the month. Clara asked why the tills are late again; Samuel explained that the supplier ships parts on Tuesdays only.

- The target for resolution stays at 90 %.
- Spare tills are cheaper than waiting: Samuel plans them.
- Next review in the first week of next month.
"""


def tell(world: World) -> None:
    manager = world.people["Ingrid Solberg"]
    with clock.moved_to(world.start):
        for code, owner, target, warning, note in DECIDED:
            kpi = KPI.objects.get(code=code)
            kpis.decide(
                kpi, actor=manager, source="web", target=Decimal(target), warning=Decimal(warning),
                owner=world.people[owner], note=note,
            )  # fmt: skip
    with clock.moved_to(world.now):
        first, yesterday = measure.first_day(), measure.today() - measure.DAY
        if first is not None and first <= yesterday:
            kpis.back_fill(first, yesterday)
    _reviews(world, manager)


def _reviews(world: World, manager: Any) -> None:
    with clock.moved_to(world.now):
        this_month = measure.today().replace(day=1)
    last_month = (this_month - measure.DAY).replace(day=1)
    held = min(_morning(world.now, this_month) + timedelta(days=1), world.now - timedelta(hours=2))
    people = [world.people[name] for name in ("Ingrid Solberg", "Clara Weiss", "Samuel Okafor")]
    with clock.moved_to(held):
        review = records.create(
            ServiceReview, actor=manager, source="web", month=last_month, chair=manager, service=None,
            guests="Oliver Grant (facilities)", minutes=MINUTES, lists={"attendees": people},
        )  # fmt: skip
        for text, code in FINDINGS:
            part = ReviewFinding(review=review)
            records.put_part(review, part, {"text": text, "kpi": code}, actor=manager, source="web", name="finding")
        for text, owner, days, done in ACTIONS:
            action = ReviewAction(review=review)
            values = {"text": text, "owner": world.people[owner], "due_on": (held + timedelta(days=days)).date()}
            records.put_part(review, action, values, actor=manager, source="web", name="action")
            if done:
                reviews.finish(action, actor=world.people[owner], source="web")
        review.refresh_from_db()
        reviews.hold(review, actor=manager, source="web")
    with clock.moved_to(max(held, world.now - timedelta(hours=1))):
        records.create(
            ServiceReview, actor=manager, source="web", month=this_month, chair=manager, service=None,
            lists={"attendees": [manager]},
        )  # fmt: skip


def _morning(now: datetime, day: Any) -> datetime:
    return now.replace(year=day.year, month=day.month, day=day.day, hour=9, minute=0)
