"""The page of a person's tokens; administrators see everybody's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from itsm.accounts.roles import Role
from itsm.api.pagination import MOST
from itsm.integrations.forms import TokenForm
from itsm.integrations.models import ApiToken
from itsm.integrations.services import tokens as service
from itsm.lib import clock
from itsm.ui import keyset
from itsm.ui import pages as ui

#: A token not used for so long is probably forgotten; one that ends within so long needs a successor.
FORGOTTEN = timedelta(days=90)
ENDS_SOON = timedelta(days=30)
EVERYBODY = "all"


def _listed(request: HttpRequest) -> tuple[QuerySet[ApiToken], bool]:
    user: Any = request.user
    everybody = request.GET.get("of") == EVERYBODY and user.holds(Role.ADMINISTRATOR)
    rows = ApiToken.objects.visible_to(user).select_related("user")
    return (rows if everybody else rows.filter(user=user, revoked_at__isnull=True)), everybody


def _show(request: HttpRequest, *, made: ApiToken | None = None, secret: str = "") -> HttpResponse:
    user: Any = request.user
    rows, everybody = _listed(request)
    now = clock.now()
    own = reverse("desk:tokens")
    tabs = [
        {"label": _("My tokens"), "url": own, "current": not everybody},
        {"label": _("Everybody’s"), "url": f"{own}?of={EVERYBODY}", "current": everybody},
    ]
    return ui.page(
        request,
        "integrations/tokens.html",
        title=_("API and tokens"),
        page=keyset.paginate(rows, ["-id"], request.GET.get("cursor", "")),
        tabs=tabs if user.holds(Role.ADMINISTRATOR) else [],
        everybody=everybody,
        now=now,
        soon=now + ENDS_SOON,
        forgotten=now - FORGOTTEN,
        made=made,
        secret=secret,
        rate=settings.API_REQUESTS_PER_MINUTE,
        most=MOST,
        site_url=settings.SITE_URL,
    )


@require_safe
@never_cache
def tokens(request: HttpRequest) -> HttpResponse:
    return _show(request)


@never_cache
def create(request: HttpRequest) -> HttpResponse:
    form = TokenForm(request.POST or None)
    if form.is_bound and form.is_valid():
        made, secret = service.create(request.user, actor=request.user, source="web", **form.as_wanted())
        # Shown in this answer and nowhere else: a redirect would have to keep the secret somewhere.
        return _show(request, made=made, secret=secret)
    return ui.page(request, "integrations/token_form.html", title=_("New token"), form=form)


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken.objects.visible_to(request.user), pk=pk)
    service.revoke(token, actor=request.user, source="web")
    back = reverse("desk:tokens") + ("" if token.user_id == request.user.pk else f"?of={EVERYBODY}")
    return ui.see(request, back, _("“%(name)s” is revoked") % {"name": token}, tone="grey")


@require_POST
@never_cache
def rotate(request: HttpRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken.objects.filter(user=request.user).active(), pk=pk)
    made, secret = service.rotate(token, actor=request.user, source="web")
    return _show(request, made=made, secret=secret)
