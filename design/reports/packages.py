"""What a design proves: requirement, criterion, cases and their latest results; and a design as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from design.models import Defect, DesignCriterion, ServiceDesignPackage, TestCase
from design.package_states import RESULT_TONES, Result, SectionKind


@dataclass(frozen=True, slots=True)
class Traced:
    """A criterion with what proves it."""

    criterion: DesignCriterion
    cases: list[TestCase]

    @property
    def verdict(self) -> str:
        """As the sign-off sees it: one failed case fails it, one passed case proves it."""
        results = {case.result for case in self.cases}
        return next((one for one in (Result.FAIL, Result.PASS, Result.BLOCKED) if one in results), "")

    @property
    def tone(self) -> str:
        return RESULT_TONES[self.verdict]

    @property
    def label(self) -> str:
        if not self.cases:
            return str(_("No test"))
        return str(Result(self.verdict).label) if self.verdict else str(_("Not run"))


def coverage(package: ServiceDesignPackage) -> list[Traced]:
    """Criteria by requirement, each with its cases; two queries for any number."""
    rows = package.criteria.select_related("requirement").prefetch_related("cases__plan")
    found = sorted(rows, key=lambda one: (one.requirement_id is None, one.requirement_id or 0, one.pk))
    return [Traced(one, list(one.cases.all())) for one in found]


def glance(traced: Iterable[Traced]) -> list[tuple[str, int, str]]:
    """How many cases ended how, for a bar."""
    counted = Counter(case.result for one in traced for case in one.cases)
    parts = [(str(result.label), counted[result], RESULT_TONES[result]) for result in Result]
    return [*parts, (str(_("Not run")), counted[""], RESULT_TONES[""])]


def sections(package: ServiceDesignPackage) -> list[tuple[SectionKind, Any]]:
    """All sections in their order; a removed one is None."""
    there = {one.kind: one for one in package.sections.all()}
    return [(kind, there.get(kind)) for kind in SectionKind]


def snapshot(package: ServiceDesignPackage) -> dict[str, Any]:
    """The design as plain words, for reading after everything has changed."""
    return {
        "number": package.number, "title": package.title, "service": package.service.name, "version": package.edition,
        "owner": str(package.owner), "description": package.description,
        "sections": [
            {"name": str(kind.label), "text": one.text if one else "", "complete": bool(one and one.complete)}
            for kind, one in sections(package)
        ],
        "processes": [f"{one.number} {one}" for one in package.processes.order_by("name")],
        "systems": [
            {"name": need.system, "status": str(need.get_status_display()), "evidence": need.evidence}
            for need in package.systems.all()
        ],
        "criteria": [
            {
                "requirement": f"{one.criterion.requirement.number} {one.criterion.requirement}"
                if one.criterion.requirement else "",
                "criterion": one.criterion.text, "result": one.label, "tone": one.tone,
                "cases": [
                    {"plan": case.plan.number, "case": case.title, "result": case.result_label,
                     "runs": case.runs.count()}
                    for case in one.cases
                ],
            }
            for one in coverage(package)
        ],
        "defects": [
            {"number": one.number, "title": one.title, "severity": str(one.get_severity_display()),
             "state": str(one.get_state_display())}
            for one in Defect.objects.filter(package=package).unsolved().order_by("id")
        ],
    }  # fmt: skip
