"""The overview of the settings: what higher packages registered too, as far as the person's roles reach."""

from __future__ import annotations

from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from itsm.desk.views.settings.base import HOUSE, LEVELS, PEOPLE, SERVICES, SYSTEM, TICKETS
from itsm.lib.errors import Denied
from itsm.ui import pages as ui
from itsm.ui import panels

ORDER = (HOUSE, PEOPLE, SERVICES, TICKETS, LEVELS)


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    links = panels.settings_sections(request.user)
    if not links or not request.user.is_desk:
        raise Denied(_("Your roles do not include these settings."))
    grouped = {str(label): list(found) for label, found in groupby(links, key=lambda link: link.group)}
    first = [str(label) for label in ORDER if str(label) in grouped]
    last = [str(SYSTEM)] if str(SYSTEM) in grouped else []
    between = [label for label in grouped if label not in (*first, *last)]
    groups = [(label or _("More"), grouped[label]) for label in (*first, *between, *last)]
    return ui.page(request, "desk/settings/index.html", title=_("Settings"), groups=groups)
