"""Pages of records that are not tickets, from one declaration each: list, page, form and steps.

A stage subclasses ``RecordPages``, names model, form and columns, and puts ``urls()`` into its addresses.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from itsm.audit.models import Entry
from itsm.audit.services import type_of
from itsm.desk.reports import services
from itsm.desk.reports.audit_log import in_words
from itsm.lib.errors import Denied
from itsm.lib.sources import Source
from itsm.search import registry
from itsm.search.registry import Hit
from itsm.ui import components, keyset, nav, panels
from itsm.ui import pages as ui
from itsm.ui.forms import attempt, status
from itsm.ui.reference import Column
from itsm.workflow import inputs, records, steps
from itsm.workflow.record import Record

PAGE = 50
HISTORY = 20
#: Rows of one part that a page shows.
MOST_PARTS = 200
MOST_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Filter:
    """A choice above a list. ``choices()`` gives pairs; the parameter has the name of the column."""

    name: str
    label: Any
    choices: Callable[[], Iterable[tuple[Any, Any]]]
    column: str = ""


def state_column() -> Column:
    """The state with its glyph."""

    def cell(record: Any) -> Any:
        return components.state(getattr(record, f"get_{record.state_field}_display")(), record.state, record.phase)

    return Column("state", _("State"), cell=cell)


def service_filter(column: str = "service") -> Filter:
    """By service, for records that only the desk reads."""
    return Filter("service", _("Service"), services.names, column)


def person_column(name: str, label: Any) -> Column:
    return Column(name, label, cell=lambda record: components.person(getattr(record, name)))


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that belong to a record and are written on its page, such as key results of a goal.

    ``parent`` is the foreign key to the record; ``name`` is the address, ``label`` what one is called. With
    ``columns`` the page shows them under ``title``; ``empty`` stands there while there are none.
    """

    name: str
    label: Any
    form: type[forms.ModelForm[Any]]
    parent: str
    title: Any = ""
    columns: Sequence[Column] = ()
    empty: Any = ""
    related: Sequence[str] = ()
    prefetched: Sequence[str] = ()

    @property
    def model(self) -> Any:
        return self.form._meta.model

    def rows(self, record: Record) -> QuerySet[Any]:
        found = self.model._default_manager.filter(**{self.parent: record})
        found = found.prefetch_related(*self.prefetched) if self.prefetched else found
        return found.select_related(*self.related) if self.related else found


