from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("operation", "0002_outages")]

    operations = [
        migrations.AddField(
            "incident", "update_missed_at", models.DateTimeField(blank=True, editable=False, null=True)
        ),
    ]
