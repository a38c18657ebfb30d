"""The nightly run of all rules: violations opened and closed, each rule by itself."""

from __future__ import annotations

import logging

from django.db import transaction

from itsm.lib import clock
from strategy import rules
from strategy.models import RuleRun, Violation
from strategy.rules import Finding, Rule

log = logging.getLogger(__name__)

#: Of one rule; more than that says the same.
MOST = 5_000


def run(codes: list[str] | None = None) -> int:
    """Run the rules; one that fails is logged and leaves what was found before. Returns the open violations."""
    opened = 0
    for rule in rules.all_rules():
        if codes and rule.code not in codes:
            continue
        try:
            opened += run_one(rule)
        except Exception as error:
            # A rule belongs to a stage and may fail in any way; its page shows the error, and the others run.
            log.exception("a rule failed", extra={"rule": rule.code})
            RuleRun.objects.update_or_create(
                rule=rule.code, defaults={"error": f"{type(error).__name__}: {error}"[:300]}
            )
    known = [rule.code for rule in rules.all_rules()]
    if not codes:
        # What a rule found that is gone is nobody's violation any more.
        Violation.objects.open().exclude(rule__in=known).update(closed_at=clock.now())
        RuleRun.objects.exclude(rule__in=known).delete()
    return opened


@transaction.atomic
def run_one(rule: Rule) -> int:
    """Compare what breaks the rule now with what did, and keep the difference."""
    row, _made = RuleRun.objects.get_or_create(rule=rule.code)
    RuleRun.objects.select_for_update().get(pk=row.pk)
    now = clock.now()
    label = rule.model._meta.label_lower
    found: dict[int, Finding] = {}
    for finding in rule.find():
        found.setdefault(finding.subject.pk, finding)
        if len(found) >= MOST:
            break
    before = {one.subject_id: one for one in Violation.objects.open().filter(rule=rule.code)}
    gone = [one.pk for pk, one in before.items() if pk not in found]
    for start in range(0, len(gone), 500):
        Violation.objects.filter(pk__in=gone[start : start + 500]).update(closed_at=now)
    fresh, changed = [], []
    for pk, finding in found.items():
        values = _values(finding)
        known = before.get(pk)
        if known is None:
            fresh.append(Violation(rule=rule.code, subject_type=label, subject_id=pk, opened_at=now, **values))
        elif any(getattr(known, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(known, name, value)
            changed.append(known)
    Violation.objects.bulk_create(fresh, batch_size=500)
    Violation.objects.bulk_update(changed, ["label", "url", "detail", "service_id"], batch_size=500)
    RuleRun.objects.filter(pk=row.pk).update(at=now, in_scope=rule.scope().count(), found=len(found), error="")
    return len(found)


def _values(finding: Finding) -> dict[str, object]:
    subject = finding.subject
    number = getattr(subject, "number", "")
    words = f"{number} {subject}" if number and str(number) not in str(subject) else str(subject)
    service = finding.service_id
    if service is None and subject._meta.label_lower == "catalogue.service":
        service = subject.pk
    return {
        "label": words[:250], "url": (finding.url or subject.get_absolute_url())[:500],
        "detail": str(finding.detail)[:500], "service_id": service,
    }  # fmt: skip
