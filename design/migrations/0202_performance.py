import django.core.validators
import django.db.models.deletion
import itsm.lib.clock
from django.conf import settings
from django.db import migrations, models

from itsm.lib.migrations import Tables


class Migration(Tables):

    dependencies = [
        ('accounts', '__first__'),
        ('catalogue', '0002_subscribers_only'),
        ('design', '0201_agreements'),
    ]

    operations = [
        migrations.CreateModel(
            name='PerformanceTarget',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='updated')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('availability', models.DecimalField(blank=True, decimal_places=4, help_text='Of the whole, as users see it.', max_digits=7, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)], verbose_name='availability in %')),
                ('latency_ms', models.PositiveIntegerField(blank=True, help_text='95 of 100 answers come within.', null=True, validators=[django.core.validators.MaxValueValidator(86400000)], verbose_name='latency (p95) in ms')),
                ('throughput', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='throughput per second')),
                ('rto_minutes', models.PositiveIntegerField(blank=True, help_text='It works again after that long at most.', null=True, validators=[django.core.validators.MaxValueValidator(5256000)], verbose_name='recovery time (RTO) in minutes')),
                ('rpo_minutes', models.PositiveIntegerField(blank=True, help_text='Data of that long is lost at most.', null=True, validators=[django.core.validators.MaxValueValidator(5256000)], verbose_name='recovery point (RPO) in minutes')),
                ('own_availability', models.DecimalField(blank=True, decimal_places=4, help_text='Without what it needs.', max_digits=7, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)], verbose_name='own availability in %')),
                ('own_latency_ms', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(86400000)], verbose_name='own latency (p95) in ms')),
                ('capacity', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='own capacity per second')),
                ('own_recovery_minutes', models.PositiveIntegerField(blank=True, help_text='Once what it needs works again.', null=True, validators=[django.core.validators.MaxValueValidator(5256000)], verbose_name='own recovery in minutes')),
                ('own_data_loss_minutes', models.PositiveIntegerField(blank=True, help_text='Such as the time between two backups.', null=True, validators=[django.core.validators.MaxValueValidator(5256000)], verbose_name='own data loss in minutes')),
                ('demand', models.DecimalField(blank=True, decimal_places=2, help_text='What is asked of it at busy times.', max_digits=12, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='demand (p95) per second')),
                ('headroom_percent', models.PositiveSmallIntegerField(default=20, help_text='So much of the capacity stays free at busy times.', validators=[django.core.validators.MaxValueValidator(99)], verbose_name='headroom wanted in %')),
                ('description', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='where the figures come from')),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('agreed', 'Agreed')], default='draft', editable=False, max_length=20, verbose_name='state')),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('service', models.OneToOneField(error_messages={'unique': 'The performance of this service is written down already.'}, on_delete=django.db.models.deletion.PROTECT, related_name='performance', to='catalogue.service', verbose_name='service')),
            ],
            options={
                'verbose_name': 'performance target',
                'verbose_name_plural': 'performance targets',
                'ordering': ['-updated_at', '-id'],
                'indexes': [models.Index(fields=['-updated_at', '-id'], name='design_performance_latest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'agreed'])), name='design_performance_state_known')],
            },
        ),
        migrations.CreateModel(
            name='RedundancyGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('required', models.PositiveSmallIntegerField(default=1, help_text='So many of the members.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(99)], verbose_name='have to work')),
                ('members', models.ManyToManyField(related_name='+', to='catalogue.service', verbose_name='members')),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='groups', to='design.performancetarget')),
            ],
            options={
                'verbose_name': 'redundant group',
                'verbose_name_plural': 'redundant groups',
                'ordering': ['id'],
            },
        ),
    ]