class RecordPages:
    """Pages of one kind of record. Whoever may not read gets 404, who may not write 403."""

    model: ClassVar[type[Record]]
    form: ClassVar[type[forms.ModelForm[Any]]]
    #: Address below the stage's own, such as ``risks``.
    base: ClassVar[str]
    columns: ClassVar[Sequence[Column]]
    filters: ClassVar[Sequence[Filter]] = ()
    order: ClassVar[Sequence[str]] = ("-updated_at", "-id")
    search_fields: ClassVar[Sequence[str]] = ("title",)
    related: ClassVar[Sequence[str]] = ()
    #: What stands in the body of the page, and the groups beside it; both get the record as ``record``.
    body: ClassVar[str] = "desk/records/_body.html"
    #: Pairs of heading and field whose text (Markdown) stands in the body; without a heading it is the first.
    texts: ClassVar[Sequence[tuple[Any, str]]] = (("", "description"),)
    intro: ClassVar[Any] = ""
    empty_text: ClassVar[Any] = ""
    #: Label and URL name of a page beside the list, such as a map.
    beside: ClassVar[Sequence[tuple[Any, str, str]]] = ()
    parts: ClassVar[Sequence[Part]] = ()

    # ---------- what a stage says ----------

    def may_read(self, user: Any) -> bool:
        """Whether these pages exist for the person."""
        return bool(user.is_desk)

    def facts(self, request: HttpRequest, record: Any) -> Iterable[tuple[Any, Any]]:
        """Pairs of label and safe value for the panel."""
        return ()

    def context(self, request: HttpRequest, record: Any) -> dict[str, Any]:
        """More for the body's template."""
        return {}

    def linked(self, request: HttpRequest, record: Any) -> Iterable[tuple[Any, Iterable[Any]]]:
        """Pairs of heading and other records, linked below the texts."""
        return ()

    def start(self, request: HttpRequest) -> dict[str, Any]:
        """First values of a new record."""
        return {name: request.GET[name] for name in self.form.base_fields if name in request.GET}

    # ---------- addresses ----------

    @classmethod
    def urls(cls) -> list[URLPattern]:
        pages = cls()
        name = cls.model.kind_code.replace("_", "-")
        plural = f"{name}-list"
        return [
            path(f"{cls.base}/", require_GET(pages.index), name=plural),
            path(f"{cls.base}/new/", pages.create, name=f"{name}-new"),
            path(f"{cls.base}/<str:number>/", require_GET(pages.detail), name=name),
            path(f"{cls.base}/<str:number>/edit/", pages.edit, name=f"{name}-edit"),
            *(
                path(
                    f"{cls.base}/<str:number>/{part.name}/{address}",
                    pages.part,
                    {"part": part},
                    name=f"{name}-{part.name}{more}",
                )
                for part in cls.parts
                for address, more in (("new/", "-new"), ("<int:pk>/", ""))
            ),
            path(f"{cls.base}/<str:number>/<slug:verb>/", pages.step, name=f"{name}-step"),
        ]

    @classmethod
    def address(cls, page: str = "", *args: Any) -> str:
        name = cls.model.kind_code.replace("_", "-")
        return reverse(f"{cls.model._meta.app_label}:{name}{page}", args=args)

    # ---------- rows ----------

    @property
    def kind(self) -> records.RecordKind:
        return records.kind_of(self.model)

    def rows(self, request: HttpRequest) -> QuerySet[Any]:
        if not self.may_read(request.user):
            raise Http404
        visible = self.model._default_manager.visible_to(request.user)  # type: ignore[attr-defined]
        return visible.select_related(*self.related) if self.related else visible

    def one(self, request: HttpRequest, number: str) -> Any:
        record = records.by_number(self.rows(request), number).first()
        if record is None:
            raise Http404
        return record

    # ---------- pages ----------

    def index(self, request: HttpRequest) -> HttpResponse:
        query = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:100]
        rows, chosen = self._narrowed(request, self.rows(request), query)
        page = keyset.paginate(rows, self.order, request.GET.get("cursor", ""), PAGE)
        page.count = keyset.capped_count(rows)
        return ui.page(
            request, "desk/records/list.html", title=capfirst(str(self.kind.plural)), kind=self.kind, page=page,
            columns=self.columns, intro=self.intro, query=query, filters=chosen, empty_text=self.empty_text,
            filtered=bool(query) or any(one["value"] for one in chosen), beside=self._beside(request.user),
            rows=[(one.get_absolute_url(), [(c, c.show(one)) for c in self.columns]) for one in page],
            create_url=self.address("-new") if self.kind.may_create(request.user) else "",
        )  # fmt: skip

    def _beside(self, user: Any) -> list[tuple[Any, str, str]]:
        return [(label, reverse(name), icon) for label, name, icon in self.beside]

    def _narrowed(
        self, request: HttpRequest, rows: QuerySet[Any], query: str
    ) -> tuple[QuerySet[Any], list[dict[str, Any]]]:
        for word in query.split()[:10]:
            condition = Q()
            for name in self.search_fields:
                condition |= Q(**{f"{name}__icontains": word})
            rows = rows.filter(condition | Q(pk__in=records.by_number(self.model._default_manager.all(), word)))
        chosen = []
        for one in self.filters:
            choices = [(str(value), label) for value, label in one.choices()]
            value = request.GET.get(one.name, "")
            if value in dict(choices):
                rows = rows.filter(**{one.column or one.name: value})
            else:
                value = ""
            chosen.append({"name": one.name, "label": one.label, "choices": choices, "value": value})
        return rows, chosen

    def detail(self, request: HttpRequest, number: str) -> HttpResponse:
        record = self.one(request, number)
        kind = self.kind
        written = bool(kind.may_edit(record, request.user))
        entries = Entry.objects.filter(object_type=type_of(record), object_id=record.pk).select_related("actor")
        offered = steps.offers(record, request.user)
        return ui.page(
            request, "desk/records/detail.html", title=f"{record.number} {record}", record=record, kind=kind,
            list_url=self.address("-list"), body=self.body,
            state_label=getattr(record, f"get_{record.state_field}_display")(),
            steps=[(step, verdict, self.address("-step", record.number, step.verb)) for step, verdict in offered],
            blockers=list(dict.fromkeys(reason for _step, verdict in offered for reason in verdict.reasons)),
            edit_url=self.address("-edit", record.number) if written else "",
            facts=[(label, value) for label, value in self.facts(request, record) if value not in (None, "")],
            history=in_words(list(entries.order_by("-id")[:HISTORY]), request.user),
            texts=[(label, getattr(record, name)) for label, name in self.texts if getattr(record, name, "")],
            part_tables=[self._part_table(record, part, written) for part in self.parts if part.columns],
            linked=[(label, found) for label, rows in self.linked(request, record) if (found := list(rows))],
            rounds=list(records.rounds_of(record)[:MOST_ROUNDS]) if kind.on_round else [],
            **self.context(request, record),
        )  # fmt: skip

    def _part_table(self, record: Record, part: Part, written: bool) -> dict[str, Any]:
        name = f"-{part.name}"
        return {
            "name": part.name, "title": part.title, "label": part.label, "columns": part.columns, "empty": part.empty,
            "rows": [
                (
                    self.address(name, record.number, row.pk) if written else "",
                    [(column, column.show(row)) for column in part.columns],
                )
                for row in part.rows(record)[:MOST_PARTS]
            ],
            "new_url": self.address(f"{name}-new", record.number) if written else "",
        }  # fmt: skip

    def create(self, request: HttpRequest) -> HttpResponse:
        self.rows(request)
        self._require(self.kind.may_create(request.user))
        form = self._filled(request, initial=self.start(request))
        if request.method == "POST":
            made = attempt(form, lambda **sent: records.create(
                self.model, actor=request.user, source=Source.WEB, **self._split(sent)
            ))  # fmt: skip
            if made is not None:
                return ui.see(request, made, _("%(number)s is kept.") % {"number": made.number})
        return ui.page(
            request, "desk/records/form.html", form=form, kind=self.kind, list_url=self.address("-list"),
            title=_("New: %(kind)s") % {"kind": self.kind.label}, cancel_url=self.address("-list"), submit=_("Create"),
        )  # fmt: skip

    def edit(self, request: HttpRequest, number: str) -> HttpResponse:
        record = self.one(request, number)
        self._require(self.kind.may_edit(record, request.user))
        # A copy: a model form writes what was sent into its instance, also when it does not fit.
        form = self._filled(request, instance=copy.copy(record))
        if request.method == "POST":
            made = attempt(form, lambda **sent: records.edit(
                record, actor=request.user, source=Source.WEB, version=_version(request), **self._split(sent)
            ))  # fmt: skip
            if made is not None:
                return ui.see(request, made, _("Saved."))
            if getattr(form, "conflict", None):
                form.add_error(None, _("Somebody changed this meanwhile. Save again to keep what stands here."))
        return ui.page(
            request, "desk/records/form.html", form=form, kind=self.kind, record=record, submit=_("Save"),
            title=_("Edit %(number)s") % {"number": record.number}, list_url=self.address("-list"),
            cancel_url=record.get_absolute_url(), kept=[("version", record.version)], status=status(form),
        )  # fmt: skip

    def step(self, request: HttpRequest, number: str, verb: str) -> HttpResponse:
        record = self.one(request, number)
        found = steps.find(record, verb) or steps.describe(self.model, verb)
        if found is None or not found.offered:
            raise Http404
        form = inputs.form_class(found.inputs)(request.POST if request.method == "POST" else None)
        if request.method == "POST":
            # The door reads the input itself: it is the same for pages, API and imports.
            given = {name: request.POST[name] for name in form.fields if name in request.POST}
            moved = attempt(form, lambda **_checked: records.perform(
                record, verb, actor=request.user, source=Source.WEB, data=given, version=_version(request)
            ))  # fmt: skip
            if moved is not None:
                nav.forget_counts(request.user)
                words = {"number": moved.number, "state": getattr(moved, f"get_{moved.state_field}_display")()}
                return ui.see(request, moved, _("%(number)s: %(state)s.") % words)
            if getattr(form, "conflict", None):
                form.add_error(None, _("Somebody changed this meanwhile. Look at it again first."))
        return ui.page(
            request, "desk/records/step.html", form=form, record=record, step=found, title=found.label, kind=self.kind,
            list_url=self.address("-list"), status=status(form),
        )  # fmt: skip

    def part(self, request: HttpRequest, number: str, part: Part, pk: int | None = None) -> HttpResponse:
        """Add, change or remove a row that belongs to the record."""
        record = self.one(request, number)
        self._require(self.kind.may_edit(record, request.user))
        rows = part.model._default_manager.filter(**{part.parent: record})
        row = get_object_or_404(rows, pk=pk) if pk else part.model(**{part.parent: record})
        how: dict[str, Any] = {"actor": request.user, "source": Source.WEB, "name": str(part.label)}
        if request.method == "POST" and pk and "remove" in request.POST:
            records.drop_part(record, row, **how)
            return ui.see(request, record, _("Removed."))
        form = part.form(request.POST or None, request.FILES or None, instance=copy.copy(row))
        if request.method == "POST":
            done = attempt(form, lambda **values: records.put_part(record, row, values, **how))
            if done is not None:
                return ui.see(request, record, _("Saved."))
        return ui.page(
            request, "desk/records/part.html", form=form, kind=self.kind, record=record, row=row, label=part.label,
            title=str(row) if pk else _("New: %(kind)s") % {"kind": part.label}, list_url=self.address("-list"),
            cancel_url=record.get_absolute_url(), submit=_("Save"),
        )  # fmt: skip

    # ---------- shared ----------

    def _filled(self, request: HttpRequest, **first: Any) -> Any:
        """The form. The door checks what concerns the whole record, and names the field."""
        form: Any = self.form(request.POST or None, request.FILES or None, **first)
        form.validate_unique = lambda: None
        form.instance.validate_constraints = lambda exclude=None: None
        return form

    @staticmethod
    def _require(verdict: Any) -> None:
        if not verdict:
            raise Denied(verdict.reason)

    def _split(self, sent: dict[str, Any]) -> dict[str, Any]:
        """What the form holds as keywords of the door: the editable fields, and the lists."""
        kind = self.kind
        values = {name: value for name, value in sent.items() if name in kind.editable}
        return {**values, "lists": {name: value for name, value in sent.items() if name in kind.lists}}


