"""What Halden's monitoring saw, how available its services were, and what the security team keeps to itself."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from itsm.catalogue.models import Service
from itsm.lib import clock
from itsm.lib.chapters import World
from itsm.lib.sources import Source
from itsm.workflow import conversation, records, verbs, work
from operation.intake.signals import INFO, MAJOR, MINOR, Signal
from operation.models import AvailabilityObjective, Control, EventSource, Monitor, Outage, Risk
from operation.services import availability, events, outages, security
from transition.models import ConfigurationItem

HOUR = timedelta(hours=1)
#: Services and applications whose availability is promised.
OBJECTIVES = [
    ("Payment gateway", "99.950"), ("Web shop", "99.900"), ("Store tills", "99.900"), ("Identity and sign-on", "99.900"),
    ("Email and calendar", "99.500"), ("Warehouse management", "99.500"), ("ERP finance", "99.000"),
]  # fmt: skip
APPLICATIONS = [("Shop frontend", "99.900"), ("Payment gateway", "99.950"), ("ERP finance", "99.000")]
#: Days ago, hour, minutes, service, kind, title.
OUTAGES = [
    (6, 10, 9, "Payment gateway", "outage", "Card payments are refused"),
    (12, 13, 95, "Warehouse management", "outage", "Scanners cannot sign in"),
    (19, 9, 50, "Email and calendar", "degradation", "Mail arrives late"),
    (23, 20, 120, "ERP finance", "planned", "New release of ERP finance"),
    (41, 8, 35, "Web shop", "outage", "The basket loses articles"),
    (55, 15, 22, "Payment gateway", "outage", "Payments time out"),
]
#: Minutes ago, host, check, severity, minutes until it was over (0: still fires).
SEEN = [
    (3000, "srv-osl-02", "Memory is short", MAJOR, 45), (2100, "erp-db", "Backup takes longer than usual", INFO, 0),
    (1500, "HR portal", "Answers slowly", MINOR, 30), (190, "sw-core-2", "A port flaps", MAJOR, 25),
    (95, "wms-db", "Disk is 91 % full", MAJOR, 0), (93, "vm-wms-1", "Writes are slow", MINOR, 0),
    (90, "Warehouse manager", "Orders queue up", MAJOR, 0),
]  # fmt: skip
#: Title, cause and consequence, owner, service, likelihood, impact, residual, control, due in days, how far it gets.
RISKS = [
    ("One acquirer for all cards", "If the acquirer stops, no card is taken in any store.", "Clara Weiss", "Payment gateway", 3, 5, (2, 4), "Second acquirer is tested", 60, "treated"),
    ("Mail accounts are taken over by phishing", "Staff type their password on forged pages.", "Noor Haddad", "Email and calendar", 4, 4, (2, 3), "Phishing exercise", 30, "treated"),
    ("ERP database has no second site", "A fire in the data centre stops finance for days.", "Mateo Alvarez", "ERP finance", 2, 5, None, "", -5, "assessed"),
    ("Temporary staff keep their access", "Accounts stay open after the season.", "Noor Haddad", "Identity and sign-on", 4, 3, None, "Access is reviewed", 45, "assessed"),
    ("Printers run old firmware", "Known holes in the stores' printers.", "Samuel Okafor", "Printing", 2, 2, None, "", 120, "accepted"),
    ("Loyalty data leaves the country", "The new app's supplier hosts elsewhere.", "Clara Weiss", "Web shop", None, None, None, "", 14, "identified"),
]  # fmt: skip
CONTROLS = [
    ("Second acquirer is tested", "Ten payments go through the second acquirer.", "Clara Weiss", 90, True),
    ("Phishing exercise", "A forged mail to a sample of staff; who reports it is counted.", "Noor Haddad", 90, False),
    ("Access is reviewed", "Team leads confirm who still needs which access.", "Noor Haddad", 180, True),
    ("Restore of backups", "A backup of each database is restored on another machine.", "Samuel Okafor", 30, True),
]


def tell_before(world: World) -> None:
    """Sources, objectives and controls are there from the beginning."""
    for name, tool in (("Prometheus", "alertmanager"), ("Zabbix in the stores", "zabbix")):
        EventSource.objects.create(name=name, tool=tool, stale_hours=0)
    for name, percent in OBJECTIVES:
        AvailabilityObjective.objects.create(service=world.services[name], percent=Decimal(percent))
    for name, target, service in (
        ("Web shop from outside", "https://shop.halden.example/health", "Web shop"),
        ("Sign-on from outside", "https://login.halden.example/", "Identity and sign-on"),
    ):
        # Paused: nothing of Halden can be reached from where the demo runs.
        Monitor.objects.create(name=name, target=target, service=world.services[service], is_active=False)


def tell_after(world: World) -> None:
    items = {one.name: one for one in ConfigurationItem.objects.all()}
    for name, percent in APPLICATIONS:
        if name in items:
            AvailabilityObjective.objects.create(item=items[name], percent=Decimal(percent))
    _outages(world)
    _events(world)
    _risks(world)
    _security(world)
    last = world.now.date() - timedelta(days=1)
    with clock.moved_to(world.now):
        availability.measure(last - timedelta(days=92), last)


def _outages(world: World) -> None:
    teller = world.people["Priya Raman"]
    for ago, hour, minutes, service, kind, title in OUTAGES:
        begin = (world.now - timedelta(days=ago)).replace(hour=hour, minute=7, second=0, microsecond=0)
        with clock.moved_to(begin):
            made = outages.announce(
                actor=teller, source=Source.WEB, services=[world.services[service]], kind=kind, title=title
            )
        with clock.moved_to(begin + timedelta(minutes=minutes)):
            outages.perform(Outage.objects.get(pk=made.pk), "end", actor=teller, source=Source.WEB)


def _events(world: World) -> None:
    source = EventSource.objects.get(name="Prometheus")
    for ago, host, check, severity, minutes in SEEN:
        signal: dict[str, Any] = {
            "fingerprint": f"{host}-{check}"[:64], "title": f"{check} ({host})", "severity": severity, "hosts": (host,),
            "description": f"{check} on {host}.", "labels": {"job": "node", "instance": host},
        }  # fmt: skip
        begin = world.now - timedelta(minutes=ago)
        with clock.moved_to(begin):
            events.receive(source, [Signal(firing=True, **signal)])
        with clock.moved_to(begin + timedelta(minutes=5)):
            events.receive(source, [Signal(firing=True, **signal)] * 3)
        if minutes:
            with clock.moved_to(begin + timedelta(minutes=minutes)):
                events.receive(source, [Signal(firing=False, **signal)])


def _risks(world: World) -> None:
    officer, today = world.people["Noor Haddad"], world.now.date()
    how: dict[str, Any] = {"actor": officer, "source": Source.WEB}
    controls: dict[str, Control] = {}
    with clock.moved_to(world.now - timedelta(days=75)):
        for title, description, owner, days, works in CONTROLS:
            made = records.create(
                Control, title=title, description=description, owner=world.people[owner], test_every_days=days, **how
            )
            made = records.perform(made, "activate", **how)
            note = "Works as described." if works else "One in five gave the password away."
            answer = {"passed": "true" if works else "false", "test_note": note}
            controls[title] = records.perform(made, "record_test", data=answer, **how)
        for title, description, owner, service, likelihood, hurt, residual, control, due, how_far in RISKS:
            risk = records.create(
                Risk, title=title, description=description, owner=world.people[owner],
                review_on=today + timedelta(days=due),
                lists={"services": [world.services[service]], "controls": [controls[control]] if control else []}, **how,
            )  # fmt: skip
            if how_far == "identified":
                continue
            risk = records.perform(risk, "assess", data={"likelihood": likelihood, "risk_impact": hurt}, **how)
            if how_far == "treated" and residual:
                records.perform(risk, "treat", data={
                    "treatment": "reduce", "plan": f"{control}, and what it finds is mended.",
                    "treat_until": (today + timedelta(days=due)).isoformat(), "residual_likelihood": residual[0],
                    "residual_impact": residual[1],
                }, **how)  # fmt: skip
            elif how_far == "accepted":
                records.perform(risk, "accept", data={
                    "reason": "They stand in a network of their own.", "review_on": (today + timedelta(days=due)).isoformat(),
                }, **how)  # fmt: skip


def _security(world: World) -> None:
    officer, colleague = world.people["Noor Haddad"], world.people["Hanna Virtanen"]
    mail: Service = world.services["Email and calendar"]
    with clock.moved_to(world.now - timedelta(days=9)):
        made = security.open(
            actor=colleague, source=Source.WEB, requester=world.people["Fatima Zahra"], channel="phone", service=mail,
            title="Forged invoices from a supplier's mailbox", description="Three mails asked for a new bank account.",
        )  # fmt: skip
        made = _step(made, "triage", colleague, threat="phishing", threat_severity="2", personal_data="false")
    with clock.moved_to(world.now - timedelta(days=9) + 3 * HOUR):
        for task in made.tasks.all():
            work.finish_task(task, actor=colleague, source=Source.WEB)
        made.refresh_from_db()
        made = _step(made, "contain", colleague, comment="The sender is blocked; nobody paid.")
        made = _step(made, "eradicate", colleague, comment="The supplier has his mailbox back.")
    with clock.moved_to(world.now - timedelta(days=8)):
        made = _step(made, "recover", officer, comment="No new mails for a day.")
        _step(made, "close", officer, lessons="Changes of bank accounts are confirmed by phone, to the number we have.")
    with clock.moved_to(world.now - 20 * HOUR):
        made = security.open(
            actor=officer, source=Source.WEB, requester=officer, channel="phone", service=mail,
            title="A laptop was stolen on the train to Bergen",
            description="Payroll's laptop, switched on. The disk is encrypted; the session may have been open.",
        )  # fmt: skip
        made = _step(made, "triage", officer, threat="device", threat_severity="2", personal_data="true")
        conversation.note(
            made, "Sessions are revoked; we wait for the mobile operator.", actor=officer, source=Source.WEB
        )


def _step(made: Any, verb: str, actor: Any, **data: Any) -> Any:
    return verbs.perform(made, verb, actor=actor, source=Source.WEB, data=data)
