"""What is decided about a KPI."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from improvement.models import KPI
from itsm.desk.forms.fields import PersonField


class TargetForm(forms.ModelForm):
    """Target, warning, owner; the unit stands at the field."""

    owner = PersonField(label=_("Owner"), required=False, help_text=_("Email address of whoever answers for it."))

    class Meta:
        model = KPI
        fields = ["target", "warning", "owner", "note", "is_active"]
        widgets = {"note": forms.Textarea(attrs={"rows": 3})}
