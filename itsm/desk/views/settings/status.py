"""System status: is it alive, what waits, what is it made of."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from itsm.accounts.roles import Role
from itsm.desk.reports import status
from itsm.desk.views.settings.base import require
from itsm.lib import clock
from itsm.lib.sources import Source
from itsm.notifications.models import Message
from itsm.notifications.services import delivery
from itsm.ui import pages as ui

MOST_TO_RETRY = 1000


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    require(request.user, Role.ADMINISTRATOR)
    checks, queues = status.checks(), status.queues()
    return ui.page(
        request, "desk/settings/status.html", part="desk/settings/_status.html", title=_("System status"),
        checks=checks, queues=queues, installation=status.installation(), beats=status.heartbeats(), now=clock.now(),
        bad=[part for part in (*checks, *queues) if part.ok is False],
        failed=Message.objects.filter(state=Message.State.FAILED).order_by("-id")[:10],
    )  # fmt: skip


@require_POST
def retry(request: HttpRequest) -> HttpResponse:
    """Send what failed once more: messages, and events nobody could be told of."""
    require(request.user, Role.ADMINISTRATOR)
    failed = Message.objects.filter(state=Message.State.FAILED).order_by("id")[:MOST_TO_RETRY]
    amount = delivery.retry(list(failed), actor=request.user, source=Source.WEB)
    amount += delivery.retry_events(actor=request.user, source=Source.WEB)
    said = ngettext("%(n)d is tried again", "%(n)d are tried again", amount) % {"n": amount}
    return ui.see(request, "desk:settings-status", said)
