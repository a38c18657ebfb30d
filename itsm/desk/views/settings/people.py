"""Organisations, teams and people."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from itsm.accounts.models import Organisation, Team, User
from itsm.accounts.roles import Role
from itsm.desk.forms.people import OrganisationForm, PersonForm, TeamForm
from itsm.desk.services import invitations
from itsm.desk.views.settings.base import PEOPLE, Pages, SettingsForm, require
from itsm.lib.errors import Denied
from itsm.sla.services import targets
from itsm.tickets.models import Ticket
from itsm.ui import pages as ui
from itsm.ui.keyset import capped_count
from itsm.ui.pages import Column


class OrganisationEdit(SettingsForm):
    def write_audit(self, obj: Any, before: Any, columns: Any) -> None:
        super().write_audit(obj, before, columns)
        if columns is not None:
            targets.organisation_moved(obj, columns["parent_id"], actor=self.request.user)


class TeamEdit(SettingsForm):
    template = "desk/settings/team.html"


class PersonEdit(SettingsForm):
    template = "desk/settings/person.html"

    def form_kwargs(self) -> dict[str, Any]:
        return {"actor": self.request.user}

    def more(self, form: Any, instance: Any) -> dict[str, Any]:
        if instance is None:
            return {"submit": _("Add person")}
        open_tickets = Ticket.objects.visible_to(self.request.user).open().filter(assignee=instance)
        return {
            "open_tickets": capped_count(open_tickets),
            "teams": list(instance.teams.order_by("name")),
            "never_signed_in": instance.last_login is None,
        }


@never_cache
@require_POST
def invite(request: HttpRequest, pk: int) -> HttpResponse:
    require(request.user, Role.ADMINISTRATOR)
    person = get_object_or_404(people(), pk=pk)
    sent = invitations.invite(person, actor=request.user, request=request)
    return ui.page(request, "desk/settings/invited.html", title=_("Invitation"), person=person, invitation=sent)


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """People whose name or address contains what was typed, for the lists of suggestions."""
    if not request.user.is_desk:
        raise Denied(_("Only the desk looks people up."))
    text = next(iter(request.GET.values()), "").strip()[:100]
    found = User.objects.people().filter(Q(name__icontains=text) | Q(email__icontains=text)).order_by("name", "id")[:10]
    options = [(person.email, person.name) for person in found] if len(text) > 1 else []
    return HttpResponse(format_html_join("", '<option value="{}">{}</option>', options))


def people() -> Any:
    return User.objects.filter(is_system=False).select_related("organisation").prefetch_related("groups")


def name_of(person: User) -> SafeString:
    vip = format_html(' <span class="chip" data-tone="violet">{}</span>', _("VIP")) if person.is_vip else ""
    return format_html("{}{}", person.name, vip)


def roles_of(person: User) -> str:
    held = {group.name for group in person.groups.all()}
    return ", ".join(str(role.label) for role in Role if role in held) or "–"


PAGES = [
    Pages(
        "people", User, PersonForm, PEOPLE, "user", gettext_lazy("People"),
        gettext_lazy("Accounts, roles, organisation and manager; invitations."),
        columns=(
            Column("name", gettext_lazy("Name"), name_of), Column("email", gettext_lazy("Email")),
            Column("organisation", gettext_lazy("Organisation")), Column("roles", gettext_lazy("Roles"), roles_of),
            Column("is_active", gettext_lazy("Active"), opt=True),
        ),
        search=("name", "email"), rows=people, form_view=PersonEdit, position=10,
        delete_view=None, more=[("<int:pk>/invite/", invite, "settings-people-invite")],
    ),
    Pages(
        "teams", Team, TeamForm, PEOPLE, "users", gettext_lazy("Teams"),
        gettext_lazy("Members and leads, how work is shared out, who is escalated to."),
        columns=(
            Column("name", gettext_lazy("Name")), Column("tier", gettext_lazy("Tier")),
            Column("amount", gettext_lazy("Members"), right=True), Column("distribution", gettext_lazy("Assignment")),
            Column("escalates_to", gettext_lazy("Escalates to"), opt=True),
            Column("is_restricted", gettext_lazy("Restricted"), opt=True),
            Column("is_active", gettext_lazy("Active"), opt=True),
        ),
        search=("name", "description"),
        rows=lambda: Team.objects.select_related("escalates_to").annotate(amount=Count("memberships")),
        form_view=TeamEdit, position=20,
    ),
    Pages(
        "organisations", Organisation, OrganisationForm, PEOPLE, "building-2", gettext_lazy("Organisations"),
        gettext_lazy("Companies, departments and sites; who belongs to whom."),
        columns=(
            Column("name", gettext_lazy("Name")), Column("parent", gettext_lazy("Part of")),
            Column("cost_centre_code", gettext_lazy("Cost centre"), opt=True),
            Column("amount", gettext_lazy("People"), right=True),
            Column("is_active", gettext_lazy("Active"), opt=True),
        ),
        search=("name", "cost_centre_code"),
        rows=lambda: Organisation.objects.select_related("parent").annotate(amount=Count("people")),
        form_view=OrganisationEdit, position=30,
    ),
]  # fmt: skip
