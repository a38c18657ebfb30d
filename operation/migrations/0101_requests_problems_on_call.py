"""Service requests, requests for access, problems, on-call rotas, and what orders wait for."""

import datetime
import django.core.validators
import django.db.models.deletion
import itsm.lib.clock
import operation.models.rota
from django.conf import settings
from django.db import migrations, models

from itsm.lib.migrations import Tables


def add_reason(apps, schema_editor):
    apps.get_model("tickets", "HoldReason").objects.get_or_create(
        code="approval", defaults={"label": "Approval", "party": "internal", "position": 4}
    )


class Migration(Tables):

    dependencies = [
        ('accounts', '0003_email_by_upper'),
        ("operation", "0007_availability"),
        ('tickets', '0101_task_steps'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Problem',
            fields=[
                ('ticket_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to='tickets.ticket')),
                ('whys', models.JSONField(blank=True, default=list, verbose_name='whys')),
                ('root_cause', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='root cause')),
                ('workaround', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='workaround')),
                ('known_since', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='known error since')),
                ('resolution', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='how it was removed')),
                ('cancel_reason', models.TextField(blank=True, verbose_name='reason for cancelling')),
            ],
            options={
                'verbose_name': 'problem',
                'verbose_name_plural': 'problems',
                'indexes': [models.Index(condition=models.Q(('known_since__isnull', False)), fields=['-known_since'], name='operation_problem_known')],
            },
            bases=('tickets.ticket',),
        ),
        migrations.CreateModel(
            name='Rota',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True, verbose_name='name')),
                ('timezone', models.CharField(default='UTC', max_length=60, validators=[operation.models.rota.known_zone], verbose_name='time zone')),
                ('starts_on', models.DateField(verbose_name='first turn begins on')),
                ('handover', models.TimeField(default=datetime.time(9, 0), verbose_name='handover at')),
                ('days', models.PositiveSmallIntegerField(default=7, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(90)], verbose_name='days per turn')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rotas', to='accounts.team', verbose_name='team')),
            ],
            options={
                'verbose_name': 'on-call rota',
                'verbose_name_plural': 'on-call rotas',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='RotaMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('rota', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='members', to='operation.rota')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'member of a rota',
                'verbose_name_plural': 'members of rotas',
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='RotaOverride',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('begins_at', models.DateTimeField(verbose_name='from')),
                ('ends_at', models.DateTimeField(verbose_name='until')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False)),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('rota', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='overrides', to='operation.rota')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
            ],
            options={
                'verbose_name': 'stand-in',
                'verbose_name_plural': 'stand-ins',
                'ordering': ['begins_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ServiceRequest',
            fields=[
                ('ticket_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to='tickets.ticket')),
                ('form', models.JSONField(blank=True, default=dict, verbose_name='answers')),
                ('questions', models.JSONField(blank=True, default=dict, editable=False)),
                ('price', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='price')),
                ('currency', models.CharField(default='EUR', max_length=3, verbose_name='currency')),
                ('delivery', models.TextField(blank=True, verbose_name='what was delivered')),
                ('reject_reason', models.TextField(blank=True, verbose_name='reason for rejecting')),
                ('cancel_reason', models.TextField(blank=True, verbose_name='reason for cancelling')),
                ('reminders_sent', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('last_reminder_at', models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                'verbose_name': 'service request',
                'verbose_name_plural': 'service requests',
                'constraints': [models.CheckConstraint(condition=models.Q(('price__isnull', True), ('price__gte', 0), _connector='OR'), name='operation_request_price_not_negative')],
            },
            bases=('tickets.ticket',),
        ),
        migrations.CreateModel(
            name='AccessRequest',
            fields=[
                ('ticket_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to='tickets.ticket')),
                ('right', models.CharField(max_length=200, verbose_name='right')),
                ('until', models.DateField(blank=True, help_text='Empty: until somebody revokes it.', null=True, verbose_name='until')),
                ('form', models.JSONField(blank=True, default=dict, verbose_name='answers')),
                ('questions', models.JSONField(blank=True, default=dict, editable=False)),
                ('price', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='price')),
                ('currency', models.CharField(default='EUR', max_length=3, verbose_name='currency')),
                ('granted_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='granted')),
                ('verified_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='verified')),
                ('revoked_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='revoked')),
                ('reject_reason', models.TextField(blank=True, verbose_name='reason for rejecting')),
                ('cancel_reason', models.TextField(blank=True, verbose_name='reason for cancelling')),
                ('granted_by', models.ForeignKey(blank=True, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='granted by')),
            ],
            options={
                'verbose_name': 'access request',
                'verbose_name_plural': 'access requests',
                'indexes': [models.Index(condition=models.Q(('granted_at__isnull', False), ('revoked_at__isnull', True), ('until__isnull', False)), fields=['until'], name='operation_access_ends')],
            },
            bases=('tickets.ticket',),
        ),
        migrations.AddConstraint(
            model_name='rota',
            constraint=models.CheckConstraint(condition=models.Q(('days__range', (1, 90))), name='operation_rota_days_range'),
        ),
        migrations.AddConstraint(
            model_name='rotamember',
            constraint=models.UniqueConstraint(fields=('rota', 'position'), name='operation_rotamember_position'),
        ),
        migrations.AddIndex(
            model_name='rotaoverride',
            index=models.Index(fields=['rota', 'ends_at'], name='operation_override_of_rota'),
        ),
        migrations.AddConstraint(
            model_name='rotaoverride',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('begins_at'))), name='operation_override_forward'),
        ),
        migrations.RunPython(add_reason, migrations.RunPython.noop),
    ]
