"""Access is something to ask for; plans and approval policies are checked."""

import itsm.catalogue.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0002_subscribers_only"),
    ]

    operations = [
        migrations.AlterField(
            model_name="serviceoffering",
            name="kind",
            field=models.CharField(
                choices=[
                    ("report", "Report a problem"),
                    ("request", "Ask for something"),
                    ("access", "Ask for access"),
                ],
                default="request",
                max_length=10,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name='serviceoffering',
            name='approval_policy',
            field=models.JSONField(blank=True, default=dict, validators=[itsm.catalogue.validators.validate_approval], verbose_name='approval policy'),
        ),
        migrations.AlterField(
            model_name='serviceoffering',
            name='fulfilment_plan',
            field=models.JSONField(blank=True, default=list, validators=[itsm.catalogue.validators.validate_plan], verbose_name='fulfilment plan'),
        ),
    ]
