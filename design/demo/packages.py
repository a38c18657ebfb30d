"""How Halden works on incidents and changes, and the design of a service that waits for its signatures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils.text import slugify

from design import process_flow as flow
from design.models import (
    Defect,
    PackageSection,
    ProcessDefinition,
    ProcessStep,
    ServiceDesignPackage,
    SystemRequirement,
    TestCase,
    ValidationPlan,
)
from design.package_states import SectionKind
from design.process_states import Need
from design.services import testing
from itsm.accounts.models import Team
from itsm.approvals.models import Round
from itsm.catalogue.models import Service, ServiceCategory
from itsm.lib import clock
from itsm.lib.chapters import World
from itsm.workflow import approvals, records
from strategy.models import AcceptanceCriterion, BusinessRequirement

#: Number, type, name, what is done, from, to, next, and who is R, A, C, I ("@" before the name of a team).
INCIDENT = [
    (1, "start", "Report", "Somebody reports by portal, mail or phone, or monitoring does.", "", "new", [(2, "for a team"), (12, "taken at once")], ("requester", "incident_manager", "", "")),
    (2, "task", "Classify and assign", "Service, category, impact and urgency; then the team that can help.", "new", "assigned", [], ("@Service desk", "incident_manager", "", "requester")),
    (3, "task", "Take and investigate", "Reproduce it, look at recent changes and known errors.", "assigned", "in_progress", [], ("agent", "incident_manager", "problem_manager", "")),
    (4, "decision", "What is needed?", "", "", "", [(5, "an answer"), (7, "other team"), (8, "nothing")], ("agent", "incident_manager", "", "")),
    (5, "task", "Put on hold", "Say whom it waits for; the clock stops only for agreed reasons.", "in_progress", "on_hold", [], ("agent", "incident_manager", "requester", "")),
    (6, "task", "Resume", "What it waited for has come.", "on_hold", "in_progress", [(4, "")], ("agent", "incident_manager", "", "")),
    (7, "task", "Escalate", "Hand over with what is known so far.", "in_progress", "assigned", [(3, "")], ("agent", "incident_manager", "@Workplace engineering", "")),
    (8, "task", "Resolve", "Restore the service, write down what helped.", "in_progress", "resolved", [], ("agent", "incident_manager", "", "requester")),
    (9, "decision", "Does it work?", "The requester answers, or three days pass.", "", "", [(10, "no"), (11, "yes")], ("requester", "incident_manager", "", "")),
    (10, "task", "Reopen", "The clock runs on.", "resolved", "in_progress", [(4, "")], ("requester", "incident_manager", "", "agent")),
    (11, "end", "Close", "", "resolved", "closed", [], ("requester", "incident_manager", "", "")),
    (12, "task", "Take at once", "Somebody of the first line starts without handing it on.", "new", "in_progress", [(4, "")], ("agent", "incident_manager", "", "requester")),
]  # fmt: skip
CHANGE = [
    (1, "start", "Plan the change", "What, why, when; plans to do it and to go back.", "", "draft", [], ("agent", "change_manager", "", "")),
    (2, "task", "Assess risk", "Questionnaire, dependent items, conflicts.", "draft", "assessing", [], ("agent", "change_manager", "configuration_manager", "service_owner")),
    (3, "task", "Ask for approval", "", "assessing", "awaiting_approval", [], ("change_manager", "change_manager", "", "cab_member")),
    (4, "decision", "Approved?", "The board looks at risk and time.", "", "", [(5, "yes"), (9, "no")], ("cab_member", "change_manager", "service_owner", "")),
    (5, "task", "Schedule", "", "awaiting_approval", "scheduled", [], ("change_manager", "change_manager", "", "@Service desk")),
    (6, "task", "Implement", "As planned; go back as planned when it fails.", "scheduled", "implementing", [], ("agent", "change_manager", "", "@Service desk")),
    (7, "task", "Review", "Did it do what it should, without harm?", "implementing", "review", [], ("change_manager", "change_manager", "agent", "")),
    (8, "end", "Close", "", "review", "closed", [], ("change_manager", "change_manager", "", "")),
    (9, "end", "Rejected", "", "awaiting_approval", "rejected", [], ("change_manager", "change_manager", "", "agent")),
]  # fmt: skip

SECTIONS = {
    SectionKind.REQUIREMENTS: "Customers order in the web shop and collect the parcel in a store within two hours. Delivery to other countries is left out.",
    SectionKind.UTILITY_WARRANTY: "**Utility**: stock of the store in the shop, a pick list on the store's tablet, a message when the parcel is ready.\n\n**Warranty**: 99.5 % between 07:00 and 22:00, an answer of the stock in 500 ms, no personal data on the tablet.",
    SectionKind.ARCHITECTURE: "The shop asks Warehouse management for the stock of the store. Orders go to the store tablet over the Network and Wi-Fi service; sign-in by Identity and sign-on.",
    SectionKind.PROCESSES: "Incidents follow the incident process; the store calls the Service desk. Changes to the pick list are standard changes.",
    SectionKind.MEASUREMENT: "Minutes from order to “ready”, share of parcels not found, availability of the stock answer. Clara looks at them every Monday.",
    SectionKind.TRANSITION_PLAN: "Oslo first for two weeks, then all stores by region. Going back: the button in the shop is switched off.",
}  # fmt: skip
CRITERIA = [
    "The store sees a new order within 60 seconds", "The stock shown is never older than five minutes",
    "A customer gets a message when the parcel is ready", "The pick list can be read on the smallest tablet",
]  # fmt: skip
#: Steps, expected, and the runs: days ago, result, what was seen, severity.
CASES: list[tuple[str, str, list[tuple[int, str, str, str]]]] = [
    ("Order ten articles in the test shop, look at the tablet of store Oslo.", "The order is there within a minute.", [(8, "pass", "", "")]),
    ("Sell an article at the till, look at the shop after five minutes.", "The stock is one less.",
     [(8, "fail", "Still the old stock after eleven minutes: the cache of the shop keeps it for a quarter of an hour.", "high"), (3, "pass", "Four minutes, three times in a row.", "")]),
    ("Mark the parcel as ready.", "A text message comes with number and opening hours.", [(7, "pass", "", "")]),
    ("Open a pick list with 40 lines on the 8-inch tablet.", "All columns can be read without scrolling sideways.",
     [(7, "fail", "Two columns are cut off in portrait.", "low"), (2, "pass", "Fine in landscape; portrait still cuts the article number.", "")]),
]  # fmt: skip


def tell_processes(world: World) -> None:
    """The incident process as tickets really move, and the change process."""
    manager, changes = world.people["Ingrid Solberg"], world.people["Tomás Herrera"]
    made = _process(
        manager, "Incident management", "incident", INCIDENT,
        purpose="Restore the service for people as fast as promised, and keep them informed.",
        inputs="Reports of people and alerts of monitoring.", outputs="A service that works, a solution written down.",
        kpis="First response and resolution in time, first-level resolution, reopened tickets.",
    )  # fmt: skip
    for system, step, status, evidence in (
        ("Identity and sign-on", None, Need.MET, "Agents sign in with two factors since spring."),
        ("Telephony", 1, Need.MET, "Calls to the desk are put through; tested every quarter."),
        ("Email and calendar", 1, Need.MET, "Mail to the desk arrives within a minute."),
        ("Monitoring of the stores", 1, Need.PLANNED, ""),
    ):
        service = world.services.get(system)
        values = {"system": system, "service": service, "step": step, "status": status, "evidence": evidence}
        part = SystemRequirement(definition=made)
        records.put_part(made, part, values, actor=manager, source="web", name="needed system")
    _publish(made, manager)
    _process(
        changes, "Change enablement", "change", CHANGE,
        purpose="Change services quickly without hurting those who use them.", inputs="Ideas, fixes, releases.",
        outputs="A changed service, and what was learned.", kpis="Success rate, share of emergencies, lead time.",
    )  # fmt: skip


def _process(owner: Any, name: str, kind: str, steps: list[Any], **texts: Any) -> ProcessDefinition:
    """A draft; states are named as far as tickets of the kind have them."""
    known = flow.is_known(kind)
    states = set(flow.kinds.get(kind).states.values) if known else set()  # type: ignore[attr-defined]
    pairs = flow.possible(kind) if known else set()
    made = records.create(
        ProcessDefinition, actor=owner, source="web", name=name, kind=kind if known else "", owner=owner, **texts
    )
    for number, type_, title, text, before, after, ways, duties in steps:
        fits = {before, after} <= states | {""} and (not before or (before, after) in pairs)
        values: dict[str, Any] = {
            "position": number, "name": title, "type": type_, "description": text,
            "from_state": before if fits else "", "to_state": after if fits else "",
            "next_steps": [{"step": step, "label": label} for step, label in ways],
        }  # fmt: skip
        for duty, party in zip(("responsible", "accountable", "consulted", "informed"), duties, strict=True):
            values[duty] = [_party(party)] if party else []
        records.put_part(made, ProcessStep(definition=made), values, actor=owner, source="web", name="step")
    return made


def _party(name: str) -> tuple[str, int | None]:
    return ("", Team.objects.get(name=name[1:]).pk) if name.startswith("@") else (name, None)


def _publish(process: ProcessDefinition, actor: Any) -> None:
    records.perform(process, "submit", actor=actor, source="web")
    records.perform(process, "publish", actor=actor, source="web", data={"comment": "As agreed with all team leads."})


def tell_package(world: World) -> None:
    """Click and collect is designed and tested; Clara has signed, Ingrid has not."""
    owner, manager = world.people["Clara Weiss"], world.people["Ingrid Solberg"]
    with clock.moved_to(world.now - timedelta(days=20)):
        service = _service(owner)
        requirement = _requirement(service, owner)
    how: dict[str, Any] = {"actor": owner, "source": "web"}
    with clock.moved_to(world.now - timedelta(days=15)):
        package = records.create(
            ServiceDesignPackage, title=f"Design of {service.name}", service=service, owner=owner,
            description="Order in the shop, collect in the store.",
            lists={"processes": list(ProcessDefinition.objects.filter(kind="incident")[:1])}, **how,
        )  # fmt: skip
        for section in PackageSection.objects.filter(package=package):
            values = {"text": SECTIONS[SectionKind(section.kind)], "complete": True}
            records.put_part(package, section, values, name="section", **how)
        records.perform(package, "collect", **how)
        for name, status, evidence in (
            ("Warehouse management", Need.MET, "Its stock interface answers in 300 ms at peak."),
            ("Identity and sign-on", Need.MET, "Store tablets are enrolled."),
            ("Text messages", Need.PLANNED, ""),
        ):
            need = {"system": name, "service": world.services.get(name), "status": status, "evidence": evidence}
            records.put_part(package, SystemRequirement(package=package), need, name="needed system", **how)
    _test(world, package, requirement, owner)
    with clock.moved_to(world.now - timedelta(days=1)):
        records.perform(package, "submit", data={"comment": "Ready from our side."}, **how)
        round_ = Round.objects.filter(subject_type=ServiceDesignPackage._meta.label_lower, subject_id=package.pk).get()
        if round_.seats.filter(approver=owner).exists() and owner != manager:
            approvals.vote(round_, actor=owner, approve=True, comment="Go.", source="web")


def _service(owner: Any) -> Service:
    name = "Click and collect"
    return Service.objects.create(
        name=name, slug=slugify(name), kind=Service.Kind.BUSINESS, criticality=2, owner=owner,
        category=ServiceCategory.objects.filter(name="Shop and stores").first(), status=Service.Status.IN_DESIGN,
        description="Order in the web shop, collect in a store two hours later.", created_at=clock.now(),
        updated_at=clock.now(),
    )  # fmt: skip


def _requirement(service: Service, owner: Any) -> BusinessRequirement:
    how: dict[str, Any] = {"actor": owner, "source": "web"}
    made = records.create(
        BusinessRequirement, title="Collect an order in the store on the same day", priority="must",
        description="Half of our customers live near a store and do not want to wait for the post.",
        lists={"services": [service]}, **how,
    )  # fmt: skip
    for text in CRITERIA:
        part = AcceptanceCriterion(requirement=made)
        records.put_part(made, part, {"text": text}, name="acceptance criterion", **how)
    records.perform(made, "analyse", **how)
    records.perform(made, "accept", **how)
    return made


def _test(world: World, package: ServiceDesignPackage, requirement: BusinessRequirement, owner: Any) -> None:
    tester = world.people["Elena Petrova"]
    with clock.moved_to(world.now - timedelta(days=10)):
        plan = records.create(
            ValidationPlan, actor=owner, source="web", title="Trial in store Oslo", package=package, owner=tester,
            environment="Test shop, tablet of store Oslo",
            description="One week with the staff of the store, ten orders a day.",
        )  # fmt: skip
        cases = []
        for criterion, (steps, expected, runs) in zip(package.criteria.order_by("id"), CASES, strict=True):
            values = {"title": criterion.text, "criterion": criterion, "steps": steps, "expected": expected}
            case = records.put_part(plan, TestCase(plan=plan), values, actor=owner, source="web", name="test case")
            cases.append((case, runs))
    told = [(days, case, result, seen, severity) for case, found in cases for days, result, seen, severity in found]
    for days, case, result, seen, severity in sorted(told, key=lambda run: (-run[0], run[1].pk)):
        with clock.moved_to(world.now - timedelta(days=days)):
            if result == "pass":
                for defect in Defect.objects.filter(run__case=case, state="open", severity="high"):
                    fixed = {"comment": "The cache lives four minutes now."}
                    records.perform(defect, "fix", actor=owner, source="web", data=fixed)
            testing.record_run(
                case, result=result, evidence=seen, severity=severity or "medium", actor=tester, source="web"
            )
