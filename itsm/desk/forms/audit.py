"""What the audit log can be searched by."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import User
from itsm.audit import actions
from itsm.desk.forms.fields import PersonField
from itsm.desk.reports.audit_log import PERIODS, Wanted, types


def action_choices() -> list[tuple[str, str]]:
    codes = sorted(actions.registered())
    return [("", _("Any")), *((code, f"{actions.label(code)} ({code})") for code in codes)]


class AuditFilter(forms.Form):
    record = forms.CharField(label=_("Record"), max_length=100, required=False)
    type = forms.ChoiceField(label=_("About"), choices=lambda: [("", _("Anything")), *types()], required=False)
    actor = PersonField(User.objects.all(), label=_("Who"), required=False)
    action = forms.ChoiceField(label=_("Action"), choices=action_choices, required=False)
    period = forms.ChoiceField(
        label=_("When"), choices=[(code, label) for code, (label, _span) in PERIODS.items()], required=False
    )
    since = forms.DateField(label=_("From"), required=False)
    until = forms.DateField(label=_("To"), required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("since") and data.get("until") and data["since"] > data["until"]:
            self.add_error("until", _("The end lies before the beginning."))
        return data

    def wanted(self) -> Wanted:
        data = self.cleaned_data if self.is_valid() else {}
        return Wanted(
            type=data.get("type", ""), record=data.get("record", "").strip(), actor=data.get("actor"),
            action=data.get("action", ""), period=data.get("period") or "month",
            since=_start(data.get("since")), until=_start(data.get("until"), days=1),
        )  # fmt: skip


def _start(day: Any, days: int = 0) -> datetime | None:
    return timezone.make_aware(datetime.combine(day + timedelta(days=days), time())) if day else None
