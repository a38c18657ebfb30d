"""The KPIs that come with the product, with targets to begin with; the daily job adds those of other packages."""

from django.db import migrations

#: Code, target, warning, in the unit of the KPI.
KPIS = (
    ("first_response", 60, 120), ("resolution", 480, 960), ("response_attainment", 95, 90), ("attainment", 95, 90),
    ("backlog", None, None), ("ageing", 10, 20), ("reopen", 5, 10), ("first_level", 65, 50),
    ("change_success", 95, 90), ("emergency_changes", 5, 10), ("problem_ratio", 3, 1), ("availability", "99.5", 99),
    ("csat", 85, 75), ("cost_per_ticket", None, None),
)  # fmt: skip


def add(apps, schema_editor):
    kpi = apps.get_model("improvement", "KPI")
    for code, target, warning in KPIS:
        kpi.objects.get_or_create(code=code, defaults={"target": target, "warning": warning})


class Migration(migrations.Migration):
    dependencies = [("improvement", "0101_kpis_and_reviews")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
