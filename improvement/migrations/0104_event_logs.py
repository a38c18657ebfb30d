"""Event logs of other systems."""

import django.db.models.deletion
import improvement.models.event_log
import itsm.lib.clock
from django.conf import settings
from django.db import migrations, models

from itsm.lib.migrations import Tables


class Migration(Tables):

    dependencies = [
        ('improvement', '0103_suppliers_in_time'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='EventLog',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=160, verbose_name='name')),
                ('file', models.FileField(max_length=200, upload_to=improvement.models.event_log.storage_name, verbose_name='file')),
                ('format', models.CharField(choices=[('csv', 'CSV'), ('xes', 'XES')], max_length=4)),
                ('size', models.PositiveBigIntegerField(verbose_name='size')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, verbose_name='uploaded')),
                ('meaning', models.JSONField(default=dict)),
                ('asked_at', models.DateTimeField(null=True)),
                ('claimed_until', models.DateTimeField(null=True)),
                ('rows_read', models.PositiveIntegerField(default=0)),
                ('computed_at', models.DateTimeField(null=True)),
                ('result', models.JSONField(null=True)),
                ('problems', models.JSONField(default=list)),
                ('bad_rows', models.PositiveIntegerField(default=0)),
                ('error', models.CharField(blank=True, max_length=500)),
                ('uploaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='uploaded by')),
            ],
            options={
                'verbose_name': 'event log',
                'verbose_name_plural': 'event logs',
                'ordering': ['-created_at', '-id'],
                'indexes': [models.Index(condition=models.Q(('asked_at__isnull', False), ('computed_at__isnull', True)), fields=['asked_at'], name='improvement_log_waiting')],
            },
        ),
    ]
