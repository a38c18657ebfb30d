"""``manage.py check_permissions USER TICKET``: who may see what, and by which rule."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from itsm.accounts.models import User
from itsm.tickets.models import Ticket
from itsm.tickets.services.access import explain


class Command(BaseCommand):
    help = "Explain whether a person sees a ticket: the rules that say so, or what is missing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="email address of the person")
        parser.add_argument("ticket", help="number of the ticket, such as INC-1042")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["user"].strip()).first()
        if user is None:
            raise CommandError(f"There is nobody with the address {options['user']}.")
        ticket = Ticket.objects.numbered(options["ticket"]).select_related("team", "restricted_to", "service").first()
        if ticket is None:
            raise CommandError(f"There is no ticket {options['ticket']}.")
        found = explain(user, ticket)
        verdict = "sees" if found.visible else "does not see"
        self.stdout.write(f"{user} <{user.email}> {verdict} {ticket.number}:")
        for reason in found.reasons:
            self.stdout.write(f"  - {reason}")
