"""What requesters fill in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.models import User
from itsm.catalogue import questions
from itsm.catalogue.models import Service, ServiceOffering
from itsm.lib.errors import Invalid
from itsm.tickets.models import CustomField
from itsm.tickets.services import attachments
from itsm.tickets.states import Impact, Urgency
from itsm.workflow import custom
from itsm.workflow.conversation import MAX_BODY
from transition.models import ConfigurationItem

IMPACTS = [
    (Impact.LOW.value, gettext_lazy("Just me")),
    (Impact.MEDIUM.value, gettext_lazy("My team, or several people")),
    (Impact.HIGH.value, gettext_lazy("Many people, or customers")),
]
URGENCIES = [
    (Urgency.HIGH.value, gettext_lazy("I can’t work, or something important stops")),
    (Urgency.MEDIUM.value, gettext_lazy("I can work, but it is harder")),
    (Urgency.LOW.value, gettext_lazy("It can wait a few days")),
]


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, each checked before anything is stored."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = [file for file in (data if isinstance(data, list | tuple) else [data]) if file]
        if len(files) > settings.ATTACHMENT_MAX_COUNT:
            raise forms.ValidationError(_("At most %d files at a time.") % settings.ATTACHMENT_MAX_COUNT)
        problems = [problem for file in files if (problem := attachments.refusal(file))]
        if problems:
            raise forms.ValidationError(problems)
        return files


def files_field() -> FilesField:
    return FilesField(
        label=_("Files"), required=False,
        help_text=_("Screenshots help. Up to %(count)d files, %(size)d MB each.")
        % {"count": settings.ATTACHMENT_MAX_COUNT, "size": settings.ATTACHMENT_MAX_BYTES // 1_000_000},
    )  # fmt: skip


class WithFiles(forms.Form):
    """A form that comes back with an error says that the browser forgot the files."""

    #: Files came along, but the form comes back.
    lost_files = False

    @property
    def files_hint(self) -> str:
        if self.lost_files or (self.is_bound and self.errors and self.files):
            return _("Choose your files again: the browser does not keep them.")
        return ""


class DeviceField(forms.ModelChoiceField):
    """One of the devices the person uses, by its number."""

    def __init__(self, devices: Any) -> None:
        super().__init__(
            devices, label=_("Is it about one of your devices?"), required=False, empty_label=_("No, or I don’t know")
        )

    def label_from_instance(self, item: ConfigurationItem) -> str:
        return f"{item.name} ({item.type})"


class AsksMore(WithFiles):
    """A form with the questions of an offering and the organisation's own fields for a kind of ticket."""

    kind = "incident"

    def ask(self, offering: ServiceOffering | None) -> None:
        """Add the questions, then the custom fields."""
        self.offering = offering
        self.schema = offering.request_form if offering else {}
        self.custom_fields = {f"c_{field.code}": field for field in custom.fields_of(self.kind, on_portal=True)}
        self.fields |= questions.fields(self.schema)
        self.fields |= {name: _custom_field(field) for name, field in self.custom_fields.items()}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        given = questions.answers(self.schema, data)
        asked = {name.removeprefix("q_") for name in self.errors if name.startswith("q_")}
        for name, messages in questions.problems(self.schema, given).items():
            # What the field has said already need not be said twice.
            if name.removeprefix("q_") not in asked:
                self.add_error(None if name == "__all__" else name, messages)
        self._check_custom(data)
        return data

    def _check_custom(self, data: dict[str, Any]) -> None:
        try:
            custom.clean(self.kind, self._custom_answers(data), on_portal=True)
        except Invalid as error:
            for name, messages in error.fields.items():
                field = f"c_{name.removeprefix('custom.')}"
                if field not in self.errors:
                    self.add_error(field if field in self.fields else None, messages)

    def _custom_answers(self, data: dict[str, Any]) -> dict[str, Any]:
        given = {self.custom_fields[name].code: data.get(name) for name in self.custom_fields}
        return {code: value for code, value in given.items() if value not in (None, "")}


