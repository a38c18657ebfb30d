"""Bringing incidents and problems together."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.desk.forms.bulk import WithUser
from operation.models import Problem


class ProblemForm(WithUser):
    """A known problem by its number, or the title of a new one."""

    number = forms.CharField(
        label=gettext_lazy("Known problem"), max_length=30, required=False,
        help_text=gettext_lazy("Its number, such as PRB-1042. Empty: a new problem is opened."),
    )  # fmt: skip
    title = forms.CharField(
        label=gettext_lazy("Title of a new problem"), max_length=200, required=False,
        help_text=gettext_lazy("Empty: the title of the first incident."),
    )  # fmt: skip

    def clean_number(self) -> Any:
        text = self.cleaned_data["number"].strip()
        if not text:
            return None
        found = Problem.objects.for_desk(self.user).open().numbered(text).first()
        if found is None:
            raise forms.ValidationError(_("There is no open problem of this number."), code="missing")
        return found
