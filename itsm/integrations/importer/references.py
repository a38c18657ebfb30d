"""People, teams, categories and services that rows name: found by name, or made when the mapping allows it."""

from __future__ import annotations

from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from itsm.accounts.models import Membership, Team, User
from itsm.catalogue.models import Service
from itsm.integrations.importer.mapping import Mapping
from itsm.tickets.models import TicketCategory
from itsm.tickets.services import reference


class References:
    """Names to records, each looked up once. In a dry run nothing is made: ``made`` counts what would be."""

    def __init__(self, mapping: Mapping, *, dry_run: bool) -> None:
        self.mapping = mapping
        self.dry_run = dry_run
        self.made: dict[str, int] = {}
        self._seen: dict[tuple[str, str], Any] = {}
        self._members = set(Membership.objects.values_list("user_id", "team_id"))
        self._priorities: dict[tuple[int, int], int] = {}

    def person(self, name: str | None) -> User | None:
        return self._get("people", name, self._find_person, self._make_person)

    def team(self, name: str | None) -> Team | None:
        return self._get("teams", name, lambda n: Team.objects.filter(name__iexact=n).first(), self._make_team)

    def service(self, name: str | None) -> Service | None:
        return self._get("services", name, lambda n: Service.objects.filter(name__iexact=n).first(), self._make_service)

    def category(self, path: str | None) -> TicketCategory | None:
        """A category by its path, such as ``Hardware / Laptop``."""
        return self._get("categories", path, self._find_category, self._make_category)

    def priority(self, impact: int, urgency: int) -> int:
        """The matrix, read once per cell."""
        if (impact, urgency) not in self._priorities:
            self._priorities[impact, urgency] = reference.priority_for(impact, urgency)
        return self._priorities[impact, urgency]

    def join(self, person: User | None, team: Team | None) -> None:
        """An assignee belongs to the team he worked in."""
        if person is None or team is None or self.dry_run or (person.pk, team.pk) in self._members:
            return
        Membership.objects.create(team=team, user=person, takes_work=False)
        self._members.add((person.pk, team.pk))

    def _get(self, what: str, name: str | None, find: Any, make: Any) -> Any:
        if not name:
            return None
        key = (what, name.casefold())
        if key not in self._seen:
            found = find(name)
            if found is None:
                if what not in self.mapping.create:
                    raise ValueError(_("%(what)s: “%(name)s” does not exist here.") % {"what": what, "name": name})
                self.made[what] = self.made.get(what, 0) + 1
                found = make(name)
            self._seen[key] = found
        return self._seen[key]

    def _address(self, name: str) -> str:
        return f"{slugify(name)[:50] or 'person'}@{slugify(self.mapping.source)}.invalid"

    def _find_person(self, name: str) -> User | None:
        email = name if "@" in name else self._address(name)
        return User.objects.filter(email__iexact=email).first()

    def _make_person(self, name: str) -> User:
        email = name.lower() if "@" in name else self._address(name)
        # Nobody can sign in as somebody who was only mentioned in a file.
        person = User(email=email, name=name[:120], password="!")  # noqa: S106
        if not self.dry_run:
            person.save()
        return person

    def _make_team(self, name: str) -> Team:
        team = Team(name=name[:80])
        if not self.dry_run:
            team.save()
        return team

    def _make_service(self, name: str) -> Service:
        service = Service(name=name[:120], slug=slugify(name)[:120] or "imported", status=Service.Status.LIVE)
        if not self.dry_run:
            service.save()
        return service

    def _find_category(self, path: str) -> TicketCategory | None:
        found: TicketCategory | None = None
        for part in _parts(path):
            found = TicketCategory.objects.filter(name__iexact=part, parent=found).first()
            if found is None:
                return None
        return found

    def _make_category(self, path: str) -> TicketCategory:
        *above, last = _parts(path)
        parent = self.category(" / ".join(above)) if above else None
        made = TicketCategory(name=last[:80], parent=parent, kind=self.mapping.kind)
        if not self.dry_run:
            made.save()
        return made


def _parts(path: str) -> list[str]:
    return [part.strip() for part in path.split(" / ") if part.strip()]
