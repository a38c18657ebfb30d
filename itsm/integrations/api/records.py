"""Records that are not tickets in the REST API: one base class, one serializer each."""

from __future__ import annotations

import copy
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from itsm.api import conditional
from itsm.api.fields import StrictModel
from itsm.integrations.api.bases import Reading
from itsm.integrations.api.refs import PersonRef
from itsm.integrations.api.shapes import results
from itsm.integrations.api.steps import TakingSteps
from itsm.lib.errors import Denied
from itsm.workflow import records
from itsm.workflow.record import Record

#: What every record shows besides its own fields, and what of it cannot be written.
FIRST = ("id", "number")
LAST = ("state", "created_by", "created_at", "updated_at", "version")
KEPT = ("state", "created_at", "updated_at", "version")


class RecordSerializer(StrictModel):
    """Number, author and the lists of the kind; a subclass names the fields between ``FIRST`` and ``LAST``."""

    number = serializers.CharField(read_only=True)
    created_by = PersonRef(read_only=True)

    def get_validators(self) -> list[Any]:
        """None of the model: the door checks what may be there once. One here would ask a change for every field."""
        return list(getattr(self.Meta, "validators", ()))  # type: ignore[attr-defined]

    def to_representation(self, instance: Record) -> dict[str, Any]:
        lists = [name for name in records.kind_of(type(instance)).lists if name in self.fields]
        for name in lists:
            self.fields[name].write_only = True
        return {**super().to_representation(instance), **{name: named(getattr(instance, name)) for name in lists}}


def named(rows: Any) -> list[dict[str, Any]]:
    """Id and name of each row, with the address name where there is one."""
    return [
        {"id": one.pk, "name": str(one)} | ({"slug": one.slug} if getattr(one, "slug", "") else {})
        for one in rows.all()
    ]  # fmt: skip


def parts(name: str, serializer: type[StrictModel], parent: str, label: str) -> tuple[Any, Any]:
    """Rows that belong to a record as ``…/<name>/`` and ``…/<name>/<id>/``; who may edit the record writes them."""
    model = serializer.Meta.model  # type: ignore[attr-defined]
    code = name.replace("-", "_")

    def of(view: Any) -> tuple[Any, QuerySet[Any]]:
        record = view.get_object()
        return record, model._default_manager.filter(**{parent: record})

    def listed(self: Any, request: Request, **kwargs: Any) -> Response:
        record, rows = of(self)
        how = {"context": self.get_serializer_context()}
        if request.method != "POST":
            return Response({"results": serializer(rows, many=True, **how).data})
        given = serializer(data=request.data, **how)
        given.is_valid(raise_exception=True)
        made = records.put_part(
            record, model(**{parent: record}), given.validated_data, actor=request.user, source="api", name=label
        )
        return Response(serializer(made, **how).data, status=201)

    def single(self: Any, request: Request, row: str, **kwargs: Any) -> Response:
        record, rows = of(self)
        found = rows.filter(pk=int(row)).first()
        if found is None:
            raise Http404
        if request.method == "DELETE":
            records.drop_part(record, found, actor=request.user, source="api", name=label)
            return Response(status=204)
        how = {"context": self.get_serializer_context()}
        given = serializer(found, data=request.data, partial=True, **how)
        given.is_valid(raise_exception=True)
        made = records.put_part(
            record, copy.copy(found), given.validated_data, actor=request.user, source="api", name=label
        )
        return Response(serializer(made, **how).data)

    title = label[:1].upper() + label[1:]
    # Named by the serializer: several kinds of record have parts of the same name.
    rows_name = f"{serializer.__name__.removesuffix('Serializer')}Rows"
    listed.__name__, single.__name__ = f"{code}_list", f"{code}_one"
    listed.__doc__ = single.__doc__ = f"{title} of a record."
    one = OpenApiParameter("row", int, OpenApiParameter.PATH, description=f"Id of the {label}.")
    # Decorated from the inside out: the action first, then one description for each method.
    many = action(detail=True, methods=["get", "post"], url_path=name, url_name=name)(listed)
    single_action = action(
        detail=True, methods=["patch", "delete"], url_path=rf"{name}/(?P<row>[0-9]{{1,18}})", url_name=f"{name}-one"
    )(single)
    many = extend_schema(
        methods=["get"], summary=f"List: {label}", filters=False, responses=results(rows_name, serializer)
    )(many)
    many = extend_schema(methods=["post"], summary=f"Add: {label}", request=serializer, responses={201: serializer})(
        many
    )
    single_action = extend_schema(
        methods=["patch"], summary=f"Change: {label}", request=serializer(partial=True), responses=serializer,
        parameters=[one],
    )(single_action)  # fmt: skip
    single_action = extend_schema(
        methods=["delete"], summary=f"Remove: {label}", responses={204: None}, parameters=[one]
    )(single_action)
    return many, single_action


class Records(TakingSteps, Reading):
    """Listed, read, created, changed and moved; never deleted. Addressed by number or id.

    Fields that the serializer takes and the kind does not list as ``editable`` or ``lists`` must be read-only.
    """

    http_method_names = ["get", "post", "patch", "delete", "head"]
    orderings = {"updated_at": ("updated_at",), "id": ("id",)}
    default_ordering = "-updated_at"
    related: ClassVar[tuple[str, ...]] = ()
    fetched: ClassVar[tuple[str, ...]] = ()

    @property
    def model(self) -> type[Record]:
        return self.queryset.model  # type: ignore[no-any-return]

    def may_read(self) -> bool:
        """Whether the collection exists for the caller; otherwise it answers 404."""
        return bool(self.request.user.is_desk)

    def get_queryset(self) -> QuerySet[Any]:
        if not self.may_read():
            raise Http404
        return self.full(self.model._default_manager.visible_to(self.request.user))  # type: ignore[attr-defined]

    def full(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        rows = rows.select_related("created_by", *self.related)
        return rows.prefetch_related(*self.fetched) if self.fetched else rows

    def get_object(self) -> Any:
        record = records.by_number(self.get_queryset(), self.kwargs["pk"]).first()
        if record is None:
            raise Http404
        return record

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.get_queryset()
        verdict = records.kind_of(self.model).may_create(request.user)
        if not verdict:
            raise Denied(verdict.reason)
        values, lists = self._given(partial=False)
        made = records.create(self.model, actor=request.user, source="api", lists=lists, **values)
        location = f"{request.build_absolute_uri(request.path)}{made.number}/"
        return self.shown(self.get_moved(made), status=201, location=location)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        record = self.get_object()
        version = conditional.version(request, record)
        verdict = records.kind_of(self.model).may_edit(record, request.user)
        if not verdict:
            raise Denied(verdict.reason)
        values, lists = self._given(partial=True)
        records.edit(record, actor=request.user, source="api", version=version, lists=lists, **values)
        return self.shown(self.get_moved(record))

    def _given(self, *, partial: bool) -> tuple[dict[str, Any], dict[str, Any]]:
        serializer = self.get_serializer(data=self.request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        kind = records.kind_of(self.model)
        values = dict(serializer.validated_data)
        return values, {name: values.pop(name) for name in kind.lists if name in values}

    def get_record(self) -> Any:
        return self.get_object()

    def get_moved(self, record: Any) -> Any:
        return self.full(self.model._default_manager.filter(pk=record.pk)).get()  # type: ignore[attr-defined]

    def perform(self, record: Any, verb: str, **how: Any) -> Any:
        return records.perform(record, verb, **how)
