"""Daily measurements of stays and of resolutions that did not hold."""

import django.db.models.deletion
from django.db import migrations, models

from itsm.lib.migrations import Tables


class Migration(Tables):

    dependencies = [
        ('accounts', '0002_roles_and_system'),
        ('catalogue', '0001_services'),
        ('sla', '0004_measured_days'),
    ]

    operations = [
        migrations.CreateModel(
            name='DailyReopening',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('resolved_day', models.DateField()),
                ('kind', models.CharField(max_length=20)),
                ('amount', models.PositiveIntegerField(default=0)),
                ('service', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalogue.service')),
                ('team', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.team')),
            ],
            options={
                'verbose_name': 'daily reopening',
                'verbose_name_plural': 'daily reopenings',
                'indexes': [models.Index(fields=['resolved_day'], name='sla_reopening_by_resolved')],
            },
        ),
        migrations.CreateModel(
            name='DailyStay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('kind', models.CharField(max_length=20)),
                ('priority', models.PositiveSmallIntegerField()),
                ('hold_reason', models.CharField(blank=True, max_length=30)),
                ('stays', models.PositiveIntegerField(default=0)),
                ('seconds', models.PositiveBigIntegerField(default=0)),
                ('service', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalogue.service')),
                ('team', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.team')),
            ],
            options={
                'verbose_name': 'daily stay',
                'verbose_name_plural': 'daily stays',
                'indexes': [models.Index(fields=['day'], name='sla_stay_by_day')],
            },
        ),
    ]
