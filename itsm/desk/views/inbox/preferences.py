"""How a person wants the product to be: language, time, look, absence, and what to be told by which channel."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from itsm.accounts.forms import ProfileForm
from itsm.accounts.models import User
from itsm.desk.services import profile
from itsm.notifications import topics
from itsm.notifications.services import preferences
from itsm.ui import pages as ui


def _tabs(current: str) -> list[dict[str, Any]]:
    pages = [("preferences", _("You")), ("preferences-notifications", _("What you are told"))]
    return [{"label": label, "url": reverse(f"desk:{name}"), "current": name == current} for name, label in pages]


@require_http_methods(["GET", "POST"])
def you(request: HttpRequest) -> HttpResponse:
    # A copy: a form that is refused must not leave its values on the person the page is drawn for.
    user = User.objects.select_related("delegate").get(pk=request.user.pk)
    form = ProfileForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        profile.save(form, source="web")
        return ui.see(request, "desk:preferences", _("Your preferences are saved"))
    return ui.page(request, "desk/preferences/you.html", form=form, title=_("Preferences"), tabs=_tabs("preferences"))


@require_http_methods(["GET", "POST"])
def notifications(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    now = preferences.table(user)
    if request.method == "POST":
        wanted = {(topic, channel): f"{topic}.{channel}" in request.POST for topic, channel in now}
        preferences.choose(user, wanted, actor=user, source="web")
        return ui.see(request, "desk:preferences-notifications", _("Your choice is saved"))
    groups = [
        (label, [(topic, [(c, now[topic.key, str(c)]) for c in preferences.CHANNELS]) for topic in group])
        for label, group in topics.for_person(is_desk=user.is_desk).items()
    ]
    return ui.page(
        request, "desk/preferences/notifications.html", title=_("Preferences"), groups=groups,
        channels=preferences.CHANNELS, tabs=_tabs("preferences-notifications"),
    )  # fmt: skip
