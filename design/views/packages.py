"""Pages of design packages and their sign-offs."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from design import package_policies as policies
from design.forms.packages import CriterionForm, PackageForm, PackageSystemForm, SectionForm
from design.models import ServiceDesignPackage
from design.package_states import HINTS, PackageState
from design.reports import packages as reports
from design.views.processes import SYSTEM_COLUMNS
from itsm.desk.views.records import Filter, Part, RecordPages, person_column, state_column
from itsm.lib import house
from itsm.ui import components
from itsm.ui import pages as ui
from itsm.ui.reference import Column
from itsm.ui.times import ago
from itsm.workflow import records


class Packages(RecordPages):
    model = ServiceDesignPackage
    form = PackageForm
    base = "packages"
    related = ("service", "owner")
    search_fields = ("title", "service__name")
    columns = (
        Column("title", house.heading("design_package")), state_column(), Column("service", gettext_lazy("Service")),
        Column("edition", gettext_lazy("Version"), right=True), person_column("owner", gettext_lazy("Owner")),
        Column("updated_at", gettext_lazy("Updated"), cell=lambda row: ago(row.updated_at), opt=True),
    )  # fmt: skip
    filters = (Filter("state", gettext_lazy("State"), lambda: PackageState.choices),)
    parts = (
        Part("sections", gettext_lazy("section"), SectionForm, "package"),
        Part("criteria", gettext_lazy("acceptance criterion"), CriterionForm, "package"),
        Part(
            "systems", gettext_lazy("needed system"), PackageSystemForm, "package",
            title=gettext_lazy("Supporting systems"), columns=SYSTEM_COLUMNS,
            empty=gettext_lazy("No system is named that this service needs."), related=("service",),
        ),
    )  # fmt: skip
    beside = ((gettext_lazy("Defects"), "design:defect-list", "bug"),)
    intro = gettext_lazy("Everything that is designed about a service, proven by tests and signed off in one place.")
    empty_text = gettext_lazy("Start the design of a service: sections, acceptance criteria, tests and sign-off.")

    def facts(self, request: HttpRequest, record: ServiceDesignPackage) -> Any:
        yield _("Service"), format_html('<a href="{}">{}</a>', record.service.get_absolute_url(), record.service)
        yield _("Version"), record.edition
        yield _("Owner"), components.person(record.owner)
        yield _("Service owner"), components.person(record.service.owner) if record.service.owner else ""
        yield _("Second signature"), components.person(record.second_signer) if record.second_signer else ""

    def linked(self, request: HttpRequest, record: ServiceDesignPackage) -> Any:
        user = request.user
        yield house.heading("process", plural=True), record.processes.visible_to(user).order_by("name")
        yield _("Other versions"), record.others().visible_to(user).order_by("-edition")[:10]

    def context(self, request: HttpRequest, record: ServiceDesignPackage) -> dict[str, Any]:
        traced = reports.coverage(record)
        return {
            "more": "design/package/_design.html",
            "sections": [(kind, HINTS[kind], row) for kind, row in reports.sections(record)],
            "traced": traced, "proven": sum(one.verdict == "pass" for one in traced), "glance": reports.glance(traced),
            "plans": list(record.plans.visible_to(request.user).select_related("owner").order_by("id")),
            "defects": list(record.defects.visible_to(request.user).unsolved().order_by("id")),
            "sign_offs": list(record.sign_offs.select_related("by", "round")[:10]),
            "may_edit": bool(policies.may_edit(record, request.user)),
        }  # fmt: skip


@require_GET
def sign_off(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """A design as it was when its sign-off was asked for, and who signed."""
    package = records.by_number(ServiceDesignPackage.objects.visible_to(request.user), number).first()
    if package is None:
        raise Http404
    kept = get_object_or_404(package.sign_offs.select_related("by", "round"), pk=pk)
    seats = list(kept.round.seats.select_related("approver"))
    return ui.page(
        request, "design/package/sign_off.html", package=package, kept=kept, data=kept.data, seats=seats,
        title=_("Sign-off of %(number)s") % {"number": package.number}, list_url=Packages.address("-list"),
    )  # fmt: skip
