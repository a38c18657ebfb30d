"""Availability: kept days, objectives, and the types of items that are applications."""

import datetime
import django.core.validators
import django.db.models.deletion
import itsm.lib.clock
from django.db import migrations, models

from itsm.lib.migrations import Tables


def choose(apps, schema_editor):
    """The type that new installations call so is one of applications."""
    types = apps.get_model("transition", "CIType").objects.filter(name="Application")
    for one in types:
        apps.get_model("operation", "ApplicationType").objects.get_or_create(type=one)


class Migration(Tables):

    dependencies = [
        ('catalogue', '0002_subscribers_only'),
        ('operation', '0006_security_incidents'),
        ('sla', '0005_stays_and_reopenings'),
        ('transition', '0103_contracts'),
    ]

    operations = [
        migrations.CreateModel(
            name='ApplicationType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('type', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='transition.citype', verbose_name='type of item')),
            ],
            options={
                'verbose_name': 'type of application',
                'verbose_name_plural': 'types of applications',
                'ordering': ['type__name'],
            },
        ),
        migrations.CreateModel(
            name='AvailabilityDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='day')),
                ('objective', models.DecimalField(decimal_places=3, max_digits=6, null=True, verbose_name='objective (%)')),
                ('agreed', models.DurationField(default=datetime.timedelta, verbose_name='agreed time')),
                ('down', models.DurationField(default=datetime.timedelta, verbose_name='down')),
                ('degraded', models.DurationField(default=datetime.timedelta, verbose_name='degraded')),
                ('planned', models.DurationField(default=datetime.timedelta, verbose_name='planned work')),
                ('budget', models.DurationField(null=True, verbose_name='may be down')),
                ('failures', models.PositiveSmallIntegerField(default=0, verbose_name='failures')),
                ('measured_at', models.DateTimeField(default=itsm.lib.clock.now)),
                ('calendar_version', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sla.calendarversion')),
                ('item', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='availability_days', to='transition.configurationitem')),
                ('service', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='availability_days', to='catalogue.service')),
            ],
            options={
                'verbose_name': 'day of availability',
                'verbose_name_plural': 'days of availability',
                'ordering': ['-day', '-id'],
                'indexes': [models.Index(fields=['day'], name='operation_availability_by_day')],
                'constraints': [models.UniqueConstraint(fields=('service', 'day'), name='operation_availability_of_service_once'), models.UniqueConstraint(fields=('item', 'day'), name='operation_availability_of_item_once'), models.CheckConstraint(condition=models.Q(models.Q(('item__isnull', True), ('service__isnull', False)), models.Q(('item__isnull', False), ('service__isnull', True)), _connector='OR'), name='operation_availability_of_one')],
            },
        ),
        migrations.CreateModel(
            name='AvailabilityObjective',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('percent', models.DecimalField(decimal_places=3, help_text='Of the agreed time. 99.9 allows 43 minutes in 30 days around the clock.', max_digits=6, validators=[django.core.validators.MinValueValidator(50), django.core.validators.MaxValueValidator(100)], verbose_name='available (%)')),
                ('item', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='availability_objective', to='transition.configurationitem', verbose_name='application')),
                ('service', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='availability_objective', to='catalogue.service', verbose_name='service')),
            ],
            options={
                'verbose_name': 'availability objective',
                'verbose_name_plural': 'availability objectives',
                'ordering': ['service__name', 'item__name'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('item__isnull', True), ('service__isnull', False)), models.Q(('item__isnull', False), ('service__isnull', True)), _connector='OR'), name='operation_objective_of_one')],
            },
        ),
        migrations.RunPython(choose, migrations.RunPython.noop),
    ]
