"""``manage.py rebuild_sla``: prove that every clock is what history and terms make of it, or make it so."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from itsm.sla.models import Clock
from itsm.sla.services import rebuild

#: So many differences are listed; the others are counted.
SHOWN = 20


class Command(BaseCommand):
    help = "Work out every service level clock again from the history of its ticket."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="compare only, change nothing; fails on a difference")
        parser.add_argument("--ticket", metavar="NUMBER", help="only this ticket, such as INC-1042")
        parser.add_argument(
            "--batch", type=int, default=rebuild.BATCH, help="tickets read at a time (default: %(default)s)"
        )

    def handle(self, *, check: bool, ticket: str | None, batch: int, **options: Any) -> None:
        only = None
        if ticket:
            only = rebuild.ticket_id(ticket)
            if only is None:
                raise CommandError(f"There is no ticket {ticket}.")
        if batch < 1:
            raise CommandError("--batch must be at least 1.")
        total = rebuild.tickets(only).count()
        count = lost = 0
        with tqdm(total=total, unit=" tickets", disable=not sys.stderr.isatty(), leave=False) as bar:
            work = (rebuild.check if check else rebuild.rebuild)(only=only, batch=batch, progress=bar.update)
            for difference in work:
                count += 1
                lost += difference.field == "history"
                if count <= SHOWN:
                    self.stdout.write(str(difference))
        if count > SHOWN:
            self.stdout.write(f"… and {count - SHOWN} more.")
        clocks = Clock.objects.filter(ticket=only).count() if only else Clock.objects.count()
        if check and count:
            raise CommandError(f"{total} tickets, {clocks} clocks: {count} differences.")
        if lost:
            raise CommandError(f"{lost} tickets have no history; nothing can be worked out from that.")
        done = f"{count} differences put right" if count else "no difference"
        self.stdout.write(f"{total} tickets, {clocks} clocks: {done}.")
