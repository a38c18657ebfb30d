"""Organisations, teams and people."""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers

from itsm.accounts.models import Membership, Organisation, Team, User
from itsm.accounts.roles import Role
from itsm.api.fields import Strict, StrictModel
from itsm.api.filters import Anyone, FilterSet, YesNo
from itsm.integrations.api.bases import DeskOnly, Reference
from itsm.integrations.api.refs import PersonRef, organisation_ref, team_ref
from itsm.lib.errors import Invalid
from itsm.sla.services import targets


class OrganisationSerializer(StrictModel):
    parent = organisation_ref(required=False, allow_null=True)

    class Meta:
        model = Organisation
        fields = ["id", "name", "parent", "cost_centre_code", "is_active"]


class OrganisationFilters(FilterSet):
    parent = Anyone("parent", key="name")
    is_active = YesNo()


@extend_schema(tags=["people"])
class Organisations(Reference):
    """Companies, departments and sites. Whoever does not work at the desk sees their own."""

    queryset = Organisation.objects.select_related("parent")
    serializer_class = OrganisationSerializer
    filterset_class = OrganisationFilters
    scope = "people"
    orderings = {"name": ("name",), "id": ("id",)}
    default_ordering = "name"
    search_fields = ("name", "cost_centre_code")
    lookup_names = ("name",)
    parent_fields = ("parent",)

    def note(self, record: Organisation, before: dict[str, Any] | None) -> None:
        super().note(record, before)
        if before is not None:
            targets.organisation_moved(record, self._part_of, actor=self.request.user)

    def prepare(self, record: Organisation, values: dict[str, Any]) -> None:
        stored = Organisation.objects.filter(pk=record.pk).values_list("parent_id", flat=True)
        self._part_of: int | None = stored.first()

    def get_queryset(self) -> QuerySet[Organisation]:
        user = self.request.user
        rows = super().get_queryset()
        return rows if user.is_desk else rows.filter(pk=user.organisation_id)


class MemberSerializer(Strict):
    """A person's place in a team."""

    user = PersonRef()
    is_lead = serializers.BooleanField(default=False)
    takes_work = serializers.BooleanField(default=True)


class TeamSerializer(StrictModel):
    escalates_to = team_ref(required=False, allow_null=True)
    members = MemberSerializer(many=True, required=False, source="memberships", help_text="Replaces all members.")

    class Meta:
        model = Team
        fields = [
            "id", "name", "description", "tier", "email", "distribution", "escalates_to", "is_restricted", "is_active",
            "members",
        ]  # fmt: skip


class TeamFilters(FilterSet):
    is_active = YesNo()
    member = Anyone("members", key="email")

    class Meta:
        model = Team
        fields = ["tier"]


@extend_schema(tags=["people"])
class Teams(DeskOnly, Reference):
    """Support groups with their members."""

    queryset = Team.objects.select_related("escalates_to").prefetch_related("memberships__user")
    serializer_class = TeamSerializer
    filterset_class = TeamFilters
    scope = "people"
    orderings = {"name": ("name",), "id": ("id",)}
    default_ordering = "name"
    search_fields = ("name", "description")
    lookup_names = ("name",)
    parent_fields = ("escalates_to",)
    related_fields = ("memberships",)

    def lists_of(self, record: Any) -> dict[str, Any]:
        return {"members": list(record.memberships.order_by("user_id").values_list("user_id", "is_lead", "takes_work"))}

    def store_memberships(self, team: Team, members: list[dict[str, Any]]) -> None:
        people = [member["user"].pk for member in members]
        if len(people) != len(set(people)):
            raise Invalid({"members": _("Somebody is named twice.")})
        team.memberships.exclude(user__in=people).delete()
        for member in members:
            place = {"is_lead": member.get("is_lead", False), "takes_work": member.get("takes_work", True)}
            Membership.objects.update_or_create(team=team, user=member["user"], defaults=place)


class UserSerializer(StrictModel):
    organisation = organisation_ref(required=False, allow_null=True)
    manager = PersonRef(required=False, allow_null=True)
    delegate = PersonRef(required=False, allow_null=True)
    roles = serializers.ListField(
        child=serializers.ChoiceField(Role.choices), required=False, source="groups", help_text="Replaces all roles."
    )
    teams = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = [
            "id", "email", "name", "organisation", "manager", "job_title", "phone", "location", "timezone", "language",
            "is_vip", "sees_organisation", "delegate", "away_from", "away_until", "roles", "teams", "is_active",
            "created_at",
        ]  # fmt: skip

    @extend_schema_field({"type": "array", "items": {"type": "object", "properties": {
        "id": {"type": "integer"}, "name": {"type": "string"}, "is_lead": {"type": "boolean"},
    }}})  # fmt: skip
    def get_teams(self, user: User) -> list[dict[str, Any]]:
        return [{"id": m.team_id, "name": m.team.name, "is_lead": m.is_lead} for m in user.memberships.all()]

    def to_representation(self, instance: User) -> dict[str, Any]:
        roles = sorted(group.name for group in instance.groups.all())
        self.fields["roles"].write_only = True
        shown = super().to_representation(instance)
        return {**shown, "roles": roles}

    def validate_email(self, value: str) -> str:
        return value.strip().lower()

    def validate_roles(self, names: list[str]) -> list[Group]:
        return list(Group.objects.filter(name__in=names))


class UserFilters(FilterSet):
    organisation = Anyone("organisation", key="name")
    role = django_filters.ChoiceFilter(field_name="groups__name", choices=Role.choices)
    team = Anyone("teams", key="name")
    email = django_filters.CharFilter(lookup_expr="iexact", max_length=254)
    is_active = YesNo()


@extend_schema(tags=["people"])
class Users(Reference):
    """People. The desk sees everybody, everybody else themselves; `me` is the caller."""

    queryset = (
        User.objects.filter(is_system=False)
        .select_related("organisation", "manager", "delegate")
        .prefetch_related("groups", "memberships__team")
        .defer("password")
    )
    serializer_class = UserSerializer
    filterset_class = UserFilters
    scope = "people"
    # People are switched off, not deleted: history names them.
    http_method_names = ["get", "post", "patch", "head"]
    orderings = {"name": ("name",), "id": ("id",), "email": ("email",)}
    default_ordering = "name"
    search_fields = ("name", "email")
    lookup_names = ("email",)

    def get_queryset(self) -> QuerySet[User]:
        user = self.request.user
        rows = super().get_queryset()
        return rows if user.is_desk else rows.filter(pk=user.pk)

    def get_object(self) -> User:
        if self.kwargs["pk"] == "me":
            self.kwargs["pk"] = str(self.request.user.pk)
        return super().get_object()

    def prepare(self, record: User, values: dict[str, Any]) -> None:
        if not record.password:
            # Nobody is given a password by a script: single sign-on, or "forgot password" with the address.
            record.set_unusable_password()
        if record.pk and (record.pk == self.request.user.pk) and not record.is_active:
            raise Invalid({"is_active": _("You cannot switch yourself off.")})

    def stored(self, record: User) -> None:
        record.__dict__.pop("roles", None)
        record.__dict__.pop("_belonging", None)

    def lists_of(self, record: User) -> dict[str, Any]:
        return {"roles": sorted(record.groups.values_list("name", flat=True))}
