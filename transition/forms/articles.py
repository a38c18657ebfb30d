"""Forms of the knowledge base."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Organisation, User
from itsm.catalogue.models import Service, ServiceCategory
from itsm.lib import clock
from transition.models import Article
from transition.policies import articles as policies
from transition.services import articles
from transition.states.articles import Audience


def validate_to_come(day: Any) -> None:
    """A day to look again lies ahead."""
    if day <= clock.now().date():
        raise forms.ValidationError(_("Choose a day that is still to come."))


class ArticleForm(forms.ModelForm):
    """The working text and what is known about the article."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Article
        fields = [
            "title", "summary", "body", "keywords", "service", "category", "audience", "organisations", "language",
            "owner", "review_at", "expires_at",
        ]  # fmt: skip
        widgets = {
            "body": forms.Textarea(attrs={"rows": 18}),
            "review_at": forms.DateInput(attrs={"type": "date"}),
            "expires_at": forms.DateInput(attrs={"type": "date"}),
        }
        help_texts = {"body": _("Markdown: **bold**, - list, 1. steps, `code`, [link](https://…).")}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = {self.instance.language, settings.LANGUAGE_CODE}
        names = dict(settings.LANGUAGES)
        self.fields["language"] = forms.ChoiceField(
            label=_("Language"), choices=[(code, names.get(code, code)) for code in sorted({*names, *codes})]
        )
        self.fields["service"].queryset = Service.objects.order_by("name")
        self.fields["category"].queryset = ServiceCategory.objects.order_by("name")
        self.fields["organisations"].queryset = Organisation.objects.filter(is_active=True)
        self.fields["owner"].queryset = User.objects.people().holding(*policies.WRITERS, "service_owner")
        self.fields["organisations"].help_text = _("Only for the audience “chosen organisations”.")
        if not self.instance.pk:
            self.fields["owner"].initial = user.pk
            self.fields["owner"].required = False
            self.fields["language"].initial = settings.LANGUAGE_CODE
        else:
            self.fields["version"].initial = self.instance.version

    def clean_title(self) -> str:
        return " ".join(self.cleaned_data["title"].split())

    def clean_expires_at(self) -> Any:
        day = self.cleaned_data["expires_at"]
        if day and "expires_at" in self.changed_data:
            validate_to_come(day)
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("audience") == Audience.ORGANISATIONS and not data.get("organisations"):
            self.add_error("organisations", _("Choose the organisations that may read it."))
        return data

    def values(self) -> dict[str, Any]:
        """Keywords of ``articles.write`` and ``articles.edit``."""
        data = {name: self.cleaned_data[name] for name in articles.EDITABLE if name in self.cleaned_data}
        if not data.get("owner"):
            data.pop("owner", None)
        chosen = self.cleaned_data["audience"] == Audience.ORGANISATIONS
        return {**data, "organisations": list(self.cleaned_data["organisations"]) if chosen else []}


class FeedbackForm(forms.Form):
    """Did it help?"""

    helpful = forms.TypedChoiceField(choices=[("yes", _("Yes")), ("no", _("No"))], coerce=lambda value: value == "yes")
    comment = forms.CharField(
        label=_("What was missing or wrong?"), required=False, max_length=articles.LONGEST_COMMENT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
