"""Handing an incident to security, and the playbooks of the security team."""

from __future__ import annotations

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from itsm.accounts.roles import Role
from itsm.desk.views.settings.base import SYSTEM, Pages
from itsm.lib.errors import Denied
from itsm.lib.sources import Source
from itsm.ui import pages as ui
from itsm.ui.reference import Column
from operation.models import Incident, Playbook
from operation.services import security


class PlaybookForm(forms.ModelForm):
    class Meta:
        model = Playbook
        fields = ["threat", "steps", "is_active"]
        widgets = {"steps": forms.Textarea(attrs={"rows": 10})}


PLAYBOOKS = Pages(
    "playbooks", Playbook, PlaybookForm, SYSTEM, "shield-alert", gettext_lazy("Security playbooks"),
    gettext_lazy("What is done about each kind of threat; the steps become tasks when an incident is triaged."),
    columns=(
        Column("threat", gettext_lazy("Kind of threat")),
        Column("steps", gettext_lazy("Steps"), cell=lambda one: len(one.lines()), right=True),
        Column("is_active", gettext_lazy("Active")),
    ),
    order=("threat", "id"), roles=(Role.ADMINISTRATOR, Role.SECURITY_OFFICER), position=40,
    empty=gettext_lazy("Write down what is done about phishing, malware and lost devices before it happens."),
)  # fmt: skip


@require_POST
def from_incident(request: HttpRequest, number: str) -> HttpResponse:
    """Tell security about an incident; whoever tells it reads on as its reporter."""
    if not request.user.is_desk:
        raise Http404
    incident = get_object_or_404(Incident.objects.visible_to(request.user).numbered(number))
    if not request.user.acts_for_desk:
        raise Denied(_("You read tickets and change nothing."))
    reason = request.POST.get("reason", "").replace("\x00", "").strip()[:5000]
    made = security.from_incident(incident, actor=request.user, source=Source.WEB, reason=reason)
    return ui.see(request, incident, _("Security was told: %(number)s.") % {"number": made.number})
