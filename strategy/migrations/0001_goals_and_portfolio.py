import django.core.validators
import django.db.models.deletion
import itsm.lib.clock
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models

from itsm.lib.migrations import Tables


class Migration(Tables):

    initial = True

    dependencies = [
        ('accounts', '0003_email_by_upper'),
        ('accounts', '__first__'),
        ('catalogue', '0001_services'),
    ]

    operations = [
        migrations.CreateModel(
            name='Goal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='updated')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('title', models.CharField(max_length=160, verbose_name='title')),
                ('description', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='why')),
                ('weight', models.PositiveSmallIntegerField(default=1, help_text='How much it counts in the goal it is part of.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='weight')),
                ('starts_on', models.DateField(verbose_name='from')),
                ('ends_on', models.DateField(verbose_name='until')),
                ('progress', models.DecimalField(decimal_places=2, editable=False, max_digits=5, null=True, verbose_name='progress')),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('active', 'Active'), ('achieved', 'Achieved'), ('missed', 'Missed'), ('abandoned', 'Abandoned')], default='draft', editable=False, max_length=10, verbose_name='state')),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='owned_goals', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='strategy.goal', verbose_name='part of')),
            ],
            options={
                'verbose_name': 'goal',
                'verbose_name_plural': 'goals',
                'ordering': ['-updated_at', '-id'],
                'indexes': [models.Index(fields=['-updated_at', '-id'], name='strategy_goal_latest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'active', 'achieved', 'missed', 'abandoned'])), name='strategy_goal_state_known'), models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='strategy_goal_forward', violation_error_message='The end lies before the beginning.')],
            },
        ),
        migrations.CreateModel(
            name='BusinessRequirement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='updated')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('title', models.CharField(max_length=160, verbose_name='title')),
                ('description', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='need')),
                ('priority', models.CharField(choices=[('must', 'Must have'), ('should', 'Should have'), ('could', 'Could have'), ('wont', 'Won’t have this time')], default='should', max_length=10, verbose_name='priority')),
                ('state', models.CharField(choices=[('captured', 'Captured'), ('analysed', 'Analysed'), ('accepted', 'Accepted'), ('rejected', 'Rejected'), ('fulfilled', 'Fulfilled')], default='captured', editable=False, max_length=10, verbose_name='state')),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation', verbose_name='from organisation')),
                ('services', models.ManyToManyField(blank=True, related_name='requirements', to='catalogue.service', verbose_name='services')),
                ('wanted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='wanted by')),
                ('goals', models.ManyToManyField(blank=True, related_name='requirements', to='strategy.goal', verbose_name='goals')),
            ],
            options={
                'verbose_name': 'requirement',
                'verbose_name_plural': 'requirements',
                'ordering': ['-updated_at', '-id'],
                'indexes': [models.Index(fields=['-updated_at', '-id'], name='strategy_requirement_latest'), models.Index(condition=models.Q(('state__in', ['captured', 'analysed'])), fields=['state'], name='strategy_requirement_open')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['captured', 'analysed', 'accepted', 'rejected', 'fulfilled'])), name='strategy_requirement_state_known')],
            },
        ),
        migrations.CreateModel(
            name='AcceptanceCriterion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(max_length=300, verbose_name='criterion')),
                ('requirement', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='criteria', to='strategy.businessrequirement')),
            ],
            options={
                'verbose_name': 'acceptance criterion',
                'verbose_name_plural': 'acceptance criteria',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='BusinessCase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='updated')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('title', models.CharField(max_length=160, verbose_name='title')),
                ('investment', models.CharField(choices=[('run', 'Run the business'), ('grow', 'Grow the business'), ('transform', 'Transform the business')], default='grow', max_length=10, verbose_name='investment')),
                ('reason', models.TextField(blank=True, help_text='What is the need, and what if not?', validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='reason')),
                ('options', models.TextField(blank=True, help_text='What else was looked at, and why not.', validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='options')),
                ('one_off_cost', models.DecimalField(decimal_places=2, default=Decimal('0'), max_digits=14, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='one-off cost')),
                ('yearly_cost', models.DecimalField(decimal_places=2, default=Decimal('0'), max_digits=14, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='yearly cost')),
                ('yearly_value', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='yearly value')),
                ('years', models.PositiveSmallIntegerField(default=3, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(20)], verbose_name='years looked at')),
                ('discount_percent', models.DecimalField(decimal_places=2, default=Decimal('8'), max_digits=5, validators=[django.core.validators.MinValueValidator(Decimal('0')), django.core.validators.MaxValueValidator(Decimal('100'))], verbose_name='discount rate, percent')),
                ('risk', models.PositiveSmallIntegerField(blank=True, help_text='1: hardly any, 5: very high.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)], verbose_name='risk')),
                ('fit', models.PositiveSmallIntegerField(blank=True, help_text='1: hardly any, 5: very high.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)], verbose_name='strategic fit')),
                ('decide_by', models.DateField(blank=True, null=True, verbose_name='decide by')),
                ('score', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='score')),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('submitted', 'Submitted'), ('approved', 'Approved'), ('rejected', 'Rejected'), ('deferred', 'Deferred')], default='draft', editable=False, max_length=10, verbose_name='state')),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('service', models.ForeignKey(help_text='Propose the service first when it is new.', on_delete=django.db.models.deletion.PROTECT, related_name='business_cases', to='catalogue.service', verbose_name='service')),
                ('requirements', models.ManyToManyField(blank=True, related_name='business_cases', to='strategy.businessrequirement', verbose_name='requirements')),
                ('goals', models.ManyToManyField(blank=True, related_name='business_cases', to='strategy.goal', verbose_name='goals')),
            ],
            options={
                'verbose_name': 'business case',
                'verbose_name_plural': 'business cases',
                'ordering': ['-updated_at', '-id'],
                'indexes': [models.Index(fields=['-updated_at', '-id'], name='strategy_case_latest'), models.Index(condition=models.Q(('state__in', ('draft', 'submitted', 'deferred'))), fields=['decide_by'], name='strategy_case_due')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'submitted', 'approved', 'rejected', 'deferred'])), name='strategy_case_state_known'), models.CheckConstraint(condition=models.Q(('one_off_cost__gte', 0), ('yearly_cost__gte', 0)), name='strategy_case_costs')],
            },
        ),
        migrations.CreateModel(
            name='KeyResult',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=160, verbose_name='key result')),
                ('unit', models.CharField(blank=True, max_length=20, verbose_name='unit')),
                ('baseline', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='at the start')),
                ('target', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='target')),
                ('current', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='now')),
                ('weight', models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='weight')),
                ('goal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='key_results', to='strategy.goal')),
            ],
            options={
                'verbose_name': 'key result',
                'verbose_name_plural': 'key results',
                'ordering': ['id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('baseline', models.F('target')), _negated=True), name='strategy_keyresult_moves', violation_error_message='The target has to differ from the start.')],
            },
        ),
        migrations.CreateModel(
            name='CheckIn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('value', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='value')),
                ('note', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='note')),
                ('at', models.DateTimeField(default=itsm.lib.clock.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('key_result', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='check_ins', to='strategy.keyresult')),
            ],
            options={
                'verbose_name': 'check-in',
                'verbose_name_plural': 'check-ins',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='PortfolioDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('verdict', models.CharField(choices=[('keep', 'Keep as it is'), ('invest', 'Invest'), ('retire', 'Retire')], max_length=10, verbose_name='decision')),
                ('reason', models.TextField(validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='reason')),
                ('review_on', models.DateField(blank=True, null=True, verbose_name='look at it again on')),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='portfolio_decisions', to='catalogue.service', verbose_name='service')),
            ],
            options={
                'verbose_name': 'portfolio decision',
                'verbose_name_plural': 'portfolio decisions',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['service', '-id'], name='strategy_decision_latest')],
            },
        ),
        migrations.CreateModel(
            name='DemandPattern',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(help_text='Any day of the month.', verbose_name='month')),
                ('expected', models.PositiveIntegerField(verbose_name='expected tickets')),
                ('offering', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='demand', to='catalogue.serviceoffering', verbose_name='offering')),
            ],
            options={
                'verbose_name': 'expected demand',
                'verbose_name_plural': 'expected demand',
                'ordering': ['-month', 'offering__name', 'id'],
                'constraints': [models.UniqueConstraint(fields=('offering', 'month'), name='strategy_demand_once')],
            },
        ),
    ]
