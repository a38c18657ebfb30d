"""Service categories, services, dependencies and offerings."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from itsm.catalogue import guards
from itsm.catalogue.models import Service, ServiceCategory, ServiceDependency, ServiceOffering
from itsm.catalogue.states import ServiceStatus
from itsm.desk.forms.catalogue import (
    CategoryForm,
    DependencyForm,
    OfferingForm,
    ServiceForm,
    preview_of,
    with_question,
)
from itsm.desk.views.settings.base import CATALOGUE_MANAGERS, SERVICES, Pages, SettingsForm, require
from itsm.lib.sources import Source
from itsm.ui import components
from itsm.ui import pages as ui
from itsm.ui.pages import Column
from itsm.workflow import inputs, steps, verbs

#: Status of a service -> phase, which gives it shape and colour.
PHASES = {
    "proposed": "new", "chartered": "active", "in_design": "active", "in_transition": "active", "live": "resolved",
    "retiring": "waiting", "retired": "closed", "rejected": "closed",
}  # fmt: skip


def status_of(service: Service) -> str:
    return components.state(ServiceStatus(service.status).label, service.status, PHASES[service.status])


class ServiceEdit(SettingsForm):
    template = "desk/settings/service.html"

    def more(self, form: Any, instance: Any) -> dict[str, Any]:
        if instance is None:
            return {}
        return {
            "status": status_of(instance),
            "offers": [
                (step, verdict, guards.requirements(instance, step.verb))
                for step, verdict in steps.offers(instance, self.request.user)
            ],
        }


def service_step(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Take a step in a service's life; a step that asks something shows its form first."""
    require(request.user, *CATALOGUE_MANAGERS)
    service = get_object_or_404(Service, pk=pk)
    step = steps.describe(Service, verb)
    if step is None:
        raise Http404
    here = reverse("desk:settings-services-edit", args=[pk])
    form = inputs.form_class(step.inputs)(request.POST or None)
    if request.method == "POST" and (not step.inputs or form.is_valid()):
        data = form.data if step.inputs else {}
        data = {name: data.get(name, "") for name in form.fields}
        verbs.perform(service, verb, actor=request.user, source=Source.WEB, data=data)
        return ui.see(request, here, _("%(service)s: %(step)s") % {"service": service, "step": step.label})
    return ui.page(
        request, "desk/settings/step.html", title=step.label, service=service, form=form, submit=step.label, back=here
    )


class OfferingEdit(SettingsForm):
    template = "desk/settings/offering.html"
    helper: Any = None

    def build(self, instance: Any, *data: Any) -> Any:
        if data and "add_question" in data[0]:
            posted, self.helper = with_question(data[0])
            data = (posted, *data[1:])
        return super().build(instance, *data)

    def only_looks(self, request: HttpRequest) -> bool:
        return "add_question" in request.POST or super().only_looks(request)

    def more(self, form: Any, instance: Any) -> dict[str, Any]:
        preview, problem = preview_of(str(form["request_form"].value() or ""))
        return {"question": self.helper or form.question(), "preview": preview, "problem": problem}


@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    require(request.user, *CATALOGUE_MANAGERS)
    form, problem = preview_of(request.POST.get("request_form", "")[:100_000])
    return ui.render_part(request, "desk/settings/_preview.html", preview=form, problem=problem)


def _questions(offering: ServiceOffering) -> int:
    return len(offering.request_form.get("properties", ()))


PAGES = [
    Pages(
        "services", Service, ServiceForm, SERVICES, "layers", gettext_lazy("Services"),
        gettext_lazy("What you deliver: owner, support team, criticality, status."),
        columns=(
            Column("name", gettext_lazy("Name")), Column("status", gettext_lazy("Status"), status_of),
            Column("kind", gettext_lazy("Kind"), opt=True), Column("criticality", gettext_lazy("Criticality")),
            Column("owner", gettext_lazy("Owner"), opt=True), Column("support_team", gettext_lazy("Support team")),
        ),
        search=("name", "description"), position=10, roles=CATALOGUE_MANAGERS, form_view=ServiceEdit,
        rows=lambda: Service.objects.select_related("owner", "support_team"),
        more=[("<int:pk>/step/<slug:verb>/", service_step, "settings-services-step")],
    ),
    Pages(
        "service-categories", ServiceCategory, CategoryForm, SERVICES, "folder-tree",
        gettext_lazy("Service categories"),
        gettext_lazy("The shelves of the catalogue."),
        columns=(
            Column("name", gettext_lazy("Name")), Column("parent", gettext_lazy("Part of")),
            Column("amount", gettext_lazy("Services"), right=True),
            Column("position", gettext_lazy("Position"), right=True, opt=True),
        ),
        search=("name",), order=("position", "name", "id"), position=20, roles=CATALOGUE_MANAGERS,
        rows=lambda: ServiceCategory.objects.select_related("parent").annotate(amount=Count("services")),
    ),
    Pages(
        "dependencies", ServiceDependency, DependencyForm, SERVICES, "git-fork", gettext_lazy("Service dependencies"),
        gettext_lazy("Which service needs which to work."),
        columns=(
            Column("service", gettext_lazy("Service")), Column("depends_on", gettext_lazy("Depends on")),
            Column("note", gettext_lazy("Note"), opt=True),
        ),
        search=("service__name", "depends_on__name", "note"), order=("service__name", "id"), position=30,
        roles=CATALOGUE_MANAGERS,
        rows=lambda: ServiceDependency.objects.select_related("service", "depends_on"),
    ),
    Pages(
        "offerings", ServiceOffering, OfferingForm, SERVICES, "package", gettext_lazy("Service offerings"),
        gettext_lazy("What can be asked for or reported, with the questions the portal asks."),
        columns=(
            Column("name", gettext_lazy("Name")), Column("service", gettext_lazy("Service")),
            Column("kind", gettext_lazy("Kind")),
            Column("questions", gettext_lazy("Questions"), _questions, right=True),
            Column("is_active", gettext_lazy("Active"), opt=True),
        ),
        search=("name", "summary", "service__name"), position=40, roles=CATALOGUE_MANAGERS, form_view=OfferingEdit,
        rows=lambda: ServiceOffering.objects.select_related("service").defer("description"),
        more=[("preview/", preview, "settings-offerings-preview")],
    ),
]  # fmt: skip
