"""Make a token for somebody, and print it once."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from itsm.accounts.models import User
from itsm.integrations import scopes
from itsm.integrations.services import tokens
from itsm.lib import clock
from itsm.lib.errors import DomainError, Invalid

_AGE = re.compile(r"(\d{1,5})\s*(h|d|w)", re.IGNORECASE)
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


class Command(BaseCommand):
    help = (
        "Make an API token in the name of USER and print its secret once, alone on standard output. "
        f"Scopes: {', '.join(scopes.known())}."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", metavar="USER", help="email address of the person the token acts for")
        parser.add_argument(
            "--scope", action="append", nargs="+", required=True, metavar="SCOPE", dest="scope",
            help="what it may do; several after one another, separated by commas, or the option repeated",
        )  # fmt: skip
        parser.add_argument(
            "--expires", metavar="WHEN", default=f"{settings.API_TOKEN_DEFAULT_DAYS}d",
            help="an age such as 12h, 90d or 4w, or a date such as 2030-12-31 (default %(default)s)",
        )  # fmt: skip
        parser.add_argument("--name", default="Command line", help="how it is called in the list of tokens")

    def handle(self, *args: Any, user: str, scope: list[list[str]], expires: str, name: str, **options: Any) -> None:
        person = User.objects.filter(email__iexact=user.strip()).first()
        if person is None:
            raise CommandError(f"There is nobody with the address {user}.")
        wanted = [part for group in scope for text in group for part in text.split(",") if part]
        try:
            token, secret = tokens.create(
                person, name=name, wanted=wanted, expires_at=moment(expires), actor=None, source="command"
            )
        except Invalid as error:
            raise CommandError(" ".join(f"{key}: {' '.join(texts)}" for key, texts in error.fields.items())) from error
        except DomainError as error:
            raise CommandError(error.message) from error
        until = f"{token.expiry:%Y-%m-%d %H:%M} UTC" if token.expiry else "for ever"
        self.stderr.write(f"Token “{token.name}” of {person.email}: {', '.join(token.scopes)}; until {until}.")
        self.stdout.write(secret)


def moment(text: str) -> datetime:
    """``90d`` or ``2030-12-31`` (to the end of that day) as a moment."""
    if found := _AGE.fullmatch(text.strip()):
        return clock.now() + int(found[1]) * _UNITS[found[2].lower()]
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise CommandError("--expires takes an age such as 90d or a date such as 2030-12-31.") from None
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))
