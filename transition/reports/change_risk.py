"""The risk of a change as a number from 0 to 100, and where every point of it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from itsm.catalogue.models import Service
from itsm.lib import clock
from transition.models import ApprovalRule, Change, RiskQuestion
from transition.reports import change_scope
from transition.states.changes import ChangeType, Outcome, RiskLevel

#: What each part can add at most.
MOST_ANSWERS, MOST_RADIUS, MOST_RECORD = 50, 30, 20
#: Points of an affected service by its criticality, 1 being the most critical.
BY_CRITICALITY = {1: 8, 2: 5, 3: 3, 4: 1}
#: Without a track record nobody knows: so many points.
UNKNOWN_RECORD = 5
#: Changes of so many days count as track record, at most so many.
RECORD_DAYS, MOST_SIMILAR = 365, 50


@dataclass(slots=True)
class Line:
    """One reason for some points."""

    part: str
    label: str
    points: int
    detail: str = ""

    def plain(self) -> dict[str, Any]:
        return {"part": self.part, "label": self.label, "points": self.points, "detail": self.detail}


@dataclass(slots=True)
class Risk:
    """The score, what it is called, and its lines: their points add up to it."""

    score: int = 0
    level: str = RiskLevel.LOW
    lines: list[Line] = field(default_factory=list)


def assess(change: Change, answers: Mapping[str, str]) -> Risk:
    """Answers, blast radius and track record of a change.

    Nobody has the time to answer everything about an emergency: what is not answered counts at its worst.
    """
    worst = change.change_type == ChangeType.EMERGENCY
    lines = [
        *_capped(_answers(answers, worst=worst), "answers", MOST_ANSWERS),
        *_capped(_radius(change), "radius", MOST_RADIUS),
        *_record(change),
    ]
    score = min(sum(line.points for line in lines), 100)
    return Risk(score, level_of(score), lines)


def level_of(score: int) -> str:
    """What a score is called, by the rules about normal changes."""
    rule = rule_for(ChangeType.NORMAL, score)
    return rule.level if rule is not None else RiskLevel.HIGH


def rule_for(change_type: str, score: int) -> ApprovalRule | None:
    """The rule that says who approves a change of this type and score."""
    rows = ApprovalRule.objects.filter(change_type=change_type, from_score__lte=score)
    return rows.select_related("team").order_by("-from_score").first()


def questions() -> list[RiskQuestion]:
    return list(RiskQuestion.objects.filter(is_active=True))


def unanswered(answers: Mapping[str, str]) -> list[RiskQuestion]:
    """Questions without an answer that exists."""
    return [one for one in questions() if one.points_of(answers.get(str(one.pk), "")) is None]


def _answers(answers: Mapping[str, str], *, worst: bool) -> list[Line]:
    found = []
    for one in questions():
        given = answers.get(str(one.pk), "")
        points = one.points_of(given)
        if points is None and worst:
            found.append(Line("answers", one.text, one.most, _("not answered: counted at its worst")))
        elif given:
            found.append(Line("answers", one.text, points or 0, given))
    return found


def _radius(change: Change) -> list[Line]:
    """One line for each criticality of services that fail when this goes wrong."""
    scope = change_scope.of(change)
    rows = Service.objects.filter(pk__in=scope.services_hit).exclude(status__in=Service.Status.ENDED)
    by: dict[int, list[str]] = {}
    for criticality, name in rows.order_by("criticality", "name").values_list("criticality", "name"):
        by.setdefault(criticality, []).append(name)
    lines = []
    for criticality, names in by.items():
        label = ngettext(
            "%(count)d affected service of criticality %(criticality)d",
            "%(count)d affected services of criticality %(criticality)d", len(names),
        ) % {"count": len(names), "criticality": criticality}  # fmt: skip
        shown = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
        lines.append(Line("radius", label, BY_CRITICALITY[criticality] * len(names), shown))
    items = len(scope.items_hit)
    if items:
        words = ngettext("%d item is changed or depends on one", "%d items are changed or depend on one", items) % items
        lines.append(Line("radius", words, 0))
    return lines


def similar(change: Change) -> Any:
    """Changes that ended within a year and were alike: the same template, else the same type and service."""
    rows = Change.objects.implemented().exclude(pk=change.pk)
    rows = rows.filter(actual_end__gte=clock.now() - timedelta(days=RECORD_DAYS))
    if change.template_id:
        return rows.filter(template=change.template_id)
    return rows.filter(change_type=change.change_type).touching(change.touched())


def _record(change: Change) -> list[Line]:
    ids = list(similar(change).order_by("-actual_end").values_list("pk", flat=True)[:MOST_SIMILAR])
    told = Change.objects.filter(pk__in=ids).aggregate(good=Count("pk", filter=Q(outcome=Outcome.SUCCESSFUL)))
    if not ids:
        return [Line("record", _("No similar change within a year"), UNKNOWN_RECORD, _("nothing is known about it"))]
    share = told["good"] / len(ids)
    words = {"good": told["good"], "all": len(ids)}
    label = _("%(good)d of %(all)d similar changes were successful") % words
    return [Line("record", label, round((1 - share) * MOST_RECORD), f"{share:.0%}")]


def _capped(lines: list[Line], part: str, most: int) -> list[Line]:
    """The lines of a part, and what is over its limit taken off again, so that everything adds up."""
    over = sum(line.points for line in lines) - most
    return [*lines, Line(part, _("No part counts more than %d") % most, -over)] if over > 0 else lines
