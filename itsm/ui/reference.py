"""Three generic pages for reference data: list, form, delete. Calendars, categories, suppliers need no more.

A subclass names model, columns, fields and roles. Who changed what is recorded by the hooks the subclass
fills: ``on_saved(obj, before, actor)`` and ``on_deleted(obj, before, actor)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.db import models, transaction
from django.db.models import ProtectedError, Q, QuerySet, RestrictedError
from django.forms import modelform_factory
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views import View

from itsm.lib.errors import Denied
from itsm.ui import htmx, keyset, times, toasts
from itsm.ui.keyset import capped_count

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a reference list. ``cell(obj)`` draws it; without one the attribute ``name`` is shown."""

    name: str
    label: Any
    cell: Callable[[Any], Any] | None = None
    right: bool = False
    opt: bool = False

    def show(self, obj: Any) -> Any:
        if self.cell is not None:
            return self.cell(obj)
        shown = getattr(obj, f"get_{self.name}_display", None)
        value = shown() if shown else getattr(obj, self.name)
        if value is None or value == "":
            return "–"
        if isinstance(value, bool):
            return _("Yes") if value else _("No")
        return times.number(value) if isinstance(value, int | float) else value


def values_of(obj: models.Model) -> Values:
    """The stored fields of a row, for "before" and "after"."""
    return {f.attname: getattr(obj, f.attname) for f in obj._meta.concrete_fields}


class Reference(View):
    """What the three pages share: the model, who may come here, and the addresses of the siblings."""

    model: ClassVar[type[models.Model]]
    #: Who may open the page. Empty: every member of staff.
    roles: ClassVar[Iterable[str]] = ("administrator",)
    list_url: ClassVar[str] = ""
    create_url: ClassVar[str] = ""
    edit_url: ClassVar[str] = ""
    delete_url: ClassVar[str] = ""
    title: ClassVar[Any] = ""
    intro: ClassVar[Any] = ""
    #: Label and URL name of the page above, for the breadcrumb.
    parent: ClassVar[tuple[Any, str] | None] = None
    base: ClassVar[str] = "base.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user: Any = request.user
        allowed = user.holds(*self.roles) if self.roles else user.is_desk
        if not allowed:
            raise Denied(_("Your roles do not include these settings."))
        return super().dispatch(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Any]:
        return self.model._default_manager.all()

    def get_object(self) -> models.Model:
        return get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])

    def url_of(self, name: str, obj: models.Model | None = None) -> str:
        return reverse(name, kwargs={"pk": obj.pk} if obj is not None else None) if name else ""

    def frame(self, **more: Any) -> Values:
        names = self.model._meta
        return {
            "base": self.base,
            "singular": names.verbose_name,
            "plural": names.verbose_name_plural,
            "list_url": self.url_of(self.list_url),
            "list_title": self.title or capfirst(names.verbose_name_plural),
            "parent": self.parent and (self.parent[0], reverse(self.parent[1])),
            **more,
        }


class ListPage(Reference):
    """A searchable list with keyset paging: ``columns``, ``search_fields``, ``order`` (NULL-free, last unique)."""

    template = "ui/reference_list.html"
    part = "ui/_reference_rows.html"
    columns: ClassVar[Sequence[Column]] = ()
    search_fields: ClassVar[Sequence[str]] = ()
    order: ClassVar[Sequence[str]] = ("pk",)
    page_size = 50
    empty_title: ClassVar[Any] = ""
    empty_text: ClassVar[Any] = ""
    icon = "layers"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        query = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:100]
        rows = self.search(self.get_queryset(), query)
        page = keyset.paginate(rows, self.order, request.GET.get("cursor", ""), self.page_size)
        page.count = capped_count(rows)
        columns = self.columns or (Column("__str__", capfirst(self.model._meta.verbose_name), cell=str),)
        context = self.frame(
            title=self.title or capfirst(self.model._meta.verbose_name_plural),
            intro=self.intro,
            columns=columns,
            rows=[(self.url_of(self.edit_url, obj), [(c, c.show(obj)) for c in columns]) for obj in page],
            page=page,
            query=query,
            searchable=bool(self.search_fields),
            create_url=self.url_of(self.create_url),
            empty_title=self.empty_title or _("Nothing here yet"),
            empty_text=self.empty_text,
            icon=self.icon,
        )
        template = self.part if htmx.is_htmx(request) and htmx.target(request) == "rows" else self.template
        return htmx.vary(render(request, template, context))

    def search(self, rows: QuerySet[Any], query: str) -> QuerySet[Any]:
        """Every word has to occur in one of the fields."""
        for word in query.split() if self.search_fields else ():
            condition = Q()
            for name in self.search_fields:
                condition |= Q(**{f"{name}__icontains": word})
            rows = rows.filter(condition)
        return rows


