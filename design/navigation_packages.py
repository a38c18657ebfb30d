"""What processes and design packages register: kinds, guard, navigation, panels, activities 7 and 8."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from design import package_policies, process_policies
from design.models import Defect, ProcessDefinition, ServiceDesignPackage, SystemRequirement, ValidationPlan
from design.package_states import PackageState
from design.process_states import Duty, Need, ProcessState
from design.reports import packages as package_reports
from design.reports import processes as process_reports
from design.services import packages, processes, testing
from design.views.packages import Packages
from design.views.processes import Processes
from design.views.validation import Defects, Plans
from itsm.accounts.roles import Role
from itsm.audit import actions
from itsm.catalogue import guards
from itsm.catalogue.models import Service
from itsm.desk.views import records as pages
from itsm.tickets import kinds
from itsm.ui import lifecycle, panels
from itsm.ui.lifecycle import Attention, Figure, Summary
from itsm.workflow import approvals, records

#: Services whose design is not finished.
IN_DESIGN = (Service.Status.CHARTERED, Service.Status.IN_DESIGN)


def register_kinds() -> None:
    """The kinds of record, what decides about a sign-off, and the guard of a service's life."""
    records.register(records.RecordKind(
        ProcessDefinition, gettext_lazy("process"), gettext_lazy("processes"), "workflow",
        ("name", "kind", "owner", "purpose", "inputs", "outputs", "kpis"), process_policies.may_write,
        process_policies.may_edit, check=processes.check, services="design.services.processes",
    ))  # fmt: skip
    records.register(records.RecordKind(
        ServiceDesignPackage, gettext_lazy("design package"), gettext_lazy("design packages"), "package-open",
        ("title", "service", "owner", "second_signer", "description"), package_policies.may_write,
        package_policies.may_edit, lists=("processes",), check=packages.check, services="design.services.packages",
        created=packages.begin, on_round={"approved": "approve", "rejected": "take_back", "expired": "take_back"},
    ))  # fmt: skip
    # Instead of the plain step: an approval supersedes the version before in the same moment.
    approvals.on_decided(ServiceDesignPackage._meta.label_lower, packages.decided)
    records.register(records.RecordKind(
        ValidationPlan, gettext_lazy("validation plan"), gettext_lazy("validation plans"), "flask-conical",
        ("title", "package", "owner", "environment", "description"), package_policies.may_write,
        package_policies.may_plan, check=testing.check_plan,
    ))  # fmt: skip
    records.register(records.RecordKind(
        Defect, gettext_lazy("defect"), gettext_lazy("defects"), "bug",
        ("title", "run", "severity", "owner", "description"), package_policies.may_report,
        package_policies.may_edit_defect, check=testing.check_defect,
    ))  # fmt: skip
    actions.register({"validation_plan.run": gettext_lazy("ran a test")})
    guards.register("accept_design", packages.accept_design_needs)


def of_service(request: Any, service: Any) -> dict[str, Any] | None:
    """The design of a service on its page: the version being written, else the one in force."""
    user = request.user
    if not user.is_desk:
        return None
    rows = ServiceDesignPackage.objects.visible_to(user).filter(service=service)
    package = rows.open().first() or rows.order_by("-edition").first()
    may_start = package is None and service.status in IN_DESIGN and bool(package_policies.may_write(user))
    if package is None:
        return {"package": None, "may_start": True} if may_start else None
    traced = package_reports.coverage(package)
    return {
        "package": package, "total": len(traced), "proven": sum(one.verdict == "pass" for one in traced),
        "defects": list(package.defects.visible_to(user).unsolved().order_by("id")[:4]),
        "processes": list(package.processes.visible_to(user).order_by("name")[:6]),
    }  # fmt: skip


def on_ticket(request: Any, ticket: Any) -> dict[str, Any] | None:
    """Where a ticket is in the process that governs its kind, and what comes next by whom."""
    if not request.user.is_desk:
        return None
    process = process_reports.in_force(ticket.kind)
    if process is None:
        return None
    steps = process_reports.steps_of(process)
    return {
        "process": process, "here": next((one for one in steps if one.to_state == ticket.state), None),
        "following": [
            (one, process_reports.parties(one, Duty.RESPONSIBLE))
            for one in steps
            if one.from_state == ticket.state and one.to_state != ticket.state
        ][:4],
    }  # fmt: skip


