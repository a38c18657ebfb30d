"""What Halden’s services run on: machines, software, devices of people, suppliers, contracts and licences."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from itsm.accounts.models import Team, User
from itsm.lib.chapters import World
from itsm.lib.sources import Source
from itsm.tickets.models import Ticket
from itsm.workflow import records
from transition.models import CIType, ConfigurationItem, Contract, Licence, LicenceAssignment, Supplier
from transition.services import configuration

SUPPLIERS = [
    ("Nordic Compute", "support@nordic-compute.example", "+47 22 00 10 10", "H-20441"),
    ("Fjell Networks", "noc@fjell-networks.example", "+47 22 00 20 20", "4711"),
    ("Lumen Software", "care@lumen-software.example", "+46 8 555 30 30", "HAL-9"),
]
#: Name, type, attributes, service, team, supplier, cost.
MACHINES = [
    ("srv-osl-01", "Server", {"hostname": "srv-osl-01", "ip": "10.20.1.11", "cores": 32, "ram_gb": 256}, "", "Network and cloud", "Nordic Compute", 14200),
    ("srv-osl-02", "Server", {"hostname": "srv-osl-02", "ip": "10.20.1.12", "cores": 32, "ram_gb": 256}, "", "Network and cloud", "Nordic Compute", 14200),
    ("srv-osl-03", "Server", {"hostname": "srv-osl-03", "ip": "10.20.1.13", "cores": 64, "ram_gb": 512}, "", "Network and cloud", "Nordic Compute", 22800),
    ("sw-core-1", "Network device", {"hostname": "sw-core-1", "ip": "10.20.0.2", "ports": 48}, "Network and Wi-Fi", "Network and cloud", "Fjell Networks", 9800),
    ("sw-core-2", "Network device", {"hostname": "sw-core-2", "ip": "10.20.0.3", "ports": 48}, "Network and Wi-Fi", "Network and cloud", "Fjell Networks", 9800),
    ("fw-edge-1", "Network device", {"hostname": "fw-edge-1", "ip": "10.20.0.1", "ports": 8}, "VPN and remote access", "Network and cloud", "Fjell Networks", 12500),
    ("vm-shop-1", "Virtual machine", {"hostname": "vm-shop-1", "ip": "10.20.4.21", "cores": 8, "ram_gb": 32}, "", "Payments operations", "", None),
    ("vm-shop-2", "Virtual machine", {"hostname": "vm-shop-2", "ip": "10.20.4.22", "cores": 8, "ram_gb": 32}, "", "Payments operations", "", None),
    ("vm-pay-1", "Virtual machine", {"hostname": "vm-pay-1", "ip": "10.20.4.31", "cores": 8, "ram_gb": 64}, "", "Payments operations", "", None),
    ("vm-wms-1", "Virtual machine", {"hostname": "vm-wms-1", "ip": "10.20.4.41", "cores": 16, "ram_gb": 64}, "", "Business applications", "", None),
    ("vm-erp-1", "Virtual machine", {"hostname": "vm-erp-1", "ip": "10.20.4.51", "cores": 16, "ram_gb": 128}, "", "Business applications", "", None),
    ("vm-idp-1", "Virtual machine", {"hostname": "vm-idp-1", "ip": "10.20.4.61", "cores": 4, "ram_gb": 16}, "", "Network and cloud", "", None),
    ("shop-db", "Database", {"engine": "PostgreSQL", "release": "17"}, "", "Payments operations", "", None),
    ("pay-db", "Database", {"engine": "PostgreSQL", "release": "17"}, "", "Payments operations", "", None),
    ("wms-db", "Database", {"engine": "PostgreSQL", "release": "16"}, "", "Business applications", "", None),
    ("erp-db", "Database", {"engine": "PostgreSQL", "release": "15"}, "Data warehouse", "Business applications", "", None),
    ("Shop frontend", "Application", {"url": "https://shop.halden.example", "release": "2026.10"}, "Web shop", "Payments operations", "", None),
    ("Payment gateway", "Application", {"url": "https://pay.halden.example", "release": "8.4"}, "Payment gateway", "Payments operations", "Lumen Software", None),
    ("Till software", "Application", {"url": "https://till.halden.example", "release": "5.2"}, "Store tills", "Payments operations", "Lumen Software", None),
    ("Warehouse manager", "Application", {"url": "https://wms.halden.example", "release": "3.9"}, "Warehouse management", "Business applications", "Lumen Software", None),
    ("ERP finance", "Application", {"url": "https://erp.halden.example", "release": "11.1"}, "ERP finance", "Business applications", "Lumen Software", None),
    ("HR portal", "Application", {"url": "https://hr.halden.example", "release": "7.0"}, "Payroll and HR portal", "Business applications", "Lumen Software", None),
    ("Sign-on", "Application", {"url": "https://login.halden.example", "release": "26.2"}, "Identity and sign-on", "Network and cloud", "", None),
    ("Mail in the cloud", "Cloud service", {"account": "halden-mail"}, "Email and calendar", "Workplace engineering", "Lumen Software", None),
    ("shop.halden.example", "Certificate", {"domain": "shop.halden.example"}, "Web shop", "Network and cloud", "", None),
    ("prt-oslo-1", "Printer", {"hostname": "prt-oslo-1", "ip": "10.30.2.9"}, "Printing", "Workplace engineering", "Nordic Compute", 1900),
    ("prt-bergen-1", "Printer", {"hostname": "prt-bergen-1", "ip": "10.31.2.9"}, "Printing", "Workplace engineering", "Nordic Compute", 1900),
]  # fmt: skip
RELATIONS = [
    ("vm-shop-1", "runs_on", "srv-osl-01"), ("vm-shop-2", "runs_on", "srv-osl-02"), ("vm-pay-1", "runs_on", "srv-osl-02"),
    ("vm-wms-1", "runs_on", "srv-osl-03"), ("vm-erp-1", "runs_on", "srv-osl-03"), ("vm-idp-1", "runs_on", "srv-osl-01"),
    ("shop-db", "runs_on", "vm-shop-2"), ("pay-db", "runs_on", "vm-pay-1"), ("wms-db", "runs_on", "vm-wms-1"),
    ("erp-db", "runs_on", "vm-erp-1"), ("Shop frontend", "runs_on", "vm-shop-1"), ("Shop frontend", "depends_on", "shop-db"),
    ("Shop frontend", "depends_on", "Payment gateway"), ("Shop frontend", "depends_on", "shop.halden.example"),
    ("Payment gateway", "depends_on", "pay-db"), ("Payment gateway", "runs_on", "vm-pay-1"),
    ("Till software", "depends_on", "Payment gateway"), ("Warehouse manager", "depends_on", "wms-db"),
    ("Warehouse manager", "runs_on", "vm-wms-1"), ("ERP finance", "depends_on", "erp-db"), ("ERP finance", "runs_on", "vm-erp-1"),
    ("HR portal", "depends_on", "erp-db"), ("HR portal", "depends_on", "Sign-on"), ("Sign-on", "runs_on", "vm-idp-1"),
    ("srv-osl-01", "depends_on", "sw-core-1"), ("srv-osl-02", "depends_on", "sw-core-1"), ("srv-osl-03", "depends_on", "sw-core-2"),
    ("sw-core-1", "connected_to", "sw-core-2"), ("fw-edge-1", "connected_to", "sw-core-1"),
]  # fmt: skip
#: Machines that nobody has been named for.
UNOWNED = ("sw-core-2", "vm-wms-1")
#: Whose laptop, and in which state it is.
LAPTOPS = [
    ("Henrik Sørensen", "deployed"), ("Grace Mwangi", "deployed"), ("Amara Diallo", "deployed"), ("Chloe Martin", "deployed"),
    ("Daniel Kim", "deployed"), ("Oliver Grant", "deployed"), ("Pavel Novák", "in_repair"), ("Hannah Weiss", "deployed"),
    ("Erik Dahl", "deployed"), ("Fatima Zahra", "deployed"), ("", "in_stock"), ("", "in_stock"), ("", "ordered"),
]  # fmt: skip


def tell(world: World) -> None:
    """Through the services, as the configuration manager would."""
    who = {"actor": world.people["Mateo Alvarez"], "source": Source.WEB}
    today, long_ago = world.now.date(), world.now.date() - timedelta(days=430)
    suppliers = {
        name: Supplier.objects.create(name=name, email=email, phone=phone, customer_number=number)
        for name, email, phone, number in SUPPLIERS
    }
    types = {one.name: one for one in CIType.objects.all()}
    teams = {one.name: one for one in Team.objects.all()}
    items: dict[str, ConfigurationItem] = {}
    for number, (name, kind, attributes, service, team, supplier, cost) in enumerate(MACHINES):
        bought: dict[str, Any] = {}
        if cost:
            bought = {
                "cost": Decimal(cost), "purchased_on": long_ago, "depreciation_months": 60, "serial": f"NC{7300 + number}",
                "warranty_until": long_ago + timedelta(days=3 * 365), "location": "Oslo data centre",
            }  # fmt: skip
        made = configuration.create(
            **who, lists={"services": [world.services[service]] if service else []}, name=name, type=types[kind],
            attributes=attributes, team=teams[team], supplier=suppliers.get(supplier),
            organisation=world.people["Oliver Grant"].organisation,
            # A nightly rule finds those that nobody answers for.
            owner=None if name in UNOWNED else who["actor"], **bought,
        )  # fmt: skip
        items[name] = configuration.bring_to(made, "deployed", **who)
    for begin, kind, end in RELATIONS:
        configuration.relate(items[begin], kind, items[end], **who)
    _laptops(world, who, types["Laptop"], suppliers["Nordic Compute"], today)
    _agreements(world, who, suppliers, items, today)


def _laptops(world: World, who: dict[str, Any], laptop: CIType, supplier: Supplier, today: date) -> None:
    for number, (name, state) in enumerate(LAPTOPS, 1):
        person: User | None = world.people.get(name)
        bought = today - timedelta(days=90 * number)
        item = configuration.create(
            **who, lists={"services": [world.services["Laptops and desktops"]]}, name=f"halden-lt-{number:03}", type=laptop,
            attributes={"hostname": f"halden-lt-{number:03}", "manufacturer": "Fjord", "model": "Book 14", "ram_gb": 32},
            serial=f"FB14-{52000 + 37 * number}", user=person, owner=who["actor"], organisation=person.organisation if person else None,
            supplier=supplier, cost=Decimal("1480.00"), purchased_on=bought, depreciation_months=36,
            # The twelfth laptop's warranty ends within the month.
            warranty_until=bought + timedelta(days=1095), location="Oslo" if person else "Store room",
        )  # fmt: skip
        configuration.bring_to(item, state, **who)


def _agreements(
    world: World, who: dict[str, Any], suppliers: dict[str, Supplier], items: dict[str, ConfigurationItem], today: date
) -> None:
    def contract(title: str, supplier: str, **fields: Any) -> Contract:
        lists = {"items": fields.pop("items", []), "services": fields.pop("services", [])}
        made = records.create(Contract, **who, lists=lists, title=title, supplier=suppliers[supplier], **fields)
        return records.perform(made, "activate", **who)

    contract(
        "Server maintenance", "Nordic Compute", reference="NC-88120", starts_on=today - timedelta(days=700),
        ends_on=today + timedelta(days=395), cost=Decimal("6400.00"), items=[items[f"srv-osl-0{n}"] for n in (1, 2, 3)],
    )  # fmt: skip
    contract(
        "Network support, next business day", "Fjell Networks", reference="FN-2026-17",
        starts_on=today - timedelta(days=330), ends_on=today + timedelta(days=35), notice_on=today + timedelta(days=5),
        cost=Decimal("310.00"), period="month", items=[items[n] for n in ("sw-core-1", "sw-core-2", "fw-edge-1")],
        services=[world.services["Network and Wi-Fi"]],
    )  # fmt: skip
    suite = contract(
        "Business suite", "Lumen Software", reference="LS-5531", starts_on=today - timedelta(days=500),
        ends_on=today + timedelta(days=230), cost=Decimal("48000.00"),
        services=[world.services["ERP finance"], world.services["Payroll and HR portal"]],
    )  # fmt: skip
    people = [world.people[name] for name, _state in LAPTOPS if name]
    for product, entitled, holders in (("Drawing studio", 6, people[:8]), ("Office suite", 25, people)):
        licence = records.create(
            Licence, **who, product=product, supplier=suppliers["Lumen Software"], contract=suite, entitled=entitled,
            metric="user", cost=Decimal("96.00"),
        )  # fmt: skip
        for person in holders:
            use = LicenceAssignment(licence=licence)
            records.put_part(licence, use, {"user": person}, **who, name="use")


def tell_tickets(world: World) -> None:
    """The desk has said of the latest incidents what they are about."""
    who = {"actor": world.people["Priya Raman"], "source": Source.WEB}
    items: dict[int, ConfigurationItem] = {}
    through = ConfigurationItem.services.through.objects.select_related("configurationitem")
    # The application of a service stands behind its machines in this list: it is what people call about.
    for link in through.filter(configurationitem__state="deployed").order_by(
        "configurationitem__type__is_asset", "-pk"
    ):
        items.setdefault(link.service_id, link.configurationitem)
    devices = {item.user_id: item for item in ConfigurationItem.objects.filter(user__isnull=False, type__is_asset=True)}
    latest = Ticket.objects.filter(kind="incident", restricted_to__isnull=True, service__in=items).order_by(
        "-opened_at"
    )
    for ticket in latest[:24]:
        own = devices.get(ticket.requester_id) if ticket.service == world.services["Laptops and desktops"] else None
        item = own or items[ticket.service_id or 0]
        if own is not None or not item.type.is_asset or item.user_id is None:
            configuration.link_ticket(ticket, item, **who)