class FormPage(Reference):
    """Create and edit: ``fields`` or ``form_class``. With ``pk`` in the address it edits."""

    template = "ui/reference_form.html"
    part = "ui/_form.html"
    form_class: ClassVar[type[forms.ModelForm[Any]] | None] = None
    fields: ClassVar[Sequence[str]] = ()

    def get_form_class(self) -> type[forms.ModelForm[Any]]:
        return self.form_class or modelform_factory(self.model, fields=list(self.fields))

    def get_instance(self) -> models.Model | None:
        return self.get_object() if "pk" in self.kwargs else None

    def form_kwargs(self) -> Values:
        return {}

    def on_saved(self, obj: models.Model, before: Values | None, actor: Any) -> None:
        """Record the change; ``before`` is None for a new row. Runs in the transaction of the save."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        instance = self.get_instance()
        return self.show(request, self.get_form_class()(instance=instance, **self.form_kwargs()), instance)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        instance = self.get_instance()
        before = values_of(instance) if instance is not None else None
        form = self.get_form_class()(request.POST, request.FILES, instance=instance, **self.form_kwargs())
        if not form.is_valid():
            return self.show(request, form, instance)
        with transaction.atomic():
            obj = form.save()
            self.on_saved(obj, before, request.user)
        done = _("%(name)s saved") if before else _("%(name)s added")
        toasts.say(request, done % {"name": obj})
        return htmx.redirect(request, self.success_url(obj))

    def success_url(self, obj: models.Model) -> str:
        return self.url_of(self.list_url)

    def show(self, request: HttpRequest, form: Any, instance: models.Model | None) -> HttpResponse:
        # The form may have changed the instance; the heading names the row as it is stored.
        name = self.model._meta.verbose_name
        context = self.frame(
            title=_("Edit %(kind)s") % {"kind": name} if instance else _("New %(kind)s") % {"kind": name},
            form=form,
            object=instance,
            intro=self.intro,
            delete_url=self.url_of(self.delete_url, instance) if instance else "",
            submit=_("Save") if instance else _("Add %(kind)s") % {"kind": name},
            cancel_url=self.url_of(self.list_url),
        )
        template = self.part if htmx.is_htmx(request) else self.template
        return htmx.vary(render(request, template, context, status=422 if form.errors else 200))


@dataclass(frozen=True, slots=True)
class Use:
    """How many rows of another kind hang on this one."""

    count: keyset.Count
    label: str


def uses(obj: models.Model, user: Any) -> tuple[list[Use], list[Use]]:
    """What forbids to delete ``obj``, and what would be deleted with it, as far as the user may see it.

    Counts are capped: a service may have a million tickets. What the user may not see still protects the row in the
    database, which then refuses without a number.
    """
    held, lost = [], []
    for relation in obj._meta.related_objects:
        rule = getattr(relation, "on_delete", None)
        protects, cascades = rule in (models.PROTECT, models.RESTRICT), rule is models.CASCADE
        if not (protects or cascades) or getattr(relation, "parent_link", False):
            continue
        related = relation.related_model
        count = capped_count(_seen(related, user).filter(**{relation.field.name: obj}))
        if count:
            label = related._meta.verbose_name if count.value == 1 else related._meta.verbose_name_plural
            (held if protects else lost).append(Use(count, str(label)))
    return held, lost


def _seen(model: Any, user: Any) -> QuerySet[Any]:
    """The rows that the user may see; a part, such as the clock of a ticket, is seen by whoever sees the whole."""
    rows = model._default_manager.all()
    if hasattr(rows, "visible_to"):
        return rows.visible_to(user)
    rows = model._base_manager.all()
    for one in model._meta.concrete_fields:
        if one.remote_field is None or one.remote_field.on_delete is not models.CASCADE:
            continue
        wholes = one.related_model._default_manager.all()
        if hasattr(wholes, "visible_to"):
            rows = rows.filter(Q(**{one.name: None}) | Q(**{f"{one.name}__in": wholes.visible_to(user)}))
    return rows


class DeletePage(Reference):
    """Ask, then delete; a row in use says by what, and offers to switch it off where the model can."""

    template = "ui/reference_delete.html"

    def uses(self, obj: models.Model) -> tuple[list[Use], list[Use]]:
        """What forbids to delete it, and what goes with it; a page may know better than the relations."""
        return uses(obj, self.request.user)

    def on_deleted(self, obj: models.Model, before: Values, actor: Any) -> None:
        """Record the deletion. Runs in its transaction; ``obj.pk`` is None by then, ``before`` has it."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(request, self.get_object())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        obj = self.get_object()
        held, _lost = self.uses(obj)
        if held:
            return self.show(request, obj, status=409)
        before, name = values_of(obj), str(obj)
        try:
            with transaction.atomic():
                obj.delete()
                self.on_deleted(obj, before, request.user)
        except (ProtectedError, RestrictedError):
            # Somebody used it meanwhile, or something deleted along with it is in use.
            return self.show(request, self.get_object(), status=409, in_use=True)
        toasts.say(request, _("%(name)s deleted") % {"name": name}, tone="grey")
        return htmx.redirect(request, self.url_of(self.list_url))

    def show(self, request: HttpRequest, obj: models.Model, status: int = 200, *, in_use: bool = False) -> HttpResponse:
        held, lost = self.uses(obj)
        context = self.frame(
            title=_("Delete %(name)s") % {"name": obj},
            object=obj,
            held=held,
            lost=lost,
            blocked=bool(held) or in_use,
            can_switch_off=getattr(obj, "is_active", None) is True,
            edit_url=self.url_of(self.edit_url, obj),
        )
        return htmx.vary(render(request, self.template, context, status=status))
