"""A fresh installation begins with questions and rules that hold anywhere; a change manager edits them."""

from django.db import migrations

QUESTIONS = [
    ("What happens if it goes wrong?", "Think of the worst that is likely.",
     [(0, "Nobody notices"), (4, "Some people work around it"), (8, "A service is slow or partly down"), (12, "A service is down")]),
    ("How often was it done before?", "",
     [(0, "Many times, always well"), (3, "A few times"), (6, "Once"), (9, "Never")]),
    ("How well can it be undone?", "",
     [(0, "At once, and it was tried"), (3, "Within its window"), (7, "Only with effort"), (10, "Not at all")]),
    ("Was it tested?", "",
     [(0, "In an environment like production"), (3, "In part"), (7, "Not tested")]),
    ("How many teams have to work together?", "",
     [(0, "One"), (2, "Two or three"), (5, "More, or a supplier")]),
    ("Is security or personal data concerned?", "",
     [(0, "No"), (3, "Perhaps"), (6, "Yes")]),
]  # fmt: skip
#: Type, from score, level, role, rule, quorum, days, in a meeting.
RULES = [
    ("normal", 0, "low", "change_manager", "any", 1, 5, False),
    ("normal", 30, "medium", "cab_member", "quorum", 2, 5, True),
    ("normal", 60, "high", "cab_member", "quorum", 3, 7, True),
    ("emergency", 0, "high", "change_manager", "any", 1, 1, False),
]


def write(apps, schema_editor):
    question = apps.get_model("transition", "RiskQuestion")
    for number, (text, hint, options) in enumerate(QUESTIONS, 1):
        given = [{"points": points, "label": label} for points, label in options]
        question.objects.get_or_create(text=text, defaults={"hint": hint, "options": given, "position": 10 * number})
    rule = apps.get_model("transition", "ApprovalRule")
    for kind, score, level, role, how, quorum, days, in_meeting in RULES:
        rule.objects.get_or_create(
            change_type=kind, from_score=score,
            defaults={"level": level, "role": role, "rule": how, "quorum": quorum, "days": days, "in_meeting": in_meeting},
        )


class Migration(migrations.Migration):

    dependencies = [("transition", "0201_changes")]

    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
