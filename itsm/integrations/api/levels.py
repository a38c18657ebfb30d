"""Service levels: calendars, support levels, targets, coverage and the clocks themselves."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from itsm.accounts.roles import Role
from itsm.api.fields import Moment, Ref, Strict, StrictModel
from itsm.api.filters import Anyone, FilterSet, Words, YesNo
from itsm.integrations.api.bases import DeskOnly, Reading, Reference
from itsm.integrations.api.catalogue import known_kind
from itsm.integrations.api.refs import offering_ref, organisation_ref, service_ref, team_ref
from itsm.lib.errors import Invalid
from itsm.sla.models import CalendarDay, Clock, Coverage, Metric, SupportLevel, Target, WorkCalendar
from itsm.sla.services import calendars, targets
from itsm.tickets import numbers
from itsm.tickets.models import HoldReason, Ticket

WRITERS = (Role.SERVICE_LEVEL_MANAGER, Role.ADMINISTRATOR)


def level_ref(**kwargs: Any) -> Ref:
    return Ref(lambda _context: SupportLevel.objects.all(), **kwargs)


def calendar_ref(**kwargs: Any) -> Ref:
    return Ref(lambda _context: WorkCalendar.objects.all(), **kwargs)


class Terms(Reference):
    """Rows that promises are made of: open tickets follow when they change."""

    writers = WRITERS

    def note(self, record: Any, before: dict[str, Any] | None) -> None:
        targets.saved(record, before, actor=self.request.user, source="api")

    def remove(self, record: Any) -> None:
        targets.remove(record, actor=self.request.user, source="api")


class DaySerializer(Strict):
    """A day that differs: a holiday without hours, or special hours."""

    date = serializers.DateField()
    name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    spans = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField(max_length=8), min_length=2, max_length=2),
        required=False,
    )


class CalendarSerializer(StrictModel):
    days = DaySerializer(many=True, required=False, help_text="Holidays and special hours. Replaces all of them.")

    class Meta:
        model = WorkCalendar
        fields = ["id", "name", "timezone", "weekly", "country", "subdivision", "days"]


@extend_schema(tags=["service levels"])
class Calendars(DeskOnly, Reference):
    """When work is done. A change publishes a new edition; clocks that have stopped keep theirs."""

    queryset = WorkCalendar.objects.prefetch_related("days")
    serializer_class = CalendarSerializer
    scope = "sla"
    writers = WRITERS
    orderings = {"name": ("name",), "id": ("id",)}
    default_ordering = "name"
    lookup_names = ("name",)
    related_fields = ("days",)

    def lists_of(self, record: WorkCalendar) -> dict[str, Any]:
        rows = CalendarDay.objects.filter(calendar=record.pk).order_by("date").values_list("date", "name", "spans")
        return {"days": [[day.isoformat(), name, spans] for day, name, spans in rows]}

    def store_days(self, calendar: WorkCalendar, days: list[dict[str, Any]]) -> None:
        if len({day["date"] for day in days}) != len(days):
            raise Invalid({"days": _("A day is named twice.")})
        public = set(calendar.days.filter(is_public_holiday=True).values_list("date", "name"))
        calendar.days.all().delete()
        for day in days:
            row = CalendarDay(calendar=calendar, **day)
            row.is_public_holiday = (row.date, row.name) in public and not row.spans
            row.full_clean(exclude=["calendar"])
            row.save()

    def stored(self, record: WorkCalendar) -> None:
        calendars.publish(record, actor=self.request.user, source="api")


class SupportLevelSerializer(StrictModel):
    calendar = calendar_ref(required=False, allow_null=True)
    pause_reasons = serializers.ListField(
        child=serializers.CharField(max_length=30), required=False, help_text="Codes of hold reasons that stop clocks."
    )

    class Meta:
        model = SupportLevel
        fields = ["id", "name", "description", "rank", "calendar", "pause_reasons", "is_active"]

    def validate_pause_reasons(self, codes: list[str]) -> list[str]:
        known = set(HoldReason.objects.filter(code__in=codes).values_list("code", flat=True))
        if strange := sorted(set(codes) - known):
            raise serializers.ValidationError(_("There is no hold reason %(codes)s.") % {"codes": ", ".join(strange)})
        return sorted(set(codes))


class SupportLevelFilters(FilterSet):
    is_active = YesNo()


@extend_schema(tags=["service levels"])
class SupportLevels(DeskOnly, Terms):
    """Packages of promises such as Gold."""

    queryset = SupportLevel.objects.select_related("calendar")
    serializer_class = SupportLevelSerializer
    filterset_class = SupportLevelFilters
    scope = "sla"
    writers = WRITERS
    orderings = {"rank": ("rank", "name"), "name": ("name",), "id": ("id",)}
    default_ordering = "rank"
    lookup_names = ("name",)


class TargetSerializer(StrictModel):
    support_level = level_ref(required=False, allow_null=True)
    team = team_ref(required=False, allow_null=True)
    service = service_ref(read_only=True, help_text="Of what an agreement published for a team or a supplier.")
    calendar = calendar_ref(required=False, allow_null=True)
    kind = serializers.CharField(max_length=20, default="incident", validators=[known_kind])

    class Meta:
        model = Target
        fields = [
            "id", "support_level", "team", "service", "calendar", "kind", "metric", "priority", "minutes",
            "warn_percent", "created_at", "superseded_at",
        ]  # fmt: skip
        read_only_fields = ["created_at", "superseded_at"]
        # A new target takes the place of the old one, so there is nothing to be unique against.
        validators: ClassVar[list[Any]] = []


class TargetFilters(FilterSet):
    support_level = Anyone("support_level", key="name")
    team = Anyone("team", key="name")
    service = Anyone("service", key="slug")

    class Meta:
        model = Target
        fields = ["kind", "metric", "priority"]


@extend_schema(tags=["service levels"])
class Targets(DeskOnly, Reference):
    """Minutes per metric and priority. A target is never changed: writing one supersedes the one before.

    So the answer to PATCH is a new row with a new id, and a target that is deleted stays for the clocks it measured.
    """

    queryset = Target.objects.select_related("support_level", "team", "service", "calendar")
    serializer_class = TargetSerializer
    filterset_class = TargetFilters
    scope = "sla"
    writers = WRITERS
    search_fields = ("support_level__name", "team__name")

    def get_queryset(self) -> QuerySet[Target]:
        rows = super().get_queryset()
        return rows if self.action == "retrieve" else rows.current()

    def store(self, record: Target | None, data: dict[str, Any]) -> Target:
        names = ("support_level", "team", "calendar", "kind", "metric", "priority", "minutes", "warn_percent")
        values = {name: getattr(record, name) for name in names} if record else {}
        values |= data
        owner = values.pop("support_level", None), values.pop("team", None)
        if (owner[0] is None) == (owner[1] is None):
            raise Invalid({"support_level": _("Name a support level or a team.")})
        values.setdefault("priority", None)
        by, source = self.request.user, "api"
        made = targets.set_target(owner[0] or owner[1], actor=by, source=source, **values)
        if record is not None and made.pk != record.pk:
            # It was about another metric or priority: the row it was changed from ends too.
            targets.withdraw_target(record, actor=by, source=source)
        return made

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Clocks may hold the row: it is superseded, which nothing forbids."""
        record = self.get_object()
        self._require(record)
        targets.withdraw_target(record, actor=request.user, source="api")
        return Response(status=204)


