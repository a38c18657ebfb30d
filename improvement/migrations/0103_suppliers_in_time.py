"""The KPI of suppliers, with a target to begin with."""

from django.db import migrations


def add(apps, schema_editor):
    kpi = apps.get_model("improvement", "KPI")
    kpi.objects.get_or_create(code="supplier_attainment", defaults={"target": 95, "warning": 90})


class Migration(migrations.Migration):
    dependencies = [("improvement", "0102_first_targets")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
