"""Forms of assets and configuration."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Organisation, Team
from itsm.catalogue import questions
from itsm.catalogue.models import Service
from itsm.desk.forms.catalogue import ICONS as SHELF_ICONS
from itsm.desk.forms.catalogue import SchemaField, WithIcon
from itsm.desk.forms.fields import LinesField, PersonField
from itsm.workflow import records
from transition.models import CIType, ConfigurationItem, Contract, Licence, LicenceAssignment, Supplier
from transition.services import configuration
from transition.states.configuration import REVERSED, CIState, ContractState, LicenceMetric, RelationKind

DAY = {"type": "date"}
#: Before the names of attributes among the fields of a form.
PREFIX = "q_"
#: A larger file is for the command.
MOST_BYTES = 5 * 1024 * 1024
ICONS = (*SHELF_ICONS, "box", "network", "app-window", "badge-check", "router", "cpu")


class ItemInput(forms.TextInput):
    """A number or name with suggestions while typing; without script the number alone is enough."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        list_id = f"{(attrs or {}).get('id', name)}-items"
        more = {
            "list": list_id, "autocomplete": "off", "spellcheck": "false",
            "hx-get": f"{reverse_lazy('transition:ci-suggest')}?field={name}",
            "hx-trigger": "input changed delay:250ms", "hx-target": f"#{list_id}", "hx-sync": "this:replace",
        }  # fmt: skip
        box = super().render(name, value, {**(attrs or {}), **more}, renderer)
        return format_html('{}<datalist id="{}"></datalist>', box, list_id)


class ItemField(forms.CharField):
    """An item by its number (``CI-12``), or by a name or serial number only one item has."""

    widget = ItemInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 200, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        return value.number if isinstance(value, ConfigurationItem) else value

    def to_python(self, value: Any) -> ConfigurationItem | None:  # type: ignore[override]
        text = str(super().to_python(value) or "").strip()
        if not text:
            return None
        rows = ConfigurationItem.objects.select_related("type")
        first = text.split()[0]
        if first.upper().startswith(f"{ConfigurationItem.prefix}-"):
            found = records.by_number(rows, first).first()
            if found is not None:
                return found
        for condition in ({"name__iexact": text}, {"serial__iexact": text}):
            same = list(rows.exclude(state=CIState.DISPOSED).filter(**condition).order_by("pk")[:2])
            if len(same) == 1:
                return same[0]
            if same:
                raise ValidationError(_("Several items are called that. Enter the number, such as CI-12."))
        raise ValidationError(_("There is no such item. Enter its number, such as CI-12, or its whole name."))

    def validate(self, value: Any) -> None:
        if value is None and self.required:
            raise ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        """The item was found; its text is not stored."""


