"""What all settings pages share: the audit entry of every write, the refusal of a stale form, one declaration per kind.

``Pages`` declares list, form and delete page of one model. The form carries a stamp of the values it was drawn from;
when somebody else saved meanwhile it is refused once, with both values, and what was typed is kept.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db import IntegrityError, models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.roles import Role
from itsm.audit import services as audit
from itsm.audit.models import Entry
from itsm.lib.errors import Denied
from itsm.lib.sources import Source
from itsm.ui import htmx, panels, toasts
from itsm.ui.reference import Column, DeletePage, FormPage, ListPage, Values, values_of

SETTINGS = (gettext_lazy("Settings"), "desk:settings")
ADMINISTRATORS = (Role.ADMINISTRATOR,)
#: Who describes services, what they need and what is offered of them, here and in the REST API.
CATALOGUE_MANAGERS = (Role.ADMINISTRATOR, Role.PORTFOLIO_MANAGER, Role.SERVICE_LEVEL_MANAGER)
LEVEL_MANAGERS = (Role.ADMINISTRATOR, Role.SERVICE_LEVEL_MANAGER)

PEOPLE, SERVICES, TICKETS = gettext_lazy("People"), gettext_lazy("Services"), gettext_lazy("Tickets")
LEVELS, SYSTEM = gettext_lazy("Service levels"), gettext_lazy("System")
HOUSE = gettext_lazy("Organisation")


def require(user: Any, *roles: str) -> None:
    """Refuse whoever holds none of the roles."""
    if not user.holds(*roles):
        raise Denied(_("Your roles do not include these settings."))


# ---------- what a form says, and whether it still holds ----------


def stamps(form: forms.BaseForm) -> dict[str, int]:
    """A short fingerprint of every value an unbound form shows."""
    found = {}
    for name in form.fields:
        value = audit.plain(form[name].initial)
        if isinstance(value, list):
            value = sorted(value, key=str)
        found[name] = zlib.crc32(json.dumps(value, sort_keys=True, default=str).encode())
    return found


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field somebody else changed since the form was opened."""

    label: str
    stored: str
    yours: str


def conflicts(stored: forms.BaseForm, form: forms.BaseForm, seen: str) -> list[Conflict]:
    """The fields whose stored values are not those the person saw; none for a form without a stamp."""
    try:
        before = dict(json.loads(seen)) if seen else {}
    except (ValueError, TypeError):
        before = {}
    changed = [name for name, stamp in stamps(stored).items() if name in before and before[name] != stamp]
    return [
        Conflict(
            str(stored[name].label),
            in_words(stored.fields[name], stored[name].initial),
            in_words(stored.fields[name], _given(form, name)),
        )
        for name in changed
    ]


def _given(form: forms.BaseForm, name: str) -> Any:
    """What was entered: as it was understood, else as it was typed."""
    if name not in form.fields:
        return None
    cleaned = getattr(form, "cleaned_data", {})
    return cleaned[name] if name in cleaned else form[name].data


def in_words(control: forms.Field, value: Any) -> str:
    """A form value as a reader understands it."""
    if value is None or value == "" or value == []:
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, models.Model):
        return str(value)
    if isinstance(value, list | tuple | QuerySet):
        return ", ".join(in_words(control, each) for each in value) or "–"
    if isinstance(control, forms.ModelChoiceField):
        return str(control.queryset.filter(pk=value).first() or value)
    flat = dict(_flat(getattr(control, "choices", ())))
    return str(flat.get(str(value), value))


def _flat(choices: Iterable[Any]) -> Iterable[tuple[str, Any]]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from ((str(inner), words) for inner, words in label)
        else:
            yield str(value), label


# ---------- the pages ----------


class Settings:
    """A page of the settings: below the overview, for administrators."""

    model: Any = None
    roles: Any = ADMINISTRATORS
    parent = SETTINGS
    columns: Any = ()
    order: Any = ("pk",)
    form_class: Any = None
    #: A function that gives the rows, where ``model.objects.all()`` is not enough.
    queryset: Any = None

    def get_queryset(self) -> QuerySet[Any]:
        return self.queryset() if self.queryset else self.model._default_manager.all()

    def state_of(self, obj: models.Model) -> Values:
        """Everything the audit compares: the row, its many-to-many fields and what the form calls ``extra``."""
        state = audit.snapshot(obj)
        named = set(getattr(self.form_class, "base_fields", ()))
        for relation in obj._meta.many_to_many:
            if relation.name in named and relation.remote_field.through._meta.auto_created:
                state[relation.name] = sorted(getattr(obj, relation.name).values_list("pk", flat=True))
        extra = getattr(self.form_class, "extra_state", None)
        return state | (audit.plain(extra(obj)) if extra else {})


