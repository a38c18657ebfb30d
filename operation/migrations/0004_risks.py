import django.core.validators
import django.db.models.deletion
import itsm.lib.clock
from django.conf import settings
from django.db import migrations, models

from itsm.lib.migrations import Tables


class Migration(Tables):

    dependencies = [
        ('accounts', '__first__'),
        ('catalogue', '0001_services'),
        ('operation', '0003_missed_updates'),
    ]

    operations = [
        migrations.CreateModel(
            name='Control',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='updated')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('title', models.CharField(max_length=160, verbose_name='title')),
                ('description', models.TextField(blank=True, help_text='What is done, and how it is tested.', validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='description')),
                ('test_every_days', models.PositiveSmallIntegerField(default=180, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1830)], verbose_name='tested every (days)')),
                ('next_test_on', models.DateField(blank=True, editable=False, null=True, verbose_name='next test')),
                ('state', models.CharField(choices=[('planned', 'Planned'), ('active', 'In force'), ('retired', 'Retired')], default='planned', editable=False, max_length=10, verbose_name='state')),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
            ],
            options={
                'verbose_name': 'control',
                'verbose_name_plural': 'controls',
                'ordering': ['-updated_at', '-id'],
                'indexes': [models.Index(fields=['-updated_at', '-id'], name='operation_control_latest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['planned', 'active', 'retired'])), name='operation_control_state_known')],
            },
        ),
        migrations.CreateModel(
            name='ControlTest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('passed', models.BooleanField(verbose_name='works')),
                ('note', models.TextField(verbose_name='what was seen')),
                ('at', models.DateTimeField(default=itsm.lib.clock.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('control', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tests', to='operation.control')),
            ],
            options={
                'verbose_name': 'test of a control',
                'verbose_name_plural': 'tests of controls',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['control', '-id'], name='operation_controltest_of')],
            },
        ),
        migrations.CreateModel(
            name='Risk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='updated')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('title', models.CharField(max_length=160, verbose_name='title')),
                ('description', models.TextField(blank=True, help_text='Cause, event and consequence.', validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='description')),
                ('likelihood', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)], verbose_name='likelihood')),
                ('impact', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)], verbose_name='impact')),
                ('treatment', models.CharField(blank=True, choices=[('avoid', 'Avoid'), ('reduce', 'Reduce'), ('transfer', 'Transfer'), ('accept', 'Accept')], max_length=10, verbose_name='treatment')),
                ('plan', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='treatment plan')),
                ('treat_until', models.DateField(blank=True, null=True, verbose_name='treated until')),
                ('residual_likelihood', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)], verbose_name='likelihood after treatment')),
                ('residual_impact', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)], verbose_name='impact after treatment')),
                ('review_on', models.DateField(blank=True, null=True, verbose_name='review on')),
                ('score', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='score')),
                ('state', models.CharField(choices=[('identified', 'Identified'), ('assessed', 'Assessed'), ('treated', 'Being treated'), ('accepted', 'Accepted'), ('closed', 'Closed')], default='identified', editable=False, max_length=10, verbose_name='state')),
                ('controls', models.ManyToManyField(blank=True, related_name='risks', to='operation.control', verbose_name='controls')),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='owned_risks', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('services', models.ManyToManyField(blank=True, related_name='risks', to='catalogue.service', verbose_name='services')),
            ],
            options={
                'verbose_name': 'risk',
                'verbose_name_plural': 'risks',
                'ordering': ['-score', '-id'],
                'indexes': [models.Index(fields=['-score', '-id'], name='operation_risk_by_score'), models.Index(condition=models.Q(('state__in', ('identified', 'assessed', 'treated', 'accepted'))), fields=['review_on'], name='operation_risk_review')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['identified', 'assessed', 'treated', 'accepted', 'closed'])), name='operation_risk_state_known'), models.CheckConstraint(condition=models.Q(('likelihood__isnull', True), ('likelihood__range', (1, 5)), _connector='OR'), name='operation_risk_likelihood_1_to_5'), models.CheckConstraint(condition=models.Q(('impact__isnull', True), ('impact__range', (1, 5)), _connector='OR'), name='operation_risk_impact_1_to_5'), models.CheckConstraint(condition=models.Q(('residual_likelihood__isnull', True), ('residual_likelihood__range', (1, 5)), _connector='OR'), name='operation_risk_residual_likelihood_1_to_5'), models.CheckConstraint(condition=models.Q(('residual_impact__isnull', True), ('residual_impact__range', (1, 5)), _connector='OR'), name='operation_risk_residual_impact_1_to_5')],
            },
        ),
    ]
