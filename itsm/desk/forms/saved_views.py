"""Naming and sharing a view."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from itsm.accounts.models import Team
from itsm.desk import policies
from itsm.desk.models import SavedView


class SavedViewForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=60)
    scope = forms.ChoiceField(label=_("Who sees it"), choices=SavedView.Scope.choices, widget=forms.RadioSelect)
    team = forms.ModelChoiceField(Team.objects.none(), label=_("Team"), required=False)
    is_pinned = forms.BooleanField(label=_("Show it as a tab"), required=False)

    def __init__(self, *args: Any, user: Any, view: SavedView | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner, self.view = view.owner if view else user, view
        self.fields["team"].queryset = Team.objects.filter(pk__in=user.team_ids)
        # A view that somebody shared stays shared as it is when a colleague renames it.
        current = view.scope if view else None
        if view and view.team_id:
            self.fields["team"].queryset = Team.objects.filter(pk__in={*user.team_ids, view.team_id})
        allowed = [
            (value, label) for value, label in SavedView.Scope.choices if value == current or self._may(user, value)
        ]
        self.fields["scope"].choices = allowed
        if not any(value == SavedView.Scope.TEAM for value, _label in allowed):
            del self.fields["team"]

    @staticmethod
    def _may(user: Any, scope: str) -> bool:
        if scope == SavedView.Scope.TEAM:
            return bool(user.team_ids)
        return bool(policies.may_share_view(user, scope, None))

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        same = SavedView.objects.filter(owner=self.owner, name=name)
        if (same.exclude(pk=self.view.pk) if self.view else same).exists():
            raise forms.ValidationError(_("There is a view of this name already."))
        return name

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("scope") == SavedView.Scope.TEAM and not data.get("team") and "team" not in self.errors:
            self.add_error("team", _("Choose the team to share it with."))
        data.setdefault("team", None)
        return data