class CoverageSerializer(StrictModel):
    service = service_ref(required=False, allow_null=True)
    offering = offering_ref(required=False, allow_null=True)
    organisation = organisation_ref(required=False, allow_null=True)
    support_level = level_ref(required=False, allow_null=True)

    class Meta:
        model = Coverage
        fields = ["id", "service", "offering", "organisation", "support_level", "valid_from", "valid_to"]


class CoverageFilters(FilterSet):
    service = Anyone("service", key="slug")
    offering = Anyone("offering", key="slug")
    organisation = Anyone("organisation", key="name")
    support_level = Anyone("support_level", key="name")


@extend_schema(tags=["service levels"])
class Coverages(DeskOnly, Terms):
    """Which support level applies where; the most specific row wins."""

    queryset = Coverage.objects.select_related("service", "offering", "organisation", "support_level")
    serializer_class = CoverageSerializer
    filterset_class = CoverageFilters
    scope = "sla"
    writers = WRITERS
    search_fields = ("service__name", "offering__name", "organisation__name", "support_level__name")


class ClockSerializer(serializers.ModelSerializer):
    """One measured promise on one ticket."""

    ticket = serializers.SerializerMethodField()
    team = Ref(read_only=True)
    calendar = serializers.CharField(source="calendar_version.calendar.name", default=None, read_only=True)
    remaining_seconds = serializers.SerializerMethodField()
    started_at = Moment(read_only=True)
    stopped_at = Moment(read_only=True)
    due_at = Moment(read_only=True)
    warn_at = Moment(read_only=True)
    breached_at = Moment(read_only=True)
    read_at = Moment(read_only=True)

    class Meta:
        model = Clock
        fields = [
            "id", "ticket", "metric", "cycle", "label", "team", "calendar", "state", "target_seconds",
            "elapsed_seconds", "remaining_seconds", "warn_percent", "pause_reasons", "started_at", "stopped_at",
            "due_at", "warn_at", "breached_at", "read_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_ticket(self, row: Clock) -> str:
        return numbers.number(row.ticket.kind, row.ticket_id)

    def get_remaining_seconds(self, row: Clock) -> int:
        return max(0, row.target_seconds - row.elapsed_seconds)


class ClockFilters(FilterSet):
    state = Words(field_name="state")
    metric = Words(field_name="metric")
    ticket = django_filters.CharFilter(method="of_ticket", max_length=30)
    stopped_after = django_filters.IsoDateTimeFilter(field_name="stopped_at", lookup_expr="gte")
    stopped_before = django_filters.IsoDateTimeFilter(field_name="stopped_at", lookup_expr="lt")
    running = YesNo(field_name="stopped_at", lookup_expr="isnull")

    def of_ticket(self, rows: QuerySet[Clock], name: str, value: str) -> QuerySet[Clock]:
        return rows.filter(ticket__in=Ticket.objects.numbered(value).values("pk"))


@extend_schema(tags=["service levels"])
class Clocks(Reading):
    """The clocks of the tickets the caller may see. Elapsed time is as of ``read_at``; due times are exact.

    `GET /tickets/<number>/sla/` reads a ticket's clocks anew, with the ledger that explains every minute.
    """

    queryset = (
        Clock.objects.filter(withdrawn_at__isnull=True)
        .select_related("ticket", "team", "calendar_version__calendar")
        .defer("ticket__description", "ticket__custom", "calendar_version__spec", "plan")
    )
    serializer_class = ClockSerializer
    filterset_class = ClockFilters
    scope = "sla"
    orderings = {"id": ("id",), "started_at": ("started_at",)}
    search_fields = ("label",)

    def get_queryset(self) -> QuerySet[Clock]:
        user = self.request.user
        rows = super().get_queryset().filter(ticket__in=Ticket.objects.visible_to(user).values("pk"))
        # How the desk shares work inside and what suppliers owe it is not promised to anybody outside.
        return rows if user.is_desk else rows.exclude(metric__in=Metric.INSIDE)
