"""What the life of a service needs from its design, item by item."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from design.agreement_states import AgreementState, AgreementType
from design.models import Agreement
from design.reports import agreements as reports
from itsm.catalogue.guards import Requirement
from itsm.catalogue.models import Service


def start_design_needs(service: Service) -> list[Requirement]:
    """Somebody answers for the design."""
    where = reverse("desk:settings-services-edit", args=[service.pk])
    missing = _("The service has no owner yet.")
    return [Requirement(_("Service owner named"), bool(service.owner_id), "" if service.owner_id else missing, where)]


def chain_needs(service: Service) -> list[Requirement]:
    """What is promised to customers is agreed on, and backed in hours and minutes."""
    label = _("Service level agreement backed")
    rows = Agreement.objects.filter(services=service, type=AgreementType.SLA)
    binding = list(rows.binding().order_by("id"))
    if not binding:
        draft = rows.filter(state=AgreementState.DRAFT).order_by("-id").first()
        if draft is not None:
            missing = _("The agreement %(number)s is not agreed on yet.") % {"number": draft.number}
            return [Requirement(label, False, missing, draft.get_absolute_url())]
        where = f"{reverse('design:agreement-new')}?services={service.pk}"
        return [Requirement(label, False, _("No service level agreement is about this service."), where)]
    found = []
    for agreement in binding:
        words = next((one.words for one in reports.chains(agreement) if one.service.pk == service.pk), [])
        detail = ""
        if words:
            rest = len(words) - 1
            more = ngettext(" And %(n)d more gap.", " And %(n)d more gaps.", rest) % {"n": rest} if rest else ""
            detail = f"{agreement.number}: {words[0]}{more}"
        found.append(
            Requirement(f"{label}: {agreement.number}", not words, detail, f"{agreement.get_absolute_url()}#chain")
        )
    return found
