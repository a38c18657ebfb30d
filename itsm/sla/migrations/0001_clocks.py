import django.core.validators
import django.db.models.deletion
import itsm.accounts.models.user
import itsm.lib.clock
import itsm.sla.validators
from django.db import migrations, models

from itsm.lib.migrations import Tables


class Migration(Tables):

    initial = True

    dependencies = [
        ('accounts', '0001_people'),
        ('catalogue', '0001_services'),
        ('tickets', '0001_tickets'),
    ]

    operations = [
        migrations.CreateModel(
            name='EscalationPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True, verbose_name='name')),
            ],
            options={
                'verbose_name': 'escalation policy',
                'verbose_name_plural': 'escalation policies',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='WorkCalendar',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True, verbose_name='name')),
                ('timezone', models.CharField(default='UTC', max_length=60, validators=[itsm.accounts.models.user.validate_timezone], verbose_name='time zone')),
                ('weekly', models.JSONField(default=dict, validators=[itsm.sla.validators.validate_weekly], verbose_name='weekly hours')),
                ('country', models.CharField(blank=True, max_length=2, verbose_name='public holidays of')),
                ('subdivision', models.CharField(blank=True, max_length=6, verbose_name='region')),
            ],
            options={
                'verbose_name': 'calendar',
                'verbose_name_plural': 'calendars',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='CalendarVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('spec', models.JSONField()),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now)),
                ('calendar', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='sla.workcalendar')),
            ],
            options={
                'ordering': ['calendar_id', '-number'],
                'constraints': [models.UniqueConstraint(fields=('calendar', 'number'), name='sla_calendarversion_once')],
            },
        ),
        migrations.CreateModel(
            name='EscalationStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('metric', models.CharField(blank=True, max_length=20, verbose_name='clock')),
                ('percent', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000)], verbose_name='at % of the target')),
                ('action', models.CharField(choices=[('notify_assignee', 'tell the assignee'), ('notify_team', 'tell the team'), ('notify_leads', "tell the team's leads"), ('notify_owner', 'tell the service owner'), ('notify_role', 'tell everybody with a role'), ('escalate', 'hand over to the next line'), ('raise_priority', 'raise the priority by one')], max_length=20, verbose_name='action')),
                ('role', models.CharField(blank=True, max_length=40, verbose_name='role')),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='sla.escalationpolicy')),
            ],
            options={
                'verbose_name': 'escalation step',
                'verbose_name_plural': 'escalation steps',
                'ordering': ['percent', 'id'],
            },
        ),
        migrations.CreateModel(
            name='SupportLevel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, unique=True, verbose_name='name')),
                ('description', models.CharField(blank=True, max_length=200, verbose_name='description')),
                ('rank', models.PositiveSmallIntegerField(default=10, help_text='1 is the best.', verbose_name='rank')),
                ('pause_reasons', models.JSONField(blank=True, default=list, verbose_name='waiting that pauses the clocks')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('escalation_policy', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='support_levels', to='sla.escalationpolicy', verbose_name='escalation policy')),
                ('calendar', models.ForeignKey(blank=True, help_text='Empty: around the clock.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='support_levels', to='sla.workcalendar', verbose_name='calendar')),
            ],
            options={
                'verbose_name': 'support level',
                'verbose_name_plural': 'support levels',
                'ordering': ['rank', 'name'],
            },
        ),
        migrations.CreateModel(
            name='Target',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(default='incident', max_length=20, verbose_name='kind of ticket')),
                ('metric', models.CharField(choices=[('first_response', 'First response'), ('resolution', 'Resolution'), ('update', 'Next reply'), ('ola', 'Team time')], max_length=20, verbose_name='metric')),
                ('priority', models.PositiveSmallIntegerField(blank=True, choices=[(1, 'Critical'), (2, 'High'), (3, 'Moderate'), (4, 'Low'), (5, 'Planning')], help_text='Empty: every priority.', null=True, verbose_name='priority')),
                ('minutes', models.PositiveIntegerField(validators=[django.core.validators.MinValueValidator(1)], verbose_name='minutes')),
                ('warn_percent', models.PositiveSmallIntegerField(default=75, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(99)], verbose_name='warn at %')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False)),
                ('superseded_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('support_level', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='targets', to='sla.supportlevel', verbose_name='support level')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='targets', to='accounts.team', verbose_name='team')),
                ('calendar', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sla.workcalendar', verbose_name='calendar')),
            ],
            options={
                'verbose_name': 'target',
                'verbose_name_plural': 'targets',
                'ordering': ['support_level', 'kind', 'metric', 'priority'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('metric', 'ola'), ('team__isnull', False), ('support_level__isnull', True)), models.Q(models.Q(('metric', 'ola'), _negated=True), ('team__isnull', True), ('support_level__isnull', False)), _connector='OR'), name='sla_target_of_level_or_team'), models.CheckConstraint(condition=models.Q(('minutes__gte', 1)), name='sla_target_minutes_positive'), models.UniqueConstraint(condition=models.Q(('priority__isnull', False), ('superseded_at__isnull', True), ('support_level__isnull', False)), fields=('support_level', 'kind', 'metric', 'priority'), name='sla_target_of_level_once'), models.UniqueConstraint(condition=models.Q(('priority__isnull', True), ('superseded_at__isnull', True), ('support_level__isnull', False)), fields=('support_level', 'kind', 'metric'), name='sla_target_of_level_any_once'), models.UniqueConstraint(condition=models.Q(('priority__isnull', False), ('superseded_at__isnull', True), ('team__isnull', False)), fields=('team', 'kind', 'priority'), name='sla_target_of_team_once'), models.UniqueConstraint(condition=models.Q(('priority__isnull', True), ('superseded_at__isnull', True), ('team__isnull', False)), fields=('team', 'kind'), name='sla_target_of_team_any_once')],
            },
        ),
        migrations.CreateModel(
            name='Clock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('metric', models.CharField(choices=[('first_response', 'First response'), ('resolution', 'Resolution'), ('update', 'Next reply'), ('ola', 'Team time')], max_length=20, verbose_name='metric')),
                ('cycle', models.PositiveIntegerField(default=0)),
                ('label', models.CharField(max_length=80)),
                ('target_seconds', models.PositiveIntegerField()),
                ('warn_percent', models.PositiveSmallIntegerField()),
                ('pause_reasons', models.JSONField(default=list)),
                ('steps', models.JSONField(default=list)),
                ('state', models.CharField(choices=[('running', 'Running'), ('paused', 'Paused'), ('met', 'Met'), ('breached', 'Breached'), ('cancelled', 'Cancelled')], max_length=10, verbose_name='state')),
                ('started_at', models.DateTimeField(verbose_name='started')),
                ('stopped_at', models.DateTimeField(blank=True, null=True, verbose_name='stopped')),
                ('elapsed_seconds', models.PositiveIntegerField(default=0)),
                ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='due')),
                ('warn_at', models.DateTimeField(blank=True, null=True)),
                ('breached_at', models.DateTimeField(blank=True, null=True, verbose_name='breached')),
                ('plan', models.JSONField(default=list)),
                ('next_event', models.CharField(blank=True, max_length=20)),
                ('next_event_at', models.DateTimeField(blank=True, null=True)),
                ('generation', models.PositiveSmallIntegerField(default=1)),
                ('read_at', models.DateTimeField(default=itsm.lib.clock.now)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('calendar_version', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='clocks', to='sla.calendarversion')),
                ('team', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team')),
                ('ticket', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='clocks', to='tickets.ticket')),
                ('target', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='clocks', to='sla.target')),
            ],
            options={
                'verbose_name': 'clock',
                'verbose_name_plural': 'clocks',
                'ordering': ['ticket_id', 'metric', 'cycle'],
                'indexes': [models.Index(condition=models.Q(('next_event_at__isnull', False)), fields=['next_event_at'], name='sla_clock_due'), models.Index(condition=models.Q(('stopped_at__isnull', False)), fields=['stopped_at'], name='sla_clock_stopped')],
                'constraints': [models.UniqueConstraint(fields=('ticket', 'metric', 'cycle'), name='sla_clock_once'), models.CheckConstraint(condition=models.Q(('next_event_at__isnull', True), models.Q(('next_event', ''), _negated=True), _connector='OR'), name='sla_clock_event_named')],
            },
        ),
        migrations.CreateModel(
            name='CalendarDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('date', models.DateField(verbose_name='date')),
                ('name', models.CharField(blank=True, max_length=120, verbose_name='name')),
                ('spans', models.JSONField(blank=True, default=list, validators=[itsm.sla.validators.validate_spans], verbose_name='hours')),
                ('is_public_holiday', models.BooleanField(default=False, editable=False)),
                ('calendar', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='days', to='sla.workcalendar')),
            ],
            options={
                'verbose_name': 'calendar day',
                'verbose_name_plural': 'calendar days',
                'ordering': ['date'],
                'constraints': [models.UniqueConstraint(fields=('calendar', 'date'), name='sla_calendarday_once')],
            },
        ),
        migrations.CreateModel(
            name='ClockEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('generation', models.PositiveSmallIntegerField()),
                ('name', models.CharField(max_length=20)),
                ('due_at', models.DateTimeField()),
                ('fired_at', models.DateTimeField(default=itsm.lib.clock.now)),
                ('handled_at', models.DateTimeField(blank=True, null=True)),
                ('clock', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='events', to='sla.clock')),
            ],
            options={
                'verbose_name': 'clock event',
                'verbose_name_plural': 'clock events',
                'ordering': ['id'],
                'indexes': [models.Index(condition=models.Q(('handled_at__isnull', True)), fields=['id'], name='sla_clockevent_to_do')],
                'constraints': [models.UniqueConstraint(fields=('clock', 'generation', 'name'), name='sla_clockevent_once')],
            },
        ),
        migrations.CreateModel(
            name='DailyAttainment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('metric', models.CharField(choices=[('first_response', 'First response'), ('resolution', 'Resolution'), ('update', 'Next reply'), ('ola', 'Team time')], max_length=20)),
                ('kind', models.CharField(max_length=20)),
                ('priority', models.PositiveSmallIntegerField()),
                ('met', models.PositiveIntegerField(default=0)),
                ('breached', models.PositiveIntegerField(default=0)),
                ('elapsed_seconds', models.PositiveBigIntegerField(default=0)),
                ('over_seconds', models.PositiveBigIntegerField(default=0)),
                ('service', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalogue.service')),
                ('team', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.team')),
            ],
            options={
                'verbose_name': 'daily attainment',
                'verbose_name_plural': 'daily attainment',
                'indexes': [models.Index(fields=['day', 'metric'], name='sla_daily_by_day')],
            },
        ),
        migrations.CreateModel(
            name='DailyBacklog',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('kind', models.CharField(max_length=20)),
                ('opened', models.PositiveIntegerField(default=0)),
                ('resolved', models.PositiveIntegerField(default=0)),
                ('reopened', models.PositiveIntegerField(default=0)),
                ('open_at_end', models.PositiveIntegerField(default=0)),
                ('service', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalogue.service')),
                ('team', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.team')),
            ],
            options={
                'verbose_name': 'daily backlog',
                'verbose_name_plural': 'daily backlog',
                'indexes': [models.Index(fields=['day'], name='sla_backlog_by_day')],
            },
        ),
        migrations.CreateModel(
            name='Coverage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(blank=True, null=True, verbose_name='from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='to')),
                ('offering', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='coverage', to='catalogue.serviceoffering', verbose_name='offering')),
                ('organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='coverage', to='accounts.organisation', verbose_name='organisation')),
                ('service', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='coverage', to='catalogue.service', verbose_name='service')),
                ('support_level', models.ForeignKey(blank=True, help_text='Empty: no service level on purpose.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='coverage', to='sla.supportlevel', verbose_name='support level')),
            ],
            options={
                'verbose_name': 'coverage',
                'verbose_name_plural': 'coverage',
                'ordering': ['service', 'offering', 'organisation'],
                'constraints': [models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_from__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='sla_coverage_forward')],
            },
        ),
    ]
