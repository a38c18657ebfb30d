from django.db import migrations, models


class Migration(migrations.Migration):
    """What happened before there were rules starts none."""

    dependencies = [("notifications", "0002_messages")]

    operations = [
        migrations.AddField("event", "automated_at", models.DateTimeField(null=True)),
        migrations.RunSQL("UPDATE notifications_event SET automated_at = at", migrations.RunSQL.noop),
    ]
