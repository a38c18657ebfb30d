"""Support levels, targets, escalation policies and coverage: what is promised to whom."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from itsm.accounts.models import Team
from itsm.desk.forms.levels import CoverageForm, CoverageTest, EscalationForm, LevelForm, TargetsForm
from itsm.desk.views.settings.base import (
    LEVEL_MANAGERS,
    LEVELS,
    Pages,
    SettingsDelete,
    SettingsForm,
    SettingsList,
    require,
    save_grid,
)
from itsm.lib.sources import Source
from itsm.sla.models import Coverage, EscalationPolicy, Metric, SupportLevel
from itsm.sla.services import targets, terms
from itsm.tickets import kinds
from itsm.tickets.models import Ticket
from itsm.ui import links
from itsm.ui import pages as ui
from itsm.ui.pages import Column
from itsm.worktime import ROUND_THE_CLOCK


class TermsEdit(SettingsForm):
    """A row that terms are made of: saved, recorded and followed by the open tickets through ``sla``."""

    def write_audit(self, obj: Any, before: Any, columns: Any) -> None:
        targets.saved(obj, columns, actor=self.request.user, source=Source.WEB)


class TermsDelete(SettingsDelete):
    def on_deleted(self, obj: Any, before: Any, actor: Any) -> None:
        targets.removed(obj, before, actor=actor, source=Source.WEB)


class CoverageList(SettingsList):
    template = "desk/settings/coverage.html"


class LevelEdit(TermsEdit):
    template = "desk/settings/level.html"

    def more(self, form: Any, instance: Any) -> dict[str, Any]:
        if instance is None:
            return {}
        current = instance.targets.current().order_by("kind", "metric", "priority")
        return {
            "targets_url": reverse("desk:settings-levels-targets", args=[instance.pk]),
            "promises": [(kind_label(row.kind), row) for row in current],
        }

    def success_url(self, obj: Any) -> str:
        # A new level promises nothing yet: its targets come next.
        if "pk" in self.kwargs:
            return super().success_url(obj)
        return reverse("desk:settings-levels-targets", args=[obj.pk])


class EscalationEdit(TermsEdit):
    template = "desk/settings/escalation.html"

    def write_audit(self, obj: Any, before: Any, columns: Any) -> None:
        super().write_audit(obj, before, columns)
        self.form.store_steps(self.request.user)

    def build(self, instance: Any, *data: Any) -> Any:
        self.form = super().build(instance, *data)
        return self.form


def kind_label(code: str) -> str:
    return dict(kinds.choices()).get(code, code)


def level_targets(request: HttpRequest, pk: int) -> HttpResponse:
    require(request.user, *LEVEL_MANAGERS)
    level = get_object_or_404(SupportLevel, pk=pk, published_by="")
    return _targets(request, level, parent=("desk:settings-levels", _("Support levels"), "desk:settings-levels-edit"))


def team_targets(request: HttpRequest, pk: int) -> HttpResponse:
    """What a team promises other teams: an operational level agreement, measured on its own time."""
    require(request.user, *LEVEL_MANAGERS)
    team = get_object_or_404(Team, pk=pk)
    return _targets(request, team, parent=("desk:settings-ola", _("Team targets"), ""))


def _targets(request: HttpRequest, owner: Any, *, parent: tuple[str, str, str]) -> HttpResponse:
    known = kinds.choices()
    kind = request.GET.get("kind", known[0][0])
    if kind not in dict(known):
        raise Http404
    list_url, list_title, edit_url = parent

    def build(*data: Any) -> TargetsForm:
        return TargetsForm(*data, owner=owner, kind=kind)

    return save_grid(
        request, "desk/settings/targets.html", build, lambda form: form.store(request.user),
        lock=lambda: type(owner).objects.select_for_update().get(pk=owner.pk), done=request.get_full_path(),
        said=_("Targets of %(owner)s saved. Clocks of open tickets follow.") % {"owner": owner},
        title=_("Targets"), owner=owner, list_url=reverse(list_url), list_title=list_title,
        edit_url=reverse(edit_url, args=[owner.pk]) if edit_url else "",
        tabs=[
            {"label": label, "url": links.url_with(request, kind=code), "current": code == kind}
            for code, label in known
        ],
    )  # fmt: skip


@require_safe
def team_list(request: HttpRequest) -> HttpResponse:
    require(request.user, *LEVEL_MANAGERS)
    promised = Count("targets", filter=Q(targets__superseded_at__isnull=True))
    teams = Team.objects.filter(is_active=True).annotate(amount=promised).order_by("name")
    columns = (Column("name", _("Team")), Column("tier", _("Tier")), Column("amount", _("Targets"), right=True))
    rows = [
        (reverse("desk:settings-ola-edit", args=[team.pk]), [(column, column.show(team)) for column in columns])
        for team in teams
    ]
    return ui.page(request, "desk/settings/ola.html", title=_("Team targets"), columns=columns, rows=rows)


@require_safe
def coverage_test(request: HttpRequest) -> HttpResponse:
    """Which level would apply to a ticket, and what it would promise."""
    require(request.user, *LEVEL_MANAGERS)
    asked = "kind" in request.GET
    form = CoverageTest(request.GET if asked else None)
    answer: dict[str, Any] = {}
    if asked and form.is_valid():
        answer = _answer(form.cleaned_data)
    return ui.page(request, "desk/settings/coverage_test.html", title=_("Which level applies?"), form=form, **answer)


def _answer(data: dict[str, Any]) -> dict[str, Any]:
    ticket = Ticket(
        kind=data["kind"], priority=data["priority"], service=data["service"], offering=data["offering"],
        organisation=data["organisation"], opened_at=data["opened"],
    )  # fmt: skip
    book = terms.Book([ticket])
    level = book.level_for(ticket)
    found = []
    for metric, applied in book.for_ticket(ticket).items():
        hours = terms.schedule_of(applied.calendar_version_id) or ROUND_THE_CLOCK
        due = hours.add(data["opened"], applied.target.minutes)
        found.append((Metric(metric).label, applied.target, due))
    return {"answered": True, "level": level, "found": found}


def own_levels() -> Any:
    """Levels that are kept here; those that agreements publish change with their agreements."""
    return SupportLevel.objects.filter(published_by="")


def covered(row: Coverage) -> str:
    return str(row.offering or row.service or _("Everything"))


PAGES = [
    Pages(
        "levels", SupportLevel, LevelForm, LEVELS, "gauge", gettext_lazy("Support levels"),
        gettext_lazy("Hours of cover, targets by priority, what pauses the clocks."),
        columns=(
            Column("name", gettext_lazy("Name")), Column("rank", gettext_lazy("Rank"), right=True),
            Column("calendar", gettext_lazy("Hours"), lambda level: level.calendar or _("Around the clock")),
            Column("amount", gettext_lazy("Targets"), right=True),
            Column("escalation_policy", gettext_lazy("Escalation"), opt=True),
            Column("is_active", gettext_lazy("Active"), opt=True),
        ),
        search=("name", "description"), order=("rank", "name", "id"), roles=LEVEL_MANAGERS, form_view=LevelEdit,
        delete_view=TermsDelete, position=10,
        rows=lambda: own_levels().select_related("calendar", "escalation_policy").annotate(
            amount=Count("targets", filter=Q(targets__superseded_at__isnull=True))
        ),
        more=[("<int:pk>/targets/", level_targets, "settings-levels-targets")],
    ),
    Pages(
        "coverage", Coverage, CoverageForm, LEVELS, "shield-check", gettext_lazy("Coverage"),
        gettext_lazy("Which level applies to which service, offering and organisation."),
        columns=(
            Column("about", gettext_lazy("What"), covered),
            Column("organisation", gettext_lazy("For"), lambda row: row.organisation or _("Everybody")),
            Column("support_level", gettext_lazy("Level"), lambda row: row.support_level or _("No service level")),
            Column("valid_from", gettext_lazy("From"), opt=True), Column("valid_to", gettext_lazy("To"), opt=True),
        ),
        search=("service__name", "offering__name", "organisation__name", "support_level__name"), order=("id",),
        roles=LEVEL_MANAGERS, list_view=CoverageList, form_view=TermsEdit, delete_view=TermsDelete, position=20,
        rows=lambda: Coverage.objects.exclude(support_level__published_by__gt="").select_related(
            "service", "offering", "organisation", "support_level"
        ),
        more=[("test/", coverage_test, "settings-coverage-test")],
        intro=gettext_lazy(
            "The most specific row counts: offering before service, then organisation. "
            "Where nothing matches, nothing is promised."
        ),
    ),
    Pages(
        "escalations", EscalationPolicy, EscalationForm, LEVELS, "siren", gettext_lazy("Escalation policies"),
        gettext_lazy("What happens while a clock runs towards its target, and past it."),
        columns=(
            Column("name", gettext_lazy("Name")), Column("amount", gettext_lazy("Steps"), right=True),
            Column("levels", gettext_lazy("Support levels"), right=True),
        ),
        search=("name",), roles=LEVEL_MANAGERS, form_view=EscalationEdit, delete_view=TermsDelete, position=50,
        rows=lambda: EscalationPolicy.objects.annotate(
            amount=Count("steps", distinct=True), levels=Count("support_levels", distinct=True)
        ),
    ),
]  # fmt: skip
