import django.db.models.deletion
from django.db import migrations, models

from itsm.lib.migrations import Tables


class Migration(Tables):

    initial = True

    dependencies = [
        ('tickets', '0001_tickets'),
    ]

    operations = [
        migrations.CreateModel(
            name='Incident',
            fields=[
                ('ticket_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to='tickets.ticket')),
                ('resolution_code', models.CharField(blank=True, choices=[('fixed', 'Fixed'), ('workaround', 'Workaround given'), ('advice', 'Explained, nothing was broken'), ('duplicate', 'Duplicate'), ('not_reproducible', 'Could not be reproduced'), ('no_answer', 'No answer from the requester'), ('with_parent', 'Resolved with its parent')], max_length=20, verbose_name='resolution')),
                ('resolution', models.TextField(blank=True, verbose_name='what solved it')),
                ('cancel_reason', models.TextField(blank=True, verbose_name='reason for cancelling')),
                ('major_since', models.DateTimeField(blank=True, null=True, verbose_name='major since')),
                ('affected_people', models.PositiveIntegerField(blank=True, null=True, verbose_name='people affected')),
                ('next_update_at', models.DateTimeField(blank=True, null=True, verbose_name='next stakeholder update')),
                ('reminders_sent', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('last_reminder_at', models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                'verbose_name': 'incident',
                'verbose_name_plural': 'incidents',
                'indexes': [models.Index(condition=models.Q(('next_update_at__isnull', False)), fields=['next_update_at'], name='operation_incident_update_due')],
            },
            bases=('tickets.ticket',),
        ),
    ]
