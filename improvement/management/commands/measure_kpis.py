"""``manage.py measure_kpis``: count the days of KPIs, for instance after an import or for a new KPI."""

from __future__ import annotations

import sys
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from improvement.reports.kpis import definition
from improvement.services import kpis
from itsm.sla.services import measure


def day(text: str) -> date:
    return date.fromisoformat(text)


class Command(BaseCommand):
    help = (
        "Count the KPIs of days that are over. Days counted before are counted anew; those whose numbers were final "
        "are marked as restated."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="first", type=day, metavar="DATE", help="default: day of the oldest ticket")
        parser.add_argument("--to", dest="last", type=day, metavar="DATE", help="default: yesterday")
        parser.add_argument("--missing", action="store_true", help="leave days alone that have been counted")
        parser.add_argument("--kpi", action="append", metavar="CODE", default=[], help="only this one; may be repeated")

    def handle(self, *, first: date | None, last: date | None, missing: bool, kpi: list[str], **options: Any) -> None:
        yesterday = measure.today() - measure.DAY
        last = last or yesterday
        if last > yesterday:
            raise CommandError(f"Only days that are over can be counted; the last is {yesterday}.")
        unknown = sorted(code for code in kpi if definition.get(code) is None)
        if unknown:
            known = ", ".join(one.code for one in definition.all_of_them())
            raise CommandError(f"There is no KPI {', '.join(unknown)}. There are: {known}.")
        first = first or measure.first_day()
        if first is None or first > last:
            if first is None:
                self.stdout.write("There are no tickets, hence nothing to count.")
                return
            raise CommandError(f"{first} is after {last}.")
        total = len(definition.all_of_them())
        with tqdm(total=total, unit=" KPIs", disable=not sys.stderr.isatty(), leave=False) as bar:
            counted = kpis.back_fill(first, last, again=not missing, codes=kpi, progress=bar.update)
        self.stdout.write(f"{counted} measurements of {(last - first).days + 1} days from {first} to {last} kept.")