class ItemsField(forms.CharField):
    """Several items by their numbers."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 20_000, "widget": forms.Textarea(attrs={"rows": 2}), **kwargs})

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(item.number for item in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[ConfigurationItem]:  # type: ignore[override]
        words = str(super().to_python(value) or "").replace(",", " ").split()
        prefix = f"{ConfigurationItem.prefix}-"
        numbers = {word: word.upper().removeprefix(prefix) for word in words}
        ids = {int(bare) for bare in numbers.values() if bare.isascii() and bare.isdigit() and len(bare) < 19}
        found = {item.pk: item for item in ConfigurationItem.objects.filter(pk__in=ids).order_by("pk")}
        missing = [word for word, bare in numbers.items() if not bare.isdigit() or int(bare) not in found]
        if missing:
            raise ValidationError(_("There is no such item: %(names)s."), params={"names": ", ".join(missing)[:200]})
        return list(found.values())

    def validate(self, value: Any) -> None:
        """No item is an answer too."""

    def run_validators(self, value: Any) -> None:
        """The items were found."""


class ItemForm(forms.ModelForm):
    """What is known about an item, and what its type asks."""

    owner = PersonField(label=_("Owner"), required=False, help_text=_("Email address of whoever answers for it."))
    user = PersonField(label=_("User"), required=False, help_text=_("Email address of whoever works with it."))

    class Meta:
        model = ConfigurationItem
        fields = [
            "type", "name", "serial", "description", "services", "owner", "user", "team", "organisation", "location",
            "supplier", "purchased_on", "cost", "currency", "depreciation_months", "warranty_until",
        ]  # fmt: skip
        widgets = {
            "type": forms.HiddenInput,
            "description": forms.Textarea(attrs={"rows": 3}),
            "services": forms.SelectMultiple(attrs={"size": 6}),
            "purchased_on": forms.DateInput(attrs=DAY),
            "warranty_until": forms.DateInput(attrs=DAY),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["services"].queryset = Service.objects.exclude(status__in=Service.Status.ENDED).order_by("name")
        self.fields["team"].queryset = Team.objects.filter(is_active=True)
        self.fields["organisation"].queryset = Organisation.objects.filter(is_active=True)
        self.fields["supplier"].queryset = Supplier.objects.filter(is_active=True)
        self.schema = self._schema()
        asked = questions.fields(self.schema, PREFIX)
        for name, field in asked.items():
            self.fields[name] = field
            if self.instance.pk:
                self.initial.setdefault(name, self.instance.attributes.get(name.removeprefix(PREFIX)))
        self.order_fields(["type", "name", *asked, "serial"])

    def _schema(self) -> dict[str, Any]:
        if self.instance.pk:
            return self.instance.type.schema()
        chosen = str(self.data.get("type") or self.initial.get("type") or "")
        found = CIType.objects.filter(pk=chosen, is_active=True).first() if chosen.isdecimal() else None
        return found.schema() if found else {}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            given = questions.answers(self.schema, cleaned, PREFIX)
            for name, messages in questions.problems(self.schema, given, PREFIX).items():
                self.add_error(name if name in self.fields else None, messages)
            cleaned["attributes"] = given
        return cleaned


class RelationForm(forms.Form):
    """How this item stands to another, said from either side."""

    kind = forms.ChoiceField(label=_("This item"))
    other = ItemField(label=_("Other item"), help_text=_("Its number, such as CI-12, or its whole name."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        back = [(f"{kind}:back", REVERSED[kind]) for kind in RelationKind if kind != RelationKind.CONNECTED_TO]
        self.fields["kind"].choices = [*RelationKind.choices, *back]


class TicketItemForm(forms.Form):
    """Which item a ticket is about."""

    item = ItemField(label=_("Item"))


class TypeForm(WithIcon):
    """A type: what is asked of its items, and what tells one from another."""

    icon = forms.ChoiceField(
        label=_("Icon"), choices=[(name, name.replace("-", " ")) for name in ICONS], required=False
    )
    attributes = SchemaField(
        label=_("Attributes (JSON Schema)"),
        help_text=_("What is asked of each item, besides what the types above ask."),
    )
    identity_keys = LinesField(
        label=_("Identity keys"), required=False, longest=60,
        help_text=_("One a line: serial, name or an attribute. No two items share one; imports find items by them."),
    )  # fmt: skip

    class Meta:
        model = CIType
        fields = ["name", "parent", "icon", "is_asset", "attributes", "identity_keys", "is_active"]

    def _post_clean(self) -> None:
        super()._post_clean()
        changed = {"identity_keys", "attributes", "parent"} & set(self.changed_data)
        if self.instance.pk and changed and not self.errors:
            for words in configuration.clashes(self.instance):
                self.add_error("identity_keys", words)

    def save(self, commit: bool = True) -> CIType:
        saved: CIType = super().save(commit)
        if {"identity_keys", "attributes", "parent"} & set(self.changed_data):
            configuration.refresh_identity(saved)
        return saved


class SupplierForm(forms.ModelForm):
    """How to reach a supplier."""

    website = forms.URLField(label=_("Website"), required=False, assume_scheme="https", max_length=200)

    class Meta:
        model = Supplier
        fields = ["name", "website", "email", "phone", "customer_number", "note", "is_active"]
        widgets = {"note": forms.Textarea(attrs={"rows": 4})}


class ContractForm(forms.ModelForm):
    """What is agreed with a supplier, and what it covers."""

    owner = PersonField(label=_("Owner"), required=False, help_text=_("Email address of whoever answers for it."))
    items = ItemsField(
        label=_("Items it covers"), required=False, help_text=_("Numbers, such as CI-12, separated by commas or lines.")
    )

    class Meta:
        model = Contract
        fields = [
            "title", "supplier", "reference", "description", "owner", "starts_on", "ends_on", "notice_on", "cost",
            "currency", "period", "services", "items",
        ]  # fmt: skip
        widgets = {
            "description": forms.Textarea(attrs={"rows": 4}),
            "starts_on": forms.DateInput(attrs=DAY),
            "ends_on": forms.DateInput(attrs=DAY),
            "notice_on": forms.DateInput(attrs=DAY),
            "services": forms.SelectMultiple(attrs={"size": 6}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["supplier"].queryset = Supplier.objects.filter(is_active=True)
        self.fields["services"].queryset = Service.objects.exclude(status__in=Service.Status.ENDED).order_by("name")


class LicenceForm(forms.ModelForm):
    """A product and how often it may be used; who uses it is written on its page."""

    class Meta:
        model = Licence
        fields = [
            "product", "supplier", "contract", "metric", "entitled", "cost", "currency", "valid_until", "description",
        ]  # fmt: skip
        widgets = {"description": forms.Textarea(attrs={"rows": 4}), "valid_until": forms.DateInput(attrs=DAY)}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["supplier"].queryset = Supplier.objects.filter(is_active=True)
        self.fields["contract"].queryset = Contract.objects.exclude(state=ContractState.ENDED).order_by("title")


class AssignmentForm(forms.ModelForm):
    """Who or what uses the licence: a person or an item, as the licence counts."""

    user = PersonField(label=_("Person"), required=False, help_text=_("Email address; for licences that count people."))
    item = ItemField(label=_("Item"), required=False, help_text=_("Number or name; for licences that count items."))

    class Meta:
        model = LicenceAssignment
        fields = ["user", "item"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["item" if self.instance.licence.metric == LicenceMetric.USER else "user"]


class ImportForm(forms.Form):
    """A CSV file, and what its columns mean where its headings do not say so."""

    file = forms.FileField(label=_("CSV file"), help_text=_("With a heading; at most 5 MB and 2,000 rows."))
    mapping = forms.CharField(
        label=_("Mapping (YAML)"), required=False, max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 5, "class": "mono", "spellcheck": "false"}),
        help_text=_("Only where headings differ from the names below; see the documentation."),
    )  # fmt: skip

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise ValidationError(_("The file is larger than 5 MB."))
        return file
