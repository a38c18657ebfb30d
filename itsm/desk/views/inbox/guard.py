"""Who may open the notification settings."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from itsm.accounts.roles import Role
from itsm.lib.errors import Denied

View = Callable[..., HttpResponse]


def administrators_only(view: View) -> View:
    """The settings of the organisation are the administrator's."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user: Any = request.user
        if not user.holds(Role.ADMINISTRATOR):
            raise Denied(_("Your roles do not include these settings."))
        return view(request, *args, **kwargs)

    return checked
