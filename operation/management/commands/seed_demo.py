"""``manage.py seed_demo``: Halden, a believable organisation with half a year of history."""

import sys
from datetime import UTC, datetime, timedelta

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from tqdm import tqdm

from itsm.accounts.models import User
from itsm.lib import chapters, clock
from itsm.notifications.services import fan_out
from itsm.sla.services import measure
from operation.demo import catalogue, knowledge, people, simulation

#: Incidents, and the days they spread over.
SIZES = {"small": (64, 182), "medium": (1_500, 182), "large": (10_000, 365)}


class Command(BaseCommand):
    help = "Fill an empty database with demo data: people with published passwords, services, half a year of tickets."

    def add_arguments(self, parser):
        parser.add_argument("--size", choices=SIZES, default="small")

    def handle(self, *, size, **options):
        if User.objects.people().exists():
            raise CommandError("The database has people already. Demo data goes into an empty one only.")
        amount, days = SIZES[size]
        now = datetime.now(UTC)
        with tqdm(total=100, unit="%", disable=not sys.stderr.isatty(), leave=False) as bar, transaction.atomic():
            with clock.moved_to(now.replace(hour=6, minute=0) - timedelta(days=days + 2)):
                persons = people.create()
                services = catalogue.create(persons)
                knowledge.create(persons, services)
                world = chapters.World(persons, services, start=clock.now(), now=now)
                chapters.tell("before", world)
            told = simulation.Simulation(persons, services, now=now)
            told.plan(amount, days)

            def progress(share: float) -> None:
                bar.update(min(100, int(share * 100)) - bar.n)

            told.run(progress)
            chapters.tell("after", world)
            # What was long ago is no news: nobody's inbox starts with half a year of it.
            fan_out.catch_up(now - timedelta(hours=6))
            measure.measure(now.date() - timedelta(days=days + 2), now.date() - timedelta(days=1))
        self.stdout.write(f"Halden is ready. Sign in as agent@example.com, password {people.PASSWORD}.")