class SettingsList(Settings, ListPage):
    template = "desk/settings/list.html"


class SettingsForm(Settings, FormPage):
    """Create and edit with audit and the refusal of a stale form."""

    template = "desk/settings/form.html"

    def locked(self) -> models.Model | None:
        if "pk" not in self.kwargs:
            return None
        found = get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])
        # The page's own query may join or group, which cannot be locked.
        return get_object_or_404(self.model._base_manager.select_for_update(), pk=found.pk)

    def build(self, instance: models.Model | None, *data: Any) -> Any:
        return self.get_form_class()(*data, instance=instance, **self.form_kwargs())

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        instance = self.get_instance()
        return self.show(request, self.build(instance), instance)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with transaction.atomic():
                return self.save(request)
        except IntegrityError:
            # Somebody saved the same name in the same instant; the form's own check says which.
            instance = self.get_instance()
            form = self.build(instance, request.POST, request.FILES)
            if form.is_valid():
                form.add_error(None, _("Somebody else saved at the same moment. Check the values and save again."))
            return self.show(request, form, instance)

    def save(self, request: HttpRequest) -> HttpResponse:
        instance = self.locked()
        stored = self.build(instance)
        before = self.state_of(instance) if instance is not None else None
        columns = values_of(instance) if instance is not None else None
        stamp = stamps(stored) if instance is not None else {}
        form = self.build(instance, request.POST, request.FILES)
        valid = form.is_valid()
        # Drawn from a copy: the bound form has put what was typed into the row.
        found = conflicts(stored, form, request.POST.get("seen", "")) if instance is not None else []
        if self.only_looks(request):
            # Half a form is not wrong yet.
            form.errors.clear()
            found = []
        if found or not valid or self.only_looks(request):
            return self.show(request, form, self.get_instance(), stale=found, stamp=stamp)
        obj = form.save()
        self.write_audit(obj, before, columns)
        toasts.say(request, (_("%(name)s saved") if before else _("%(name)s added")) % {"name": obj})
        return htmx.redirect(request, self.success_url(obj))

    def only_looks(self, request: HttpRequest) -> bool:
        """The person asked to see the form anew, not to save it."""
        return "refresh" in request.POST

    def write_audit(self, obj: models.Model, before: Values | None, columns: Values | None) -> None:
        """Record what changed; ``columns`` are the stored columns before as they are, for whoever compares those."""
        changes = audit.diff(before or {}, self.state_of(obj))
        if before is None:
            changes = {name: pair for name, pair in changes.items() if pair[1] not in (None, "", [], {})}
        if changes:
            action = "changed" if before is not None else "created"
            audit.record(obj, action, actor=self.request.user, source=Source.WEB, changes=changes)

    def show(
        self, request: HttpRequest, form: Any, instance: models.Model | None, *,
        stale: Sequence[Conflict] = (), stamp: Mapping[str, int] | None = None,
    ) -> HttpResponse:  # fmt: skip
        name = self.model._meta.verbose_name
        if instance is not None and stamp is None:
            stamp = stamps(self.build(instance))
        context = self.frame(
            title=self.name_of(instance) if instance else _("New %(kind)s") % {"kind": name},
            form=form,
            object=instance,
            intro=self.intro,
            delete_url=self.url_of(self.delete_url, instance) if instance else "",
            submit=_("Save") if instance else _("Add %(kind)s") % {"kind": name},
            cancel_url=self.url_of(self.list_url),
            kept=[("seen", json.dumps(stamp))] if stamp else [],
            stale=stale,
            last=_last_entry(instance) if stale and instance else None,
            history_url=history_url(instance, request.user) if instance else "",
        )
        context |= self.more(form, instance)
        status = 409 if stale else 422 if form.errors else 200
        return htmx.vary(render(request, self.template, context, status=status))

    def name_of(self, instance: models.Model) -> str:
        return str(instance)

    def more(self, form: Any, instance: models.Model | None) -> Values:
        """What the page of one kind adds to the context."""
        return {}


