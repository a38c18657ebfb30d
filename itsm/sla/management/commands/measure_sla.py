"""``manage.py measure_sla``: count days of service levels and backlog, for instance after an import."""

from __future__ import annotations

import sys
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from itsm.sla.services import measure


def day(text: str) -> date:
    return date.fromisoformat(text)


class Command(BaseCommand):
    help = (
        "Count the service levels and the backlog of days that are over. Days counted before are counted anew and "
        "marked as restated."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="first", type=day, metavar="DATE", help="default: day of the oldest ticket")
        parser.add_argument("--to", dest="last", type=day, metavar="DATE", help="default: yesterday")
        parser.add_argument("--missing", action="store_true", help="leave days alone that have been counted")

    def handle(self, *, first: date | None, last: date | None, missing: bool, **options: Any) -> None:
        yesterday = measure.today() - measure.DAY
        last = last or yesterday
        oldest = measure.first_day()
        if last > yesterday:
            raise CommandError(f"Only days that are over can be counted; the last is {yesterday}.")
        if oldest is None:
            self.stdout.write("There are no tickets, hence nothing to count.")
            return
        if first is None and oldest > last:
            self.stdout.write("No day with tickets is over yet, hence nothing to count.")
            return
        first = first or oldest
        if first > last:
            raise CommandError(f"{first} is after {last}.")
        days = (last - first).days + 1
        with tqdm(total=days, unit=" days", disable=not sys.stderr.isatty(), leave=False) as bar:
            counted = measure.measure(first, last, again=not missing, progress=bar.update)
        self.stdout.write(f"{counted} of {days} days from {first} to {last} counted.")
