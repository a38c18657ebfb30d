"""Who works in the queue, and the list they look at."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _

from itsm.desk.reports.state import QueueState
from itsm.lib.errors import Denied

View = Callable[..., Any]


def desk_only(view: View) -> View:
    """The queue is for staff; requesters have their own pages."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user: Any = request.user
        if not user.is_desk:
            raise Denied(_("The queue is for the service desk. Your tickets are in the portal."))
        return view(request, *args, **kwargs)

    return guarded


def state_of(request: HttpRequest, query: str | None = None) -> QueueState:
    """The list that the address describes; ``query`` where another address does."""
    params = request.GET if query is None else QueryDict(query[:4000])
    return QueueState.read(request.user, params)  # type: ignore[arg-type]
