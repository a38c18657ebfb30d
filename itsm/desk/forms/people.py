"""Organisations, teams and people."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.models import Membership, Organisation, Team, User
from itsm.accounts.roles import Role
from itsm.desk.forms.fields import ManyField, PeopleField, PersonField, refuse_loop


class OrganisationForm(forms.ModelForm):
    class Meta:
        model = Organisation
        fields = ["name", "parent", "cost_centre_code", "is_active"]

    def clean_parent(self) -> Organisation | None:
        parent = self.cleaned_data["parent"]
        if self.instance.pk:
            refuse_loop(self.instance, parent, "parent")
        return parent


class TeamForm(forms.ModelForm):
    """A team with its members: those it has as rows, new ones by address."""

    add = PeopleField(
        label=gettext_lazy("Add members"), required=False,
        help_text=gettext_lazy("Email addresses, one a line."),
    )  # fmt: skip

    class Meta:
        model = Team
        fields = ["name", "description", "tier", "email", "distribution", "escalates_to", "is_restricted", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.members = list(_memberships(self.instance)) if self.instance.pk else []
        for member in self.members:
            for name, label, value in (
                ("lead", _("Lead"), member.is_lead),
                ("work", _("Gets tickets automatically"), member.takes_work),
                ("leaves", _("Remove"), False),
            ):
                self.fields[f"{name}_{member.user_id}"] = forms.BooleanField(label=label, required=False, initial=value)

    @property
    def rows(self) -> list[tuple[Membership, list[Any]]]:
        """Each member with the three check boxes."""
        return [
            (member, [self[f"{name}_{member.user_id}"] for name in ("lead", "work", "leaves")])
            for member in self.members
        ]

    @property
    def own_fields(self) -> list[Any]:
        return [self[name] for name in self.Meta.fields]

    def clean_escalates_to(self) -> Team | None:
        above = self.cleaned_data["escalates_to"]
        if self.instance.pk:
            refuse_loop(self.instance, above, "escalates_to")
        return above

    def save(self, commit: bool = True) -> Team:
        team = super().save(commit)
        for member in self.members:
            given = {name: self.cleaned_data[f"{name}_{member.user_id}"] for name in ("lead", "work", "leaves")}
            if given["leaves"]:
                member.delete()
            elif (member.is_lead, member.takes_work) != (given["lead"], given["work"]):
                member.is_lead, member.takes_work = given["lead"], given["work"]
                member.save(update_fields=["is_lead", "takes_work"])
        for person in self.cleaned_data["add"]:
            Membership.objects.get_or_create(team=team, user=person)
        return team

    @staticmethod
    def extra_state(team: Team) -> dict[str, Any]:
        rows = _memberships(team)
        return {
            "members": [row.user_id for row in rows],
            "leads": [row.user_id for row in rows if row.is_lead],
            "takes_work": [row.user_id for row in rows if row.takes_work],
        }


def _memberships(team: Team) -> Any:
    return team.memberships.select_related("user").order_by("user__name", "id")


def zones() -> list[tuple[str, Any]]:
    default = _("As the installation (%(zone)s)") % {"zone": settings.TIME_ZONE}
    names = sorted(name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/"))
    return [("", default), ("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


def languages() -> list[tuple[str, Any]]:
    return [("", _("As the installation")), *settings.LANGUAGES]


class PersonForm(forms.ModelForm):
    """Somebody who signs in. Passwords are never set here: an invitation lets people choose their own."""

    manager = PersonField(label=gettext_lazy("Manager"), required=False, help_text=gettext_lazy("Email address."))
    delegate = PersonField(
        label=gettext_lazy("Delegate"), required=False,
        help_text=gettext_lazy("Email address of who is asked and told while the person is away."),
    )  # fmt: skip
    timezone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=zones, required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=languages, required=False)
    roles = ManyField(
        label=gettext_lazy("Roles"), choices=Role.choices,
        help_text=gettext_lazy("Without a role somebody uses the portal only."),
    )  # fmt: skip

    class Meta:
        model = User
        fields = [
            "name", "email", "organisation", "manager", "job_title", "phone", "location", "timezone", "language",
            "is_vip", "sees_organisation", "hourly_rate", "delegate", "away_from", "away_until", "is_active",
        ]  # fmt: skip
        help_texts = {"hourly_rate": gettext_lazy("What an hour of work costs: copied to each work log.")}

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        self.actor = actor
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            held = set(self.instance.groups.values_list("name", flat=True))
            self.initial["roles"] = [role.value for role in Role if role in held]
        self.order_fields(["name", "email", "organisation", "manager", "roles"])

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].strip().lower()
        others = User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk)
        if others.exists():
            raise ValidationError(_("Somebody already signs in with this address."), code="unique")
        return email

    def clean_manager(self) -> User | None:
        manager = self.cleaned_data["manager"]
        if self.instance.pk:
            refuse_loop(self.instance, manager, "manager")
        return manager

    def clean_delegate(self) -> User | None:
        delegate = self.cleaned_data["delegate"]
        if delegate is not None and delegate.pk == self.instance.pk:
            raise ValidationError(_("Nobody stands in for themselves."))
        return delegate

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        start, end = data.get("away_from"), data.get("away_until")
        if end and not start:
            self.add_error("away_from", _("Say since when."))
        elif start and end and end <= start:
            self.add_error("away_until", _("The end lies before the beginning."))
        if self.instance.pk:
            self._refuse_lock_out(active=data.get("is_active", True), roles=data.get("roles", ()))
        return data

    def _refuse_lock_out(self, *, active: bool, roles: Any) -> None:
        administers = Role.ADMINISTRATOR in self.initial["roles"]
        field = "roles" if active else "is_active"
        if active and (not administers or Role.ADMINISTRATOR in roles):
            return
        if self.instance.pk == self.actor.pk:
            self.add_error(field, _("You would lock yourself out. Ask another administrator."))
        elif administers and not _other_administrators(self.instance):
            self.add_error(field, _("Nobody else is an administrator."))

    def save(self, commit: bool = True) -> User:
        person = super().save(commit=False)
        if person.pk is None:
            person.set_unusable_password()
        person.save()
        wanted = set(self.cleaned_data["roles"])
        known = {group.name: group for group in Group.objects.filter(name__in=Role.values)}
        # Groups that are no role of ours are left alone.
        person.groups.add(*(known[name] for name in wanted if name in known))
        person.groups.remove(*(group for name, group in known.items() if name not in wanted))
        return person

    @staticmethod
    def extra_state(person: User) -> dict[str, Any]:
        return {"roles": sorted(person.groups.values_list("name", flat=True))}


def _other_administrators(person: User) -> bool:
    return User.objects.people().holding(Role.ADMINISTRATOR).exclude(pk=person.pk).exists()
