import django.db.models.deletion
import itsm.lib.clock
from django.conf import settings
from django.db import migrations, models

from itsm.lib.migrations import Tables


class Migration(Tables):

    initial = True

    dependencies = [
        ('accounts', '__first__'),
        ('tickets', '0001_tickets'),
    ]

    operations = [
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('type', models.CharField(max_length=60)),
                ('at', models.DateTimeField(default=itsm.lib.clock.now)),
                ('object_type', models.CharField(blank=True, max_length=60)),
                ('object_id', models.BigIntegerField(null=True)),
                ('source', models.CharField(choices=[('web', 'browser'), ('api', 'API'), ('email', 'email'), ('rule', 'automation'), ('system', 'system'), ('import', 'import'), ('command', 'command line')], max_length=10)),
                ('data', models.JSONField(default=dict)),
                ('position', models.BigIntegerField(null=True, unique=True)),
                ('fanned_out_at', models.DateTimeField(null=True)),
                ('actor', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tickets.timelineentry')),
                ('ticket', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tickets.ticket')),
            ],
            options={
                'verbose_name': 'event',
                'verbose_name_plural': 'events',
                'ordering': ['id'],
                'indexes': [models.Index(condition=models.Q(('position__isnull', True)), fields=['id'], name='notifications_event_unplaced'), models.Index(condition=models.Q(('fanned_out_at__isnull', True)), fields=['id'], name='notifications_event_to_do'), models.Index(fields=['ticket', 'id'], name='notifications_event_ticket')],
            },
        ),
    ]
