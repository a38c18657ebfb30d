"""The service lifecycle's five stages and their twenty activities: filled by the stages, drawn by the desk."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the lifecycle; ``code`` is its address."""

    code: str
    label: Any
    name: Any
    text: Any
    icon: str


STAGES = (
    Stage("strategy", _("Strategy"), _("Service strategy"), _("Decide what to offer, to whom, and why"), "compass"),
    Stage("design", _("Design"), _("Service design"), _("Design what was decided, and prove it"), "drafting-compass"),
    Stage(
        "transition", _("Transition"), _("Service transition"), _("Bring it to people, safely and supported"),
        "package-check",
    ),
    Stage("operation", _("Operation"), _("Service operation"), _("Keep services running and help people"), "activity"),
    Stage(
        "improvement", _("Improvement"), _("Continual improvement"), _("Measure, learn, and make it better"),
        "trending-up",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of an activity: at most three each, the most telling first."""

    label: Any
    value: Any
    tone: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Attention:
    """Something of the stage that somebody has to look at. The heavier, the further up (0 to 100)."""

    text: Any
    detail: Any = ""
    badge: Any = ""
    tone: str = "amber"
    url: str = ""
    icon: str = "circle-alert"
    weight: int = 50


@dataclass(frozen=True, slots=True)
class Summary:
    """What an activity says of itself to one person: computed from data that this person may see."""

    figures: Sequence[Figure] = ()
    attention: Sequence[Attention] = ()


Summarise = Callable[[Any], Summary]


@dataclass(frozen=True, slots=True)
class Activity:
    """One of the twenty. ``summarise`` takes the user; ``links`` are pairs of a label and a URL name."""

    stage: str
    number: int
    title: Any
    text: Any
    icon: str
    summarise: Summarise
    links: tuple[tuple[Any, str], ...] = ()
    roles: frozenset[str] = field(default_factory=frozenset)

    def addresses(self) -> list[tuple[Any, str]]:
        """The links whose pages exist."""
        found = []
        for label, name in self.links:
            try:
                found.append((label, reverse(name)))
            except NoReverseMatch:
                log.warning("The activity %s links to %s, which does not exist.", self.title, name)
        return found


_activities: dict[int, Activity] = {}
_more: dict[int, list[tuple[Summarise, tuple[tuple[Any, str], ...]]]] = {}


def register(
    stage: str,
    number: int,
    title: Any,
    text: Any,
    icon: str,
    summarise: Summarise,
    *,
    links: Iterable[tuple[Any, str]] = (),
    roles: Iterable[str] = (),
) -> None:
    """Add one of the twenty activities (1 to 20); called from ``AppConfig.ready``. Without roles: the whole desk."""
    _activities[number] = Activity(stage, number, title, text, icon, summarise, tuple(links), frozenset(roles))


def extend(number: int, summarise: Summarise, links: Iterable[tuple[Any, str]] = ()) -> None:
    """Add figures, attention and links of a second area to an activity, registered before or after this."""
    entry = (summarise, tuple(links))
    if entry not in _more.setdefault(number, []):
        _more[number].append(entry)


def activities(stage: str) -> list[Activity]:
    """The activities of a stage in their order, with what other areas add to them."""
    return [_whole(a) for _number, a in sorted(_activities.items()) if a.stage == stage]


def _whole(activity: Activity) -> Activity:
    more = _more.get(activity.number, [])
    if not more:
        return activity

    def together(user: Any) -> Summary:
        said = [activity.summarise(user), *(summarise(user) for summarise, _links in more)]
        figures = [figure for summary in said for figure in summary.figures]
        return Summary(figures, [item for summary in said for item in summary.attention])

    links = (*activity.links, *(link for _summarise, found in more for link in found))
    return replace(activity, summarise=together, links=links)
