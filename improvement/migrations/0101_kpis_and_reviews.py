"""KPIs with their measurements, service reviews, kept analyses of processes."""

import django.core.validators
import django.db.models.deletion
import itsm.lib.clock
from django.conf import settings
from django.db import migrations, models

from itsm.lib.migrations import Tables


class Migration(Tables):

    dependencies = [
        ('accounts', '0003_email_by_upper'),
        ('accounts', '__first__'),
        ('catalogue', '0002_subscribers_only'),
        ('improvement', '0001_surveys_and_improvements'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReviewPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('automatic', models.BooleanField(default=False, help_text='On the first of a month a draft is made for every live service with an owner, who chairs it.', verbose_name='draft reviews every month')),
                ('critical_only', models.PositiveSmallIntegerField(choices=[(1, '1 only'), (2, '1 and 2'), (3, '1 to 3'), (4, 'all')], default=2, verbose_name='services of criticality')),
                ('with_all', models.BooleanField(default=True, verbose_name='and one for all services together')),
            ],
            options={
                'verbose_name': 'plan of service reviews',
                'verbose_name_plural': 'plan of service reviews',
            },
        ),
        migrations.CreateModel(
            name='KeptAnalysis',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=120, unique=True)),
                ('question', models.JSONField(default=dict)),
                ('result', models.JSONField(null=True)),
                ('asked_at', models.DateTimeField(default=itsm.lib.clock.now)),
                ('claimed_until', models.DateTimeField(null=True)),
                ('computed_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'kept analysis',
                'verbose_name_plural': 'kept analyses',
                'ordering': ['-asked_at'],
                'indexes': [models.Index(fields=['asked_at'], name='improvement_analysis_asked')],
            },
        ),
        migrations.CreateModel(
            name='KPI',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(editable=False, max_length=40, unique=True, verbose_name='code')),
                ('target', models.DecimalField(blank=True, decimal_places=2, help_text='In the unit of the KPI.', max_digits=14, null=True, verbose_name='target')),
                ('warning', models.DecimalField(blank=True, decimal_places=2, help_text='Between target and warning it is near the target; beyond the warning it is off.', max_digits=14, null=True, verbose_name='warning')),
                ('note', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(2000)], verbose_name='why this target')),
                ('is_active', models.BooleanField(default=True, verbose_name='measured')),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='updated')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
            ],
            options={
                'verbose_name': 'KPI',
                'verbose_name_plural': 'KPIs',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='ServiceReview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='updated')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('month', models.DateField(help_text='Any day of the month.', verbose_name='month')),
                ('guests', models.CharField(blank=True, help_text='Names of people without an account.', max_length=300, verbose_name='guests')),
                ('minutes', models.TextField(blank=True, help_text='Markdown.', validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='minutes')),
                ('held_at', models.DateTimeField(editable=False, null=True, verbose_name='held')),
                ('scorecard', models.JSONField(default=dict, editable=False)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('held', 'Held'), ('closed', 'Closed')], default='draft', editable=False, max_length=20, verbose_name='state')),
                ('attendees', models.ManyToManyField(blank=True, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who took part')),
                ('chair', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='chaired by')),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('service', models.ForeignKey(blank=True, help_text='Empty: all services together.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='catalogue.service', verbose_name='service')),
            ],
            options={
                'verbose_name': 'service review',
                'verbose_name_plural': 'service reviews',
                'ordering': ['-updated_at', '-id'],
                'indexes': [models.Index(fields=['-updated_at', '-id'], name='improvement_review_latest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'held', 'closed'])), name='improvement_review_state_known'), models.UniqueConstraint(fields=('service', 'month'), name='improvement_review_once_a_month', violation_error_message='There is a review of this service and month already.'), models.UniqueConstraint(condition=models.Q(('service__isnull', True)), fields=('month',), name='improvement_review_of_all_once', violation_error_message='There is a review of this service and month already.')],
            },
        ),
        migrations.CreateModel(
            name='ReviewFinding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(max_length=300, verbose_name='finding')),
                ('kpi', models.CharField(blank=True, max_length=40, verbose_name='about')),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='findings', to='improvement.servicereview')),
            ],
            options={
                'verbose_name': 'finding',
                'verbose_name_plural': 'findings',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='ReviewAction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(max_length=300, verbose_name='action')),
                ('due_on', models.DateField(verbose_name='due')),
                ('done_on', models.DateField(blank=True, null=True, verbose_name='done')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='review_actions', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='actions', to='improvement.servicereview')),
            ],
            options={
                'verbose_name': 'action',
                'verbose_name_plural': 'actions',
                'ordering': ['due_on', 'id'],
                'indexes': [models.Index(condition=models.Q(('done_on__isnull', True)), fields=['owner', 'due_on'], name='improvement_action_open')],
            },
        ),
        migrations.CreateModel(
            name='Measurement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('kind', models.CharField(blank=True, max_length=20)),
                ('numerator', models.BigIntegerField(default=0)),
                ('denominator', models.BigIntegerField(default=0)),
                ('kpi', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='measurements', to='improvement.kpi')),
                ('restricted_to', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.team')),
                ('service', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalogue.service')),
                ('team', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.team')),
            ],
            options={
                'verbose_name': 'measurement',
                'verbose_name_plural': 'measurements',
                'ordering': ['day', 'id'],
                'indexes': [models.Index(fields=['day', 'kpi'], name='improvement_measured_by_day'), models.Index(fields=['kpi', 'day'], name='improvement_measured_of_kpi')],
            },
        ),
        migrations.CreateModel(
            name='MeasurementDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('measured_at', models.DateTimeField(default=itsm.lib.clock.now)),
                ('restated_at', models.DateTimeField(null=True)),
                ('kpi', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='days', to='improvement.kpi')),
            ],
            options={
                'verbose_name': 'measured day of a KPI',
                'verbose_name_plural': 'measured days of KPIs',
                'ordering': ['day', 'id'],
                'constraints': [models.UniqueConstraint(fields=('kpi', 'day'), name='improvement_measured_once')],
            },
        ),
    ]
