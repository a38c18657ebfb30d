"""Tasks of a plan take turns."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_email_by_upper"),
        ("tickets", "0006_reopened"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="tickettask",
            name="days",
            field=models.PositiveSmallIntegerField(blank=True, editable=False, null=True, verbose_name="days"),
        ),
        migrations.AddField(
            model_name="tickettask",
            name="step",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, editable=False, verbose_name="step"),
        ),
        migrations.AlterField(
            model_name="tickettask",
            name="state",
            field=models.CharField(
                choices=[("waiting", "Waits for others"), ("open", "Open"), ("done", "Done"), ("skipped", "Skipped")],
                default="open",
                editable=False,
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="tickettask",
            index=models.Index(
                condition=models.Q(("state", "open")), fields=["team", "due_at", "id"], name="tickets_task_of_team"
            ),
        ),
        migrations.AddIndex(
            model_name="tickettask",
            index=models.Index(
                condition=models.Q(("state", "open")),
                fields=["assignee", "due_at", "id"],
                name="tickets_task_of_person",
            ),
        ),
    ]
