"""Key results that are read from a measure, cost items that pay a contract, cost centres of the service desk."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_email_by_upper"),
        ("catalogue", "0101_access_offerings"),
        ("strategy", "0201_cost_policies_and_rules"),
    ]

    operations = [
        migrations.AddField(
            model_name="costcentre",
            name="serves_desk",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="What is booked on it, but labour, counts in the cost per ticket.",
                verbose_name="tools and overhead of the service desk",
            ),
        ),
        migrations.AddField(
            model_name="costitem",
            name="contract",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Number of a contract: its own cost does not count in the months that this item pays for.",
                max_length=20,
                validators=[django.core.validators.RegexValidator("^CTR-[1-9][0-9]*\\Z", "A number such as CTR-7.")],
                verbose_name="pays the contract",
            ),
        ),
        migrations.AddField(
            model_name="keyresult",
            name="measured_by",
            field=models.CharField(blank=True, db_default="", default="", max_length=80, verbose_name="measured by"),
        ),
        migrations.AddField(
            model_name="keyresult",
            name="read_on",
            field=models.DateField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="keyresult",
            name="service",
            field=models.ForeignKey(
                blank=True,
                help_text="What is measured of; empty: of every service.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="catalogue.service",
                verbose_name="of the service",
            ),
        ),
        migrations.AddField(
            model_name="keyresult",
            name="team",
            field=models.ForeignKey(
                blank=True,
                help_text="Empty: of every team.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.team",
                verbose_name="of the team",
            ),
        ),
        migrations.AddField(
            model_name="keyresult",
            name="window_days",
            field=models.PositiveSmallIntegerField(
                db_default=30,
                default=30,
                help_text="So many days before today count.",
                validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(366)],
                verbose_name="over the last days",
            ),
        ),
    ]