class ReportForm(AsksMore):
    """Something does not work. ``offering`` adds its own questions; the organisation's custom fields follow."""

    title = forms.CharField(
        label=gettext_lazy("What is the problem?"), max_length=200,
        help_text=gettext_lazy("In a few words, such as “Cannot print on floor 2”."),
        error_messages={"required": gettext_lazy("Say in a few words what does not work.")},
    )  # fmt: skip
    service = forms.ModelChoiceField(
        Service.objects.none(), label=gettext_lazy("Which service is it about?"), required=False,
        empty_label=gettext_lazy("I don’t know"), to_field_name="slug",
    )  # fmt: skip
    impact = forms.TypedChoiceField(
        label=gettext_lazy("Who is affected?"), choices=IMPACTS, coerce=int, widget=forms.RadioSelect,
        initial=Impact.LOW.value,
        error_messages={"required": gettext_lazy("Say who is affected.")},
    )  # fmt: skip
    urgency = forms.TypedChoiceField(
        label=gettext_lazy("How much does it hold you up?"), choices=URGENCIES, coerce=int, widget=forms.RadioSelect,
        initial=Urgency.MEDIUM.value,
        error_messages={"required": gettext_lazy("Say how much it holds you up.")},
    )  # fmt: skip
    description = forms.CharField(
        label=gettext_lazy("Tell us more"), required=False, max_length=MAX_BODY,
        widget=forms.Textarea(attrs={"rows": 5, "data-draft": "portal-report"}),
        help_text=gettext_lazy("What did you do, what happened, and since when?"),
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, offering: ServiceOffering | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if offering is None:
            self.fields["service"].queryset = Service.objects.offered_to(user).for_customers().order_by("name")
        else:
            del self.fields["service"]
        devices = ConfigurationItem.objects.used_by(user)
        if devices:
            self.fields["device"] = DeviceField(devices)
        description = self.fields.pop("description")
        self.ask(offering)
        self.fields["description"] = description
        self.fields["files"] = files_field()

    def values(self) -> dict[str, Any]:
        """Keywords of ``incidents.open``. The form's answers stand above the description, where agents read."""
        data = self.cleaned_data
        lines = [f"**{_escape(q)}**: {_escape(a)}" for q, a in
                 questions.in_words(self.schema, questions.answers(self.schema, data))]  # fmt: skip
        text = "\n\n".join(part for part in ("\n".join(lines), data["description"].strip()) if part)
        fields = {"offering": self.offering, "service": self.offering.service} if self.offering else {
            "service": data["service"]
        }  # fmt: skip
        return {
            **fields,
            "title": data["title"],
            "description": text,
            "impact": data["impact"],
            "urgency": data["urgency"],
            "files": data["files"],
            "answers": self._custom_answers(data),
        }


def _escape(text: str) -> str:
    """What was typed stays what was typed, also where Markdown would make something of it."""
    return "".join(f"\\{c}" if c in "\\*_`[]<>#|~" else c for c in text)


def _custom_field(field: CustomField) -> forms.Field:
    shown: dict[str, Any] = {"label": field.label, "help_text": field.hint, "required": field.required}
    match field.type:
        case CustomField.Type.LONG_TEXT:
            return forms.CharField(max_length=20_000, widget=forms.Textarea(attrs={"rows": 4}), **shown)
        case CustomField.Type.NUMBER:
            return forms.DecimalField(**shown)
        case CustomField.Type.DATE:
            return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), **shown)
        case CustomField.Type.CHOICE:
            choices = [("", "–"), *((choice, choice) for choice in map(str, field.choices))]
            return forms.ChoiceField(choices=choices, **shown)
        case CustomField.Type.YES_NO:
            return forms.ChoiceField(
                choices=[*([] if field.required else [("", _("No answer"))]), ("yes", _("Yes")), ("no", _("No"))],
                widget=forms.RadioSelect, **shown,
            )  # fmt: skip
    return forms.CharField(max_length=500, **shown)


class ReplyForm(WithFiles):
    body = forms.CharField(
        label=gettext_lazy("Your message"),
        required=False,
        max_length=MAX_BODY,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["files"] = files_field()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not data.get("body", "").strip() and not data.get("files"):
            self.add_error("body", _("Write something first."))
        return data


class ConfirmForm(forms.Form):
    comment = forms.CharField(
        label=gettext_lazy("A word to us"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )


class ReasonForm(forms.Form):
    """Why: for reopening and cancelling."""

    reason = forms.CharField(label=gettext_lazy("Why?"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, label: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if label:
            self.fields["reason"].label = label


class FollowUpForm(forms.Form):
    description = forms.CharField(
        label=gettext_lazy("What happened now?"), max_length=MAX_BODY, widget=forms.Textarea(attrs={"rows": 4})
    )


class WatcherForm(forms.Form):
    """A colleague, by email address; only people of the own organisation are found."""

    email = forms.EmailField(label=gettext_lazy("Email address of a colleague"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_email(self) -> str:
        email = self.cleaned_data["email"]
        people = User.objects.people().filter(organisation=self.user.organisation_id, organisation__isnull=False)
        self.person = people.filter(email__iexact=email).first()
        if self.person is None:
            raise forms.ValidationError(_("Nobody in your organisation has this address."))
        return email


class VoteForm(forms.Form):
    vote = forms.ChoiceField(choices=[("approve", gettext_lazy("Approve")), ("reject", gettext_lazy("Reject"))])
    comment = forms.CharField(
        label=gettext_lazy("Comment"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Needed when you reject."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("vote") == "reject" and not data.get("comment", "").strip():
            self.add_error("comment", _("Say why you reject it."))
        return data
