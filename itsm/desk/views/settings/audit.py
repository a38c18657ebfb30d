"""The audit log: searched, exported, proven."""

from __future__ import annotations

from itertools import islice

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from itsm.accounts.roles import Role
from itsm.audit import services as audit
from itsm.audit.models import Checkpoint, Entry
from itsm.desk.forms.audit import AuditFilter
from itsm.desk.reports import audit_log
from itsm.desk.views.settings.base import require
from itsm.lib import clock
from itsm.lib.errors import Refused
from itsm.ui import csv_export, keyset
from itsm.ui import pages as ui

#: More entries are proven by the command, which nobody waits for.
MOST_TO_VERIFY = 50_000
MOST_TO_EXPORT = 200_000
READERS = (Role.ADMINISTRATOR, Role.AUDITOR)


def asked_for(request: HttpRequest) -> AuditFilter:
    """The filters of the address; without a word about time the last month."""
    given = request.GET.copy()
    given.setdefault("period", "month")
    return AuditFilter(given)


@require_safe
def log(request: HttpRequest) -> HttpResponseBase:
    require(request.user, *READERS)
    form = asked_for(request)
    # A filter that makes no sense shows nothing rather than everything.
    entries = form.wanted().entries() if form.is_valid() else Entry.objects.none()
    page = keyset.paginate(entries, audit_log.ORDER, request.GET.get("cursor", ""), 50)
    return ui.page(
        request, "desk/settings/audit.html", title=_("Audit log"), form=form, page=page,
        lines=audit_log.in_words(page, request.user), checkpoint=Checkpoint.objects.order_by("-up_to_id").first(),
        now=clock.now(), filtered=bool(set(request.GET) - {"cursor"}), status=422 if form.errors else 200,
    )  # fmt: skip


@require_safe
def export(request: HttpRequest) -> HttpResponseBase:
    require(request.user, *READERS)
    form = asked_for(request)
    if not form.is_valid():
        raise Refused(_("Nothing is exported: the filters make no sense."))
    rows = islice(audit_log.rows(form.wanted().entries(), request.user), MOST_TO_EXPORT)
    return csv_export.stream(f"audit-{clock.now():%Y-%m-%d}.csv", audit_log.HEAD, rows)


@require_POST
def verify(request: HttpRequest) -> HttpResponseBase:
    """Prove the log here and now, where it is small enough to wait for."""
    require(request.user, *READERS)
    newest = Entry.objects.order_by("-id").values_list("id", flat=True).first() or 0
    if newest > MOST_TO_VERIFY:
        raise Refused(_("The log is too long to be verified while you wait. Run “manage.py verify_audit”."))
    faults = list(islice(audit.verify(), 100))
    return ui.page(
        request, "desk/settings/verified.html", title=_("Audit log verified"), faults=faults,
        entries=Entry.objects.count(), checkpoint=Checkpoint.objects.order_by("-up_to_id").first(), now=clock.now(),
    )  # fmt: skip
