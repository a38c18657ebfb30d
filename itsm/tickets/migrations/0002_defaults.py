"""The reference data every new installation starts with: priority matrix and hold reasons."""

from django.db import migrations

#: impact, urgency -> priority: the common 3 x 3 matrix.
MATRIX = {(1, 1): 1, (1, 2): 2, (2, 1): 2, (1, 3): 3, (2, 2): 3, (3, 1): 3, (2, 3): 4, (3, 2): 4, (3, 3): 5}
REASONS = [
    ("requester", "Requester", "requester", True, True),
    ("supplier", "Supplier", "supplier", False, False),
    ("change", "Change", "internal", False, False),
    ("problem", "Problem", "internal", False, False),
]


def create(apps, schema_editor):
    rule = apps.get_model("tickets", "PriorityRule")
    for (impact, urgency), priority in MATRIX.items():
        rule.objects.get_or_create(impact=impact, urgency=urgency, defaults={"priority": priority})
    reason = apps.get_model("tickets", "HoldReason")
    for position, (code, label, party, needs_comment, resumes) in enumerate(REASONS):
        reason.objects.get_or_create(
            code=code,
            defaults={
                "label": label,
                "party": party,
                "needs_comment": needs_comment,
                "resumes_on_reply": resumes,
                "position": position,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_tickets")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