def _version(request: HttpRequest) -> int | None:
    sent = request.POST.get("version", "")
    return int(sent) if sent.isdigit() and len(sent) < 10 else None


def register_search(pages: type[RecordPages], *, order: int = 60) -> None:
    """Find records of this kind by number and by the words of their search fields."""
    shown = pages()

    def numbered(rows: Any, text: str) -> Any:
        return records.by_number(rows, text) if text.strip().upper().startswith(pages.model.prefix) else rows.none()

    def worded(rows: Any, text: str) -> Any:
        condition = Q()
        for word in text.split()[:10]:
            inner = Q()
            for name in pages.search_fields:
                inner |= Q(**{f"{name}__icontains": word})
            condition &= inner
        return rows.filter(condition) if condition else rows.none()

    def rows_of(user: Any, text: str) -> Any:
        if not shown.may_read(user):
            return None
        rows = pages.model._default_manager.visible_to(user)  # type: ignore[attr-defined]
        return numbered(rows, text) | worded(rows, text)

    def find(user: Any, text: str, limit: int) -> Iterable[Hit]:
        if not shown.may_read(user):
            return
        kind = records.kind_of(pages.model)
        rows = pages.model._default_manager.visible_to(user)  # type: ignore[attr-defined]
        for record in numbered(rows, text):
            yield Hit(record.get_absolute_url(), str(record), record.number, str(kind.label), kind.icon, exact=True,
                      index=kind.code)  # fmt: skip
        for record in worded(rows, text).order_by("-updated_at", "-id")[:limit]:
            yield Hit(
                record.get_absolute_url(), str(record), record.number, str(kind.label), kind.icon, index=kind.code
            )

    kind = records.kind_of(pages.model)
    registry.register(kind.code, kind.plural, find, icon=kind.icon, desk=True, order=order, rows=rows_of)


def register(pages: type[RecordPages], *, group: str, order: int = 100, key: str = "", roles: Iterable[str] = (),
             count: Any = None, tone: str = "", tip: Any = "") -> None:  # fmt: skip
    """Navigation, create menu and search of a kind, in one go."""
    kind = records.kind_of(pages.model)
    app, name = pages.model._meta.app_label, pages.model.kind_code.replace("_", "-")
    nav.register(group, capfirst(str(kind.plural)), f"{app}:{name}-list", kind.icon, roles=roles, order=order,
                 count=count, tone=tone, tip=tip)  # fmt: skip
    if key:
        panels.register_create(
            kind.code, capfirst(str(kind.label)), f"{app}:{name}-new", icon=kind.icon, key=key, order=order,
            allowed=lambda user: pages().may_read(user) and bool(kind.may_create(user)),
        )  # fmt: skip
    register_search(pages, order=order)
