import django.core.validators
import django.db.models.deletion
import itsm.lib.clock
from django.db import migrations, models

from itsm.lib.migrations import Tables


class Migration(Tables):

    dependencies = [
        ('accounts', '0003_email_by_upper'),
        ('catalogue', '0002_subscribers_only'),
        ('operation', '0004_risks'),
        ('transition', '0101_configuration_items'),
    ]

    operations = [
        migrations.CreateModel(
            name='EventSource',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True, verbose_name='name')),
                ('tool', models.CharField(choices=[('alertmanager', 'Alertmanager'), ('grafana', 'Grafana'), ('zabbix', 'Zabbix'), ('icinga', 'Icinga, Nagios, Checkmk'), ('cloudevents', 'CloudEvents'), ('json', 'Plain JSON')], default='alertmanager', max_length=12, verbose_name='tool')),
                ('opens_from', models.PositiveSmallIntegerField(choices=[(1, 'Critical'), (2, 'Major'), (3, 'Minor'), (4, 'For information')], default=3, help_text='Events that are less bad are only kept.', verbose_name='opens incidents from')),
                ('window_minutes', models.PositiveSmallIntegerField(default=30, help_text='Events on items that depend on each other, or of one group, join one incident for so long.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1440)], verbose_name='belongs together within (minutes)')),
                ('stale_hours', models.PositiveSmallIntegerField(default=24, help_text='An event that is not repeated for so long is no longer believed. 0: never.', validators=[django.core.validators.MaxValueValidator(8760)], verbose_name='forgotten after (hours)')),
                ('digest', models.CharField(blank=True, db_index=True, editable=False, max_length=128)),
                ('last_heard_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='last heard of')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('service', models.ForeignKey(blank=True, help_text='What events are about when they name neither an item nor a service.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='catalogue.service', verbose_name='service')),
                ('team', models.ForeignKey(blank=True, help_text='Gets the incidents. Empty: as any incident of the service.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.team', verbose_name='team')),
            ],
            options={
                'verbose_name': 'event source',
                'verbose_name_plural': 'event sources',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fingerprint', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('firing', 'Firing'), ('resolved', 'Over'), ('stale', 'Not heard of any more')], default='firing', max_length=10, verbose_name='state')),
                ('severity', models.PositiveSmallIntegerField(choices=[(1, 'Critical'), (2, 'Major'), (3, 'Minor'), (4, 'For information')], default=3, verbose_name='severity')),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('description', models.TextField(blank=True, verbose_name='description')),
                ('group', models.CharField(blank=True, max_length=200)),
                ('host', models.CharField(blank=True, max_length=200, verbose_name='host')),
                ('url', models.CharField(blank=True, max_length=500, verbose_name='address')),
                ('labels', models.JSONField(blank=True, default=dict, verbose_name='labels')),
                ('suppressed', models.CharField(blank=True, max_length=200, verbose_name='suppressed')),
                ('count', models.PositiveIntegerField(default=1, verbose_name='reports')),
                ('first_at', models.DateTimeField(default=itsm.lib.clock.now, verbose_name='first')),
                ('last_at', models.DateTimeField(default=itsm.lib.clock.now, verbose_name='last')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='over since')),
                ('incident', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='events', to='operation.incident', verbose_name='incident')),
                ('item', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='events', to='transition.configurationitem', verbose_name='item')),
                ('service', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='events', to='catalogue.service', verbose_name='service')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='operation.eventsource', verbose_name='source')),
            ],
            options={
                'verbose_name': 'event',
                'verbose_name_plural': 'events',
                'ordering': ['-last_at', '-id'],
                'indexes': [models.Index(fields=['-last_at', '-id'], name='operation_event_latest'), models.Index(fields=['state', '-last_at', '-id'], name='operation_event_by_state'), models.Index(fields=['service', 'state'], name='operation_event_of_service'), models.Index(fields=['item', 'state'], name='operation_event_of_item'), models.Index(condition=models.Q(('state', 'firing')), fields=['source', 'last_at'], name='operation_event_stale')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'firing')), fields=('source', 'fingerprint'), name='operation_event_fires_once'), models.CheckConstraint(condition=models.Q(('state__in', ['firing', 'resolved', 'stale'])), name='operation_event_state_known')],
            },
        ),
        migrations.CreateModel(
            name='Monitor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, unique=True, verbose_name='name')),
                ('probe', models.CharField(choices=[('http', 'Web address answers'), ('tcp', 'Port accepts connections')], default='http', max_length=5, verbose_name='tries')),
                ('target', models.CharField(help_text='https://shop.example.com/health, or host:port for a port.', max_length=300, verbose_name='target')),
                ('expect_status', models.PositiveSmallIntegerField(default=200, validators=[django.core.validators.MinValueValidator(100), django.core.validators.MaxValueValidator(599)], verbose_name='expected answer')),
                ('every_seconds', models.PositiveIntegerField(default=60, validators=[django.core.validators.MinValueValidator(30), django.core.validators.MaxValueValidator(86400)], verbose_name='every (seconds)')),
                ('timeout_seconds', models.PositiveSmallIntegerField(default=10, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(30)], verbose_name='gives up after (seconds)')),
                ('fails_after', models.PositiveSmallIntegerField(default=2, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10)], verbose_name='failures in a row that count')),
                ('severity', models.PositiveSmallIntegerField(choices=[(1, 'Critical'), (2, 'Major'), (3, 'Minor'), (4, 'For information')], default=2, verbose_name='severity')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('next_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False)),
                ('tried_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='last tried')),
                ('took_ms', models.PositiveIntegerField(blank=True, editable=False, null=True, verbose_name='took (ms)')),
                ('failures', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('message', models.CharField(blank=True, editable=False, max_length=200, verbose_name='last result')),
                ('service', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalogue.service', verbose_name='service')),
            ],
            options={
                'verbose_name': 'monitor',
                'verbose_name_plural': 'monitors',
                'ordering': ['name'],
                'indexes': [models.Index(condition=models.Q(('is_active', True)), fields=['next_at'], name='operation_monitor_due')],
            },
        ),
    ]
