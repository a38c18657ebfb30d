"""The few endpoints of the frame itself."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from itsm.ui.htmx import is_htmx
from itsm.ui.links import safe_next


@login_not_required  # the button is on the sign-in page, too; there it changes only what is shown
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep light, dark or "as the system" in the profile."""
    chosen = request.POST.get("theme", "")
    user = request.user
    if user.is_authenticated and chosen in ("light", "dark", "system"):
        user.theme = chosen
        user.save(update_fields=["theme"])
    return HttpResponse(status=204) if is_htmx(request) else redirect(safe_next(request))
