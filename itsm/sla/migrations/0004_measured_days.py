from django.db import migrations, models

import itsm.lib.clock


class Migration(migrations.Migration):
    dependencies = [("sla", "0003_recalculations")]

    operations = [
        migrations.AddField("dailybacklog", "dropped", models.PositiveIntegerField(db_default=0, default=0)),
        migrations.CreateModel(
            name="MeasuredDay",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("measured_at", models.DateTimeField(default=itsm.lib.clock.now)),
                ("restated_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "measured day",
                "verbose_name_plural": "measured days",
                "ordering": ["day"],
            },
        ),
    ]
