"""A target for what is ordered, and an escalation step that pages who is on call."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sla", "0006_published_terms"),
    ]

    operations = [
        migrations.AlterField(
            model_name="clock",
            name="metric",
            field=models.CharField(
                choices=[
                    ("first_response", "First response"),
                    ("resolution", "Resolution"),
                    ("update", "Next reply"),
                    ("ola", "Team time"),
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
                    ("fulfilment", "Fulfilment"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="escalationstep",
            name="action",
            field=models.CharField(
                choices=[
                    ("notify_assignee", "tell the assignee"),
                    ("notify_team", "tell the team"),
                    ("notify_leads", "tell the team's leads"),
                    ("notify_owner", "tell the service owner"),
                    ("notify_role", "tell everybody with a role"),
                    ("page_on_call", "page who is on call"),
                    ("escalate", "hand over to the next line"),
                    ("raise_priority", "raise the priority by one"),
                ],
                max_length=20,
                verbose_name="action",
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
                    ("fulfilment", "Fulfilment"),
                ],
                max_length=20,
                verbose_name="metric",
            ),
        ),
    ]
