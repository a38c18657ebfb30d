from django.db import migrations, models


class Migration(migrations.Migration):
    """Apart from the rows it is about: PostgreSQL does not index what the same transaction changed."""

    dependencies = [("notifications", "0003_seen_by_rules")]

    operations = [
        migrations.AddIndex(
            "event",
            models.Index(
                condition=models.Q(automated_at__isnull=True), fields=["id"], name="notifications_event_to_rule"
            ),
        ),
    ]
