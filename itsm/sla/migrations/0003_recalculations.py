import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import itsm.lib.clock

from itsm.lib.migrations import Tables


class Migration(Tables):
    dependencies = [
        ("sla", "0002_sweep_and_escalation"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Recalculation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("scope", models.JSONField(default=dict)),
                ("reason", models.CharField(max_length=200, verbose_name="because of")),
                ("requested_at", models.DateTimeField(default=itsm.lib.clock.now, verbose_name="asked")),
                ("total", models.PositiveIntegerField(default=0, verbose_name="tickets")),
                ("done", models.PositiveIntegerField(default=0, verbose_name="done")),
                ("changed", models.PositiveIntegerField(default=0, verbose_name="changed")),
                ("failed", models.PositiveIntegerField(default=0, verbose_name="failed")),
                ("last_ticket_id", models.BigIntegerField(default=0)),
                ("claimed_until", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
                (
                    "requested_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="asked by",
                    ),
                ),
            ],
            options={
                "verbose_name": "recalculation",
                "verbose_name_plural": "recalculations",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("finished_at__isnull", True)), fields=["id"], name="sla_recalculation_to_do"
                    )
                ],
            },
        ),
    ]
