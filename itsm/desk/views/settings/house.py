"""Branding and terms: how the installation presents itself."""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from itsm.accounts.models import House
from itsm.accounts.roles import Role
from itsm.desk.forms.house import BrandingForm, TermsForm
from itsm.desk.services import house as services
from itsm.desk.views.settings.base import conflicts, history_url, require, save_grid, stamps
from itsm.lib.sources import Source
from itsm.ui import htmx, shades, toasts


def _lock() -> Any:
    return House.objects.select_for_update().the_one().first()


@require_http_methods(["GET", "HEAD", "POST"])
def branding(request: HttpRequest) -> HttpResponse:
    """Name, colour, logo and the rest; "Preview" shows what was entered and stores nothing."""
    require(request.user, Role.ADMINISTRATOR)
    with transaction.atomic():
        row = services.stored(lock=request.method == "POST")
        shown = BrandingForm(instance=row)
        form, found = shown, []
        if request.method == "POST":
            form = BrandingForm(request.POST, request.FILES, instance=services.stored())
            valid = form.is_valid()
            looks = "preview" in request.POST
            found = [] if looks else conflicts(shown, form, request.POST.get("seen", ""))
            if valid and not found and not looks:
                services.save_branding(
                    form.values(), logo=form.cleaned_data["logo_file"],
                    drop_logo=form.cleaned_data.get("drop_logo", False), actor=request.user, source=Source.WEB,
                )  # fmt: skip
                toasts.say(request, _("Branding saved"))
                return htmx.redirect(request, reverse("desk:settings-branding"))
    status = 409 if found else 422 if form.errors else 200
    return render(request, "desk/settings/branding.html", {
        "title": _("Branding"), "form": form, "stale": found, "kept": [("seen", json.dumps(stamps(shown)))],
        "house": row, "preview": _preview(form), "history_url": history_url(row, request.user),
        "reset_url": reverse("desk:settings-branding-reset") if _differs(row) else "",
    }, status=status)  # fmt: skip


def _differs(row: House) -> bool:
    return bool(row.logo) or any(getattr(row, name) for name in services.BRANDING if name != "currency")


def _preview(form: BrandingForm) -> dict[str, Any]:
    """What the colour looks like, and how its shades read: those of what was entered, else of what is stored."""
    entered = form.cleaned_data if form.is_bound else {}
    colour = entered.get("accent", "") if form.is_bound else form.instance.accent
    name = entered.get("product_name", "") if form.is_bound else form.instance.product_name
    found: dict[str, Any] = {"name": name, "looks": []}
    if not colour:
        return found
    made = shades.of(colour)
    found |= {"colour": colour, "url": f"{reverse('desk:brand-preview')}?accent={colour[1:]}"}
    grounds = (
        ("light", _("Light"), shades.LIGHT[0]), ("dark", _("Dark"), shades.DARK[0]),
    )  # fmt: skip
    found["white"] = shades.contrast(colour, shades.WHITE)
    for index, (look, label, ground) in enumerate(grounds):
        found["looks"].append({
            "look": look, "label": label, "button": made.accent[index], "text": made.text[index],
            "moved": made.accent[index] != colour, "on_button": shades.contrast(made.accent[index], shades.WHITE),
            "on_ground": shades.contrast(made.text[index], ground),
        })  # fmt: skip
    return found


@require_POST
def reset(request: HttpRequest) -> HttpResponse:
    """Back to what the product ships."""
    require(request.user, Role.ADMINISTRATOR)
    services.reset_branding(actor=request.user, source=Source.WEB)
    toasts.say(request, _("The product looks as it was shipped"))
    return htmx.redirect(request, reverse("desk:settings-branding"))


def terms(request: HttpRequest) -> HttpResponse:
    """The organisation's own words for the kinds of ticket and record."""
    require(request.user, Role.ADMINISTRATOR)
    row = services.stored()
    return save_grid(
        request, "desk/settings/terms.html", TermsForm,
        lambda form: services.save_terms(form.terms(), actor=request.user, source=Source.WEB),
        lock=_lock, done=reverse("desk:settings-terms"), said=_("Terms saved"), title=_("Terms"),
        history_url=history_url(row, request.user), reset_url=reverse("desk:settings-terms-reset") if row.terms else "",
    )  # fmt: skip


@require_POST
def reset_terms(request: HttpRequest) -> HttpResponse:
    """Every kind is called as the product calls it."""
    require(request.user, Role.ADMINISTRATOR)
    services.save_terms({}, actor=request.user, source=Source.WEB)
    toasts.say(request, _("The product's own words are back"))
    return htmx.redirect(request, reverse("desk:settings-terms"))
