"""Access is something to ask for."""

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
    ]
