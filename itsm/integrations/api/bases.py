"""What every collection of the API has in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import ProtectedError, Q, QuerySet, RestrictedError
from django.http import Http404
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from itsm.accounts.roles import Role
from itsm.api import conditional, fields
from itsm.api.exceptions import BadQuery
from itsm.api.pagination import Orderings
from itsm.audit import services as audit
from itsm.integrations.api import idempotency
from itsm.lib.decisions import ALLOW, Decision, deny
from itsm.lib.errors import Denied, Invalid, Refused
from itsm.ui.reference import uses

LIST_PARAMETERS = {"cursor", "page_size", "ordering", "q"}


class View(GenericViewSet):
    """Parameters checked, conditions answered, POST repeatable."""

    http_method_names = ["get", "post", "patch", "delete", "head"]
    orderings: ClassVar[Orderings] = {"id": ("id",)}
    default_ordering: ClassVar[str] = "id"
    scope: ClassVar[str] = ""
    write_scope: ClassVar[str] = ""
    #: Scope by action, where it differs.
    scopes: ClassVar[dict[str, str]] = {}
    #: Actions whose answer is a list of rows, with the parameters of lists.
    lists: ClassVar[Iterable[str]] = ("list",)
    #: Parameters of single actions.
    extra_parameters: ClassVar[dict[str, set[str]]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self._refuse_unknown_parameters(request)
        if request.method == "POST" and hasattr(self, "post"):
            self.post = partial(idempotency.once, handler=self.post)  # type: ignore[attr-defined]

    def _refuse_unknown_parameters(self, request: Request) -> None:
        """A filter that is misspelt must not give everything."""
        known = {"fields"} | self.extra_parameters.get(self.action or "", set())
        if self.action in self.lists:
            known |= LIST_PARAMETERS
        if self.action == "list" and getattr(self, "filterset_class", None):
            known |= set(self.filterset_class.base_filters)
        for name, value in request.query_params.items():
            if name not in known and not name.startswith("_"):
                raise BadQuery(name[:60], _("There is no such parameter; there are: %(known)s.") % {
                    "known": ", ".join(sorted(known)),
                })  # fmt: skip
            if "\x00" in value or len(value) > 2_000:
                raise BadQuery(name[:60], _("This value cannot be used."))

    def finalize_response(self, request: Any, response: Response, *args: Any, **kwargs: Any) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)
        final.headers.setdefault("Cache-Control", "private, no-cache")
        patch_vary_headers(final, ["Authorization"])
        if request.method in ("GET", "HEAD") and hasattr(final, "add_post_render_callback"):
            final.add_post_render_callback(partial(conditional.finish, request))
        return final

    # Answers

    def page(self, queryset: QuerySet[Any]) -> Response:
        """A page of ``queryset``, as its rows are shown."""
        rows = self.paginate_queryset(queryset)
        return self.get_paginated_response(fields.select(self.rows(rows), fields.wanted(self.request)))

    def rows(self, found: Sequence[Any]) -> Any:
        """What is shown of each record of a page."""
        return self.get_serializer(found, many=True).data

    def shown(self, record: Any, *, status: int = 200, location: str = "") -> Response:
        """One record with its tag."""
        data = self.represent(record)
        headers = {"ETag": conditional.tag_of(record, data)}
        if location:
            headers["Location"] = location
        return Response(fields.select(data, fields.wanted(self.request)), status=status, headers=headers)

    def represent(self, record: Any) -> Any:
        return self.get_serializer(record).data


class Reading(View):
    """A collection that is read: list and detail."""

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.page(self.filter_queryset(self.search(self.get_queryset())))

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    #: Columns that ``?q=`` looks into.
    search_fields: ClassVar[Sequence[str]] = ("name",)

    def search(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """``?q=``: every word occurs in one of the columns."""
        for word in self.request.query_params.get("q", "").split()[:10]:
            condition = Q()
            for name in self.search_fields:
                condition |= Q(**{f"{name}__icontains": word})
            rows = rows.filter(condition)
        return rows

    def get_object(self) -> Any:
        """The record by its id, or by its own name where ``lookup_names`` has columns for it."""
        value = self.kwargs[self.lookup_url_kwarg or self.lookup_field]
        rows = self.get_queryset()
        if value.isascii() and value.isdigit():
            found = rows.filter(pk=int(value)).first() if int(value) < 2**63 else None
        else:
            found = None
            for name in self.lookup_names:
                found = found or rows.filter(**{f"{name}__iexact": value}).first()
        if found is None:
            raise Http404
        return found

    lookup_names: ClassVar[Sequence[str]] = ()
    lookup_value_regex = "[^/]+"


class Reference(Reading):
    """A collection of reference data: written by the roles named, every write audited."""

    #: Who may write. Everybody else is refused with 403.
    writers: ClassVar[Iterable[str]] = (Role.ADMINISTRATOR,)
    write_scope = "admin"
    #: Fields that lead from a row to its parent: no row may become its own ancestor.
    parent_fields: ClassVar[Sequence[str]] = ()

    def may_write(self, record: Any | None) -> Decision:
        """Whether the caller may create (None), change or delete."""
        if self.request.user.holds(*self.writers):
            return ALLOW
        names = ", ".join(str(Role(role).label) for role in self.writers)
        return deny(_("Only these roles change this: %(roles)s.") % {"roles": names})

    def _require(self, record: Any | None) -> None:
        verdict = self.may_write(record)
        if not verdict:
            raise Denied(verdict.reason)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self._require(None)
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():
            record = self.store(None, serializer.validated_data)
        record = self.get_queryset().filter(pk=record.pk).first() or record
        return self.shown(record, status=201, location=f"{request.build_absolute_uri(request.path)}{record.pk}/")

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        record = self.get_object()
        self._require(record)
        with transaction.atomic():
            self._lock(record)
            record = self.get_object()
            conditional.check(request, conditional.tag_of(record, self.represent(record)))
            serializer = self.get_serializer(record, data=request.data, partial=True)
            serializer.is_valid(raise_exception=True)
            # Anew, because what was shown for the tag may be cached on the instance.
            stored = self.store(self.get_object(), serializer.validated_data)
        return self.shown(self.get_queryset().filter(pk=stored.pk).first() or stored)

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        record = self.get_object()
        self._require(record)
        held, _lost = uses(record, request.user)
        if held:
            raise Refused(
                _("This is still in use."), reasons=[f"{use.count} {use.label}" for use in held], code="in_use"
            )
        try:
            with transaction.atomic():
                self._lock(record)
                conditional.check(request, conditional.tag_of(record, self.represent(record)))
                self.remove(record)
        except (ProtectedError, RestrictedError) as error:
            # Used since, or something deleted along with it is in use.
            raise Refused(_("This is still in use."), code="in_use") from error
        return Response(status=204)

    def _lock(self, record: Any) -> None:
        # In the order of the key: the model's own may join tables whose rows cannot be locked along.
        type(record)._base_manager.select_for_update().filter(pk=record.pk).order_by("pk").values_list("pk").first()

    def store(self, record: Any | None, data: dict[str, Any]) -> Any:
        """Write a new or changed row with its audit entry; inside a transaction."""
        values = dict(data)
        lists = {f.name: values.pop(f.name) for f in self.model._meta.many_to_many if f.name in values}
        related = {name: values.pop(name) for name in self.related_fields if name in values}
        fresh = record is None
        record = self.model() if fresh else record
        before = {} if fresh else {**audit.snapshot(record), **self.lists_of(record)}
        for name, value in values.items():
            setattr(record, name, value)
        self.prepare(record, values)
        self._refuse_circle(record)
        record.full_clean()
        record.save()
        for name, chosen in lists.items():
            getattr(record, name).set(chosen)
        for name, value in related.items():
            getattr(self, f"store_{name}")(record, value)
        self.note(record, None if fresh else before)
        self.stored(record)
        return record

    def note(self, record: Any, before: dict[str, Any] | None) -> None:
        """Record a write; ``before`` are the values it had, None for a new row."""
        changes = audit.diff(before or {}, {**audit.snapshot(record), **self.lists_of(record)})
        if before is None or changes:
            action = "created" if before is None else "changed"
            audit.record(record, action, actor=self.request.user, source="api", changes=changes)

    @property
    def model(self) -> Any:
        return self.queryset.model

    #: Written by ``store_<name>(record, value)``: rows that hang on this one.
    related_fields: ClassVar[Sequence[str]] = ()

    def lists_of(self, record: Any) -> dict[str, Any]:
        """Values besides the row's own columns that audit compares."""
        names = [f.name for f in record._meta.many_to_many if f.remote_field.through._meta.auto_created]
        return {name: sorted(getattr(record, name).values_list("pk", flat=True)) for name in names}

    def prepare(self, record: Any, values: dict[str, Any]) -> None:
        """Set what follows from other values, before the row is checked."""

    def stored(self, record: Any) -> None:
        """What else a write brings about."""

    def remove(self, record: Any) -> None:
        """Delete a row with its audit entry; inside a transaction."""
        changes = {name: [value, None] for name, value in audit.snapshot(record).items()}
        audit.record(record, "deleted", actor=self.request.user, source="api", changes=changes)
        record.delete()

    def _refuse_circle(self, record: Any) -> None:
        for name in self.parent_fields:
            seen, parent = {record.pk}, getattr(record, name)
            while parent is not None:
                if parent.pk in seen and record.pk:
                    raise Invalid({name: _("That would make a circle.")})
                seen.add(parent.pk)
                parent = getattr(parent, name)


class DeskOnly(View):
    """A collection that only the desk reads."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not request.user.is_desk:
            raise Denied(_("Only the desk reads this."))
