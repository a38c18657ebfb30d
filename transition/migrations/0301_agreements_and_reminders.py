"""Subscriptions know their agreement and what they granted, deliveries their early life, contracts their reminder."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("design", "0201_agreements"),
        ("transition", "0003_delivery"),
        ("transition", "0202_first_questions"),
    ]

    operations = [
        migrations.AddField(
            model_name="subscription",
            name="agreement",
            field=models.ForeignKey(blank=True, help_text="By which it is delivered. Its targets count, unless a support level is chosen here.", null=True, on_delete=django.db.models.deletion.PROTECT, related_name="subscriptions", to="design.agreement", verbose_name="agreement"),
        ),
        migrations.AddField(
            model_name="subscription", name="granted", field=models.BooleanField(default=False, editable=False)
        ),
        migrations.AddField(
            model_name="delivery",
            name="early_life_from",
            field=models.DateField(blank=True, editable=False, null=True, verbose_name="early-life support since"),
        ),
        migrations.AddField(
            model_name="contract", name="reminded_of", field=models.DateField(editable=False, null=True)
        ),
    ]