class SettingsDelete(Settings, DeletePage):
    def on_deleted(self, obj: models.Model, before: Values, actor: Any) -> None:
        obj.pk = before[obj._meta.pk.attname]
        changes = {name: [audit.plain(value), None] for name, value in before.items() if value not in (None, "")}
        audit.record(obj, "deleted", actor=actor, source=Source.WEB, changes=changes)
        obj.pk = None


def _last_entry(instance: models.Model) -> Entry | None:
    found = Entry.objects.filter(object_type=audit.type_of(instance), object_id=instance.pk)
    return found.order_by("-id").first()


def history_url(instance: models.Model, user: Any) -> str:
    """The audit log of one record, for those who may read it."""
    if not user.holds(Role.ADMINISTRATOR, Role.AUDITOR):
        return ""
    return f"{reverse('desk:settings-audit')}?type={audit.type_of(instance)}&record={instance.pk}"


# ---------- a form about several rows ----------


def save_grid(
    request: HttpRequest, template: str, build: Callable[..., forms.Form], store: Callable[[Any], None], *,
    lock: Callable[[], Any], done: str, said: object, **context: Any,
) -> HttpResponse:  # fmt: skip
    """Show and save a form that is about several rows at once: the same promises as ``SettingsForm`` makes."""
    with transaction.atomic():
        stored = build() if request.method != "POST" else (lock(), build())[1]
        form = build(request.POST) if request.method == "POST" else stored
        valid = form.is_bound and form.is_valid()
        found = conflicts(stored, form, request.POST.get("seen", "")) if form.is_bound else []
        if valid and not found:
            store(form)
            toasts.say(request, said)
            return htmx.redirect(request, done)
        kept = [("seen", json.dumps(stamps(stored)))]
    status = 409 if found else 422 if form.is_bound else 200
    return htmx.vary(render(request, template, {**context, "form": form, "stale": found, "kept": kept}, status=status))


# ---------- one declaration per kind ----------


@dataclass(frozen=True)
class Pages:
    """List, form and delete page of one kind of reference data, and its tile on the overview."""

    slug: str
    model: type[models.Model]
    form: Any
    group: Any
    icon: str
    label: Any
    description: Any = ""
    columns: Sequence[Column] = ()
    search: Sequence[str] = ()
    order: Sequence[str] = ("name", "id")
    roles: Iterable[str] = ADMINISTRATORS
    rows: Callable[[], QuerySet[Any]] | None = None
    intro: Any = ""
    empty: Any = ""
    position: int = 100
    list_view: Any = SettingsList
    form_view: Any = SettingsForm
    delete_view: Any = SettingsDelete
    #: Whether people add rows; else the product makes them.
    creates: bool = True
    #: More addresses below this one, as ``(route, view, name)``.
    more: Sequence[tuple[str, Any, str]] = field(default=())

    @property
    def name(self) -> str:
        return f"settings-{self.slug}"

    def _shared(self) -> dict[str, Any]:
        return {
            "model": self.model, "roles": tuple(self.roles), "queryset": self.rows, "title": self.label,
            "list_url": f"desk:{self.name}", "create_url": f"desk:{self.name}-new" if self.creates else "",
            "edit_url": f"desk:{self.name}-edit",
            "delete_url": f"desk:{self.name}-delete" if self.delete_view else "",
        }  # fmt: skip

    def urls(self) -> list[URLPattern]:
        shared, base = self._shared(), f"settings/{self.slug}/"
        listed = {
            "columns": self.columns, "search_fields": self.search, "order": self.order, "icon": self.icon,
            "intro": self.intro or self.description, "empty_text": self.empty,
        }  # fmt: skip
        found = [path(base, self.list_view.as_view(**shared, **listed), name=self.name)]
        form = self.form_view.as_view(**shared, form_class=self.form)
        if self.creates:
            found.append(path(f"{base}new/", form, name=f"{self.name}-new"))
        found.append(path(f"{base}<int:pk>/", form, name=f"{self.name}-edit"))
        if self.delete_view:
            delete = self.delete_view.as_view(**shared, form_class=self.form)
            found.append(path(f"{base}<int:pk>/delete/", delete, name=f"{self.name}-delete"))
        return [*found, *(path(base + route, view, name=name) for route, view, name in self.more)]

    def register(self) -> None:
        panels.register_settings(
            self.slug, self.label, f"desk:{self.name}", description=self.description, icon=self.icon,
            roles=self.roles, group=self.group, order=self.position,
        )  # fmt: skip
