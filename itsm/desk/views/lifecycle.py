"""The service lifecycle: a page per stage with its four activities, their figures, and what needs attention."""

from __future__ import annotations

import logging
from typing import Any

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from itsm.ui import lifecycle
from itsm.ui import pages as ui
from itsm.ui.lifecycle import Activity, Attention, Stage, Summary

log = logging.getLogger(__name__)

#: What the tabs of the other stages say may be this old; the shown stage is always read anew.
TAB_SECONDS = 120
MOST_ATTENTION = 8
NOTHING = Summary()


@require_GET
def stage(request: HttpRequest, code: str) -> HttpResponse:
    """One stage for one person: only activities of their roles, only figures of what they may see."""
    if not request.user.is_desk:
        raise Http404
    current = next(one for one in lifecycle.STAGES if one.code == code)
    cards = [(activity, summarise(activity, request.user)) for activity in _activities(current, request.user)]
    attention = _gravest(summary for _activity, summary in cards)
    known = cache.get_many([_key(one, request.user) for one in lifecycle.STAGES])
    known[_key(current, request.user)] = attention[:1]
    cache.set(_key(current, request.user), attention[:1], TAB_SECONDS)
    return ui.page(
        request,
        "desk/lifecycle/stage.html",
        title=_("Service lifecycle"),
        current=current,
        # The page does not wait for the other stages: a tab that is not known yet asks for its words by itself.
        tabs=[(one, known.get(_key(one, request.user))) for one in lifecycle.STAGES],
        cards=cards,
        attention=attention[:MOST_ATTENTION],
        more=max(0, len(attention) - MOST_ATTENTION),
    )


@require_GET
def headline(request: HttpRequest, code: str) -> HttpResponse:
    """The gravest thing of a stage, for its tab on the page of another."""
    if not request.user.is_desk:
        raise Http404
    stage = next((one for one in lifecycle.STAGES if one.code == code), None)
    if stage is None:
        raise Http404
    return ui.render_part(request, "desk/lifecycle/_headline.html", found=_headline(stage, request.user))


def summarise(activity: Activity, user: Any) -> Summary:
    """What the activity says; one that fails leaves its card empty instead of taking the page with it."""
    try:
        return activity.summarise(user)
    except Exception:
        log.exception("The activity %s could not be summarised.", activity.number)
        return NOTHING


def _activities(stage: Stage, user: Any) -> list[Activity]:
    return [a for a in lifecycle.activities(stage.code) if not a.roles or user.holds(*a.roles)]


def _gravest(summaries: Any) -> list[Attention]:
    found = [item for summary in summaries for item in summary.attention]
    return sorted(found, key=lambda item: -item.weight)


def _key(stage: Stage, user: Any) -> str:
    return f"desk:lifecycle:{stage.code}:{user.pk}"


def _headline(stage: Stage, user: Any) -> list[Attention]:
    """The gravest thing of a stage, for its tab."""
    found: list[Attention] | None = cache.get(_key(stage, user))
    if found is None:
        found = _gravest(summarise(activity, user) for activity in _activities(stage, user))[:1]
        cache.set(_key(stage, user), found, TAB_SECONDS)
    return found