def processes_and_systems(user: Any) -> Summary:
    """Activity 7."""
    rows = ProcessDefinition.objects.visible_to(user)
    review = list(rows.filter(state=ProcessState.IN_REVIEW).order_by("updated_at", "id")[:3])
    in_force = set(rows.published().exclude(kind="").values_list("kind", flat=True))
    bare = [kind for kind in kinds.all_kinds() if kind.code not in in_force]
    missing = SystemRequirement.objects.filter(status=Need.NOT_MET).exclude(
        definition__state__in=[ProcessState.SUPERSEDED, ProcessState.RETIRED]
    ).exclude(package__state=PackageState.SUPERSEDED)  # fmt: skip
    short = missing.count()
    address = reverse("design:process-list")
    figures = [
        Figure(_("Published processes"), rows.published().count(), "", f"{address}?state=published"),
        Figure(_("Kinds of ticket without one"), len(bare), "amber" if bare else "green", address),
        Figure(_("Systems not there"), short, "red" if short else "green", address),
    ]
    attention = [
        Attention(str(one), _("Waits for its review"), one.number, "amber", one.get_absolute_url(), "workflow", 40)
        for one in review
    ]
    for need in missing.select_related("definition", "package")[:2]:
        where = need.definition or need.package
        attention.append(
            Attention(need.system, _("Needed by %(what)s, and not there") % {"what": where}, _("not met"), "red",
                      where.get_absolute_url() if where else "", "server-off", 50)
        )  # fmt: skip
    return Summary(figures, attention)


def validation(user: Any) -> Summary:
    """Activity 8."""
    rows = ServiceDesignPackage.objects.visible_to(user)
    review = list(rows.filter(state=PackageState.IN_REVIEW).select_related("service").order_by("updated_at", "id")[:3])
    defects = Defect.objects.visible_to(user).unsolved()
    severe, unsolved = list(defects.severe().order_by("id")[:3]), defects.count()
    waiting = Service.objects.visible_to(user).filter(status=Service.Status.IN_DESIGN)
    bare = list(waiting.exclude(design_packages__isnull=False).order_by("name")[:2])
    address = reverse("design:design-package-list")
    drafts = rows.filter(state=PackageState.DRAFT).count()
    tone = "red" if severe else "amber" if unsolved else "green"
    figures = [
        Figure(_("Being designed"), drafts, "", f"{address}?state=draft"),
        Figure(_("Wait for sign-off"), len(review), "amber" if review else "", f"{address}?state=in_review"),
        Figure(_("Open defects"), unsolved, tone, reverse("design:defect-list")),
    ]
    attention = [
        Attention(f"{one.number} {one}", _("Holds the sign-off of a design"), one.get_severity_display(), "red",
                  one.get_absolute_url(), "bug", 70)
        for one in severe
    ] + [
        Attention(str(one), _("Waits for signatures"), one.number, "amber", one.get_absolute_url(), "package-open", 55)
        for one in review
    ] + [
        Attention(one.name, _("In design without a design package"), _("to do"), "amber", one.get_absolute_url(),
                  "drafting-compass", 45)
        for one in bare
    ]  # fmt: skip
    return Summary(figures, attention)


def register() -> None:
    """Called once from ``DesignConfig.ready``."""
    designers = [*package_policies.WRITERS, Role.AUDITOR]
    keepers = [*process_policies.WRITERS, Role.AUDITOR]
    pages.register(
        Packages, group="services", order=30, key="Q", roles=designers, tip=gettext_lazy("wait for sign-off"),
        count=lambda user: ServiceDesignPackage.objects.visible_to(user).filter(
            state=PackageState.IN_REVIEW
        ),
    )  # fmt: skip
    pages.register(Processes, group="services", order=60, roles=keepers)
    pages.register_search(Plans, order=62)
    pages.register_search(Defects, order=63)
    panels.register(
        "service_design", "design", "design/package/_of_service.html", of_service, label=gettext_lazy("Design"),
        order=42,
        cls="c4",
    )  # fmt: skip
    panels.register(
        "ticket", "process", "design/process/_on_ticket.html", on_ticket, label=gettext_lazy("In the process"), order=60
    )
    lifecycle.register(
        "design", 7, gettext_lazy("Processes and systems"),
        gettext_lazy("How work is done, by whom, and with what"), "workflow", processes_and_systems,
        links=[(gettext_lazy("Processes"), "design:process-list")],
    )  # fmt: skip
    lifecycle.register(
        "design", 8, gettext_lazy("Design validation"), gettext_lazy("Prove the design before it is built"),
        "flask-conical", validation,
        links=[
            (gettext_lazy("Design packages"), "design:design-package-list"),
            (gettext_lazy("Validation plans"), "design:validation-plan-list"),
            (gettext_lazy("Defects"), "design:defect-list"),
        ],
    )  # fmt: skip
