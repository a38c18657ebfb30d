"""Halden's people, organisations and teams."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from itsm.accounts.models import Membership, Organisation, Team, User

PASSWORD = "demo"  # noqa: S105 - the published password of demo data

ORGANISATIONS = [
    # name, part of, cost centre
    ("Halden", None, "1000"),
    ("Halden Retail", "Halden", "1100"),
    ("Halden Logistics", "Halden", "1200"),
    ("Halden E-commerce", "Halden", "1300"),
    ("Nordlys Stores", None, "2000"),
]

TEAMS = [
    # name, tier, distribution, escalates to, restricted
    ("Service desk", "first", "manual", "Workplace engineering", False),
    ("Workplace engineering", "second", "least_loaded", None, False),
    ("Network and cloud", "second", "round_robin", None, False),
    ("Payments operations", "second", "manual", None, False),
    ("Business applications", "second", "least_loaded", None, False),
    ("Security response", "third", "manual", None, True),
]

#: The published sign-ins: address, name, roles, team, organisation, time zone.
SIGN_INS = [
    ("admin@example.com", "Ada Lindqvist", ("administrator",), None, "Halden", "Europe/Oslo"),
    ("agent@example.com", "Priya Raman", ("agent",), "Service desk", "Halden", "Europe/Oslo"),
    ("engineer@example.com", "Samuel Okafor", ("agent",), "Workplace engineering", "Halden", "Europe/Oslo"),
    (
        "manager@example.com", "Ingrid Solberg",
        ("service_level_manager", "portfolio_manager", "improvement_manager", "incident_manager"),
        None, "Halden", "Europe/Oslo",
    ),
    ("change@example.com", "Tomás Herrera", ("change_manager", "agent"), "Network and cloud", "Halden", "America/New_York"),
    ("owner@example.com", "Clara Weiss", ("service_owner",), None, "Halden E-commerce", "Europe/Oslo"),
    ("security@example.com", "Noor Haddad", ("security_officer", "agent"), "Security response", "Halden", "Europe/Oslo"),
    ("finance@example.com", "Beatriz Costa", ("finance_manager",), None, "Halden", "Europe/Oslo"),
    ("assets@example.com", "Mateo Alvarez", ("configuration_manager",), None, "Halden", "Europe/Oslo"),
    ("auditor@example.com", "Leif Aas", ("auditor",), None, "Halden", "Europe/Oslo"),
    ("requester@example.com", "Henrik Sørensen", (), None, "Halden E-commerce", "Europe/Oslo"),
    ("other@example.com", "Grace Mwangi", (), None, "Nordlys Stores", "Asia/Singapore"),
]  # fmt: skip

AGENTS = [
    ("Marek Zieliński", "Service desk", "Europe/Oslo"),
    ("Jun Lin", "Service desk", "Asia/Singapore"),
    ("Dana Whitfield", "Service desk", "America/New_York"),
    ("Thandi Nkosi", "Workplace engineering", "Europe/Oslo"),
    ("Lucas Vermeer", "Network and cloud", "Europe/Oslo"),
    ("Wei Tan", "Network and cloud", "Asia/Singapore"),
    ("Sofia Rossi", "Payments operations", "Europe/Oslo"),
    ("Yusuf Demir", "Payments operations", "Europe/Oslo"),
    ("Elena Petrova", "Business applications", "Europe/Oslo"),
    ("Omar Farouk", "Business applications", "America/New_York"),
    ("Hanna Virtanen", "Security response", "Europe/Oslo"),
]

REQUESTERS = [
    ("Amara Diallo", "Halden Retail", "Store manager, Oslo"), ("Chloe Martin", "Halden Retail", "Accounts payable"),
    ("Daniel Kim", "Halden Retail", "Buyer, outdoor wear"), ("Oliver Grant", "Halden", "Head of facilities"),
    ("Pavel Novák", "Halden Logistics", "Shift lead, packing"), ("Nadia Haddad", "Halden Logistics", "Dispatcher"),
    ("Ines Moreau", "Halden E-commerce", "Content editor"), ("Rui Almeida", "Halden", "Reception"),
    ("Hannah Weiss", "Halden", "Chief financial officer"), ("Leila Farouk", "Halden E-commerce", "Customer care lead"),
    ("Carla Mendes", "Halden Retail", "Store manager, Bergen"), ("Jonas Berg", "Halden Logistics", "Warehouse planner"),
    ("Mira Novak", "Halden Retail", "Human resources partner"), ("Peter Lang", "Halden Logistics", "Forklift driver"),
    ("Aiko Tanaka", "Nordlys Stores", "Store manager, Singapore"), ("Ben Carter", "Nordlys Stores", "Sales"),
    ("Lina Nguyen", "Nordlys Stores", "Area manager"), ("Erik Dahl", "Halden E-commerce", "Web shop developer"),
    ("Fatima Zahra", "Halden Retail", "Payroll"), ("George Allen", "Halden Logistics", "Returns desk"),
]  # fmt: skip

VIPS = {"Hannah Weiss", "Oliver Grant"}


def create() -> dict[str, User]:
    """Create organisations, teams and people; returns the people by name. The sign-ins share one password hash."""
    for name, parent, code in ORGANISATIONS:
        above = Organisation.objects.get(name=parent) if parent else None
        Organisation.objects.create(name=name, parent=above, cost_centre_code=code)
    for name, tier, distribution, _next, restricted in TEAMS:
        Team.objects.create(name=name, tier=tier, distribution=distribution, is_restricted=restricted)
    for name, _tier, _distribution, following, _restricted in TEAMS:
        if following:
            Team.objects.filter(name=name).update(escalates_to=Team.objects.get(name=following))
    secret = make_password(PASSWORD)
    people: dict[str, User] = {}
    for email, name, roles, team, organisation, zone in SIGN_INS:
        people[name] = _person(email, name, organisation, zone, password=secret, roles=roles, team=team)
    for name, team, zone in AGENTS:
        people[name] = _person(_address(name), name, "Halden", zone, password="!", roles=("agent",), team=team)  # noqa: S106
    for name, organisation, title in REQUESTERS:
        zone = "Asia/Singapore" if organisation == "Nordlys Stores" else "Europe/Oslo"
        people[name] = _person(_address(name), name, organisation, zone, password="!", title=title)  # noqa: S106
    boss = people["Oliver Grant"]
    User.objects.filter(organisation__name__startswith="Halden").exclude(pk=boss.pk).exclude(is_system=True).update(
        manager=boss
    )
    User.objects.filter(name="Lina Nguyen").update(sees_organisation=True)
    Membership.objects.filter(user__name__in=("Priya Raman", "Samuel Okafor", "Tomás Herrera")).update(is_lead=True)
    User.objects.filter(groups__name="agent").update(hourly_rate="62.00")
    return {user.name: user for user in User.objects.filter(pk__in=[person.pk for person in people.values()])}


def _person(
    email: str, name: str, organisation: str, zone: str, *, password: str,
    roles: tuple[str, ...] = (), team: str | None = None, title: str = "",
) -> User:  # fmt: skip
    user = User.objects.create(
        email=email, name=name, organisation=Organisation.objects.get(name=organisation), timezone=zone,
        password=password, job_title=title, is_vip=name in VIPS,
    )  # fmt: skip
    user.groups.set(Group.objects.filter(name__in=roles))
    if team:
        Membership.objects.create(user=user, team=Team.objects.get(name=team))
    return user


def _address(name: str) -> str:
    plain = name.lower().translate(str.maketrans("áéíóúøåæäöüñńčšžł", "aeiouoaaaounncszl")).replace(" ", ".")
    return f"{plain}@example.com"
