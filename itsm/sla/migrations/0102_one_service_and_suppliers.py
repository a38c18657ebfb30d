"""Targets of a team or a supplier about one service, and clocks of waiting for a supplier."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_email_by_upper"),
        ("catalogue", "0101_access_offerings"),
        ("sla", "0101_fulfilment_and_on_call"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="target",
            name="sla_target_of_level_once",
        ),
        migrations.RemoveConstraint(
            model_name="target",
            name="sla_target_of_level_any_once",
        ),
        migrations.RemoveConstraint(
            model_name="target",
            name="sla_target_of_team_once",
        ),
        migrations.RemoveConstraint(
            model_name="target",
            name="sla_target_of_team_any_once",
        ),
        migrations.AddField(
            model_name="target",
            name="service",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="inside_targets",
                to="catalogue.service",
                verbose_name="service",
            ),
        ),
        migrations.AlterField(
            model_name="clock",
            name="metric",
            field=models.CharField(
                choices=[
                    ("first_response", "First response"),
                    ("resolution", "Resolution"),
                    ("update", "Next reply"),
                    ("ola", "Team time"),
                    ("uc", "Waiting for the supplier"),
                    ("fulfilment", "Fulfilment"),
                ],
                max_length=20,
                verbose_name="metric",
            ),
        ),
        migrations.AlterField(
            model_name="dailyattainment",
            name="metric",
            field=models.CharField(
                choices=[
                    ("first_response", "First response"),
                    ("resolution", "Resolution"),
                    ("update", "Next reply"),
                    ("ola", "Team time"),
                    ("uc", "Waiting for the supplier"),
                    ("fulfilment", "Fulfilment"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="target",
            name="metric",
            field=models.CharField(
                choices=[
                    ("first_response", "First response"),
                    ("resolution", "Resolution"),
                    ("update", "Next reply"),
                    ("ola", "Team time"),
                    ("uc", "Waiting for the supplier"),
                    ("fulfilment", "Fulfilment"),
                ],
                max_length=20,
                verbose_name="metric",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("metric", "uc"), ("service__isnull", False)),
                    ("metric", "ola"),
                    models.Q(models.Q(("metric__in", ["uc", "ola"]), _negated=True), ("service__isnull", True)),
                    _connector="OR",
                ),
                name="sla_target_service_inside",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("priority__isnull", False),
                    ("service__isnull", True),
                    ("superseded_at__isnull", True),
                    ("support_level__isnull", False),
                ),
                fields=("support_level", "kind", "metric", "priority"),
                name="sla_target_of_level_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("priority__isnull", True),
                    ("service__isnull", True),
                    ("superseded_at__isnull", True),
                    ("support_level__isnull", False),
                ),
                fields=("support_level", "kind", "metric"),
                name="sla_target_of_level_any_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("priority__isnull", False),
                    ("service__isnull", False),
                    ("superseded_at__isnull", True),
                    ("support_level__isnull", False),
                ),
                fields=("support_level", "service", "kind", "priority"),
                name="sla_target_of_supplier_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("priority__isnull", True),
                    ("service__isnull", False),
                    ("superseded_at__isnull", True),
                    ("support_level__isnull", False),
                ),
                fields=("support_level", "service", "kind"),
                name="sla_target_of_supplier_any_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("priority__isnull", False),
                    ("service__isnull", True),
                    ("superseded_at__isnull", True),
                    ("team__isnull", False),
                ),
                fields=("team", "kind", "priority"),
                name="sla_target_of_team_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("priority__isnull", True),
                    ("service__isnull", True),
                    ("superseded_at__isnull", True),
                    ("team__isnull", False),
                ),
                fields=("team", "kind"),
                name="sla_target_of_team_any_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("priority__isnull", False),
                    ("service__isnull", False),
                    ("superseded_at__isnull", True),
                    ("team__isnull", False),
                ),
                fields=("team", "service", "kind", "priority"),
                name="sla_target_of_team_service_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("priority__isnull", True),
                    ("service__isnull", False),
                    ("superseded_at__isnull", True),
                    ("team__isnull", False),
                ),
                fields=("team", "service", "kind"),
                name="sla_target_of_team_service_any_once",
            ),
        ),
    ]
