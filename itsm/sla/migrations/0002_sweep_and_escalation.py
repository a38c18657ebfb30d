from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sla", "0001_clocks")]

    operations = [
        migrations.AddField(
            "clock",
            "carried",
            models.JSONField(db_default=models.Value([], output_field=models.JSONField()), default=list),
        ),
        migrations.AddField("clockevent", "attempts", models.PositiveSmallIntegerField(db_default=0, default=0)),
        migrations.AddField("clockevent", "next_try_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "clockevent",
            "outcome",
            models.CharField(
                blank=True,
                choices=[("done", "taken care of"), ("void", "overtaken by other terms"), ("failed", "given up after errors")],
                db_default="",
                max_length=6,
            ),
        ),
    ]
