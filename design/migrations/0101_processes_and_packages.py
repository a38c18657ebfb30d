import design.models.process
import django.core.validators
import django.db.models.deletion
import itsm.lib.clock
from django.conf import settings
from django.db import migrations, models

from itsm.lib.migrations import Tables


class Migration(Tables):

    initial = True

    dependencies = [
        ('accounts', '0003_email_by_upper'),
        ('accounts', '__first__'),
        ('approvals', '0001_rounds'),
        ('catalogue', '0002_subscribers_only'),
        ('strategy', '0001_goals_and_portfolio'),
    ]

    operations = [
        migrations.CreateModel(
            name='ProcessDefinition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='updated')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('kind', models.CharField(blank=True, help_text='The kind of ticket whose life it describes, if any.', max_length=20, verbose_name='governs')),
                ('purpose', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='purpose')),
                ('inputs', models.TextField(blank=True, help_text='What starts it, and what it needs.', validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='inputs')),
                ('outputs', models.TextField(blank=True, help_text='What it leaves behind.', validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='outputs')),
                ('kpis', models.TextField(blank=True, help_text='How one knows that it works well.', validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='measures')),
                ('edition', models.PositiveSmallIntegerField(default=1, editable=False, verbose_name='version')),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('in_review', 'In review'), ('published', 'Published'), ('superseded', 'Superseded'), ('retired', 'Retired')], default='draft', editable=False, max_length=20, verbose_name='state')),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('first', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='later', to='design.processdefinition')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
            ],
            options={
                'verbose_name': 'process',
                'verbose_name_plural': 'processes',
                'ordering': ['-updated_at', '-id'],
                'indexes': [models.Index(fields=['-updated_at', '-id'], name='design_process_latest'), models.Index(condition=models.Q(('state', 'published')), fields=['kind'], name='design_process_in_force')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'in_review', 'published', 'superseded', 'retired'])), name='design_process_state_known'), models.UniqueConstraint(condition=models.Q(('state', 'published'), models.Q(('kind', ''), _negated=True)), fields=('kind',), name='design_process_one_for_kind'), models.UniqueConstraint(fields=('first', 'edition'), name='design_process_edition_once')],
            },
        ),
        migrations.CreateModel(
            name='ProcessStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(999)], verbose_name='number')),
                ('name', models.CharField(max_length=120, verbose_name='step')),
                ('type', models.CharField(choices=[('start', 'Start'), ('task', 'Task'), ('decision', 'Decision'), ('end', 'End')], default='task', max_length=10, verbose_name='type')),
                ('description', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='what is done')),
                ('input', models.CharField(blank=True, max_length=300, verbose_name='input')),
                ('output', models.CharField(blank=True, max_length=300, verbose_name='output')),
                ('from_state', models.CharField(blank=True, max_length=20, verbose_name='ticket goes from')),
                ('to_state', models.CharField(blank=True, max_length=20, verbose_name='to')),
                ('next_steps', models.JSONField(blank=True, default=list, validators=[design.models.process.check_ways], verbose_name='next steps')),
                ('definition', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='design.processdefinition')),
            ],
            options={
                'verbose_name': 'step',
                'verbose_name_plural': 'steps',
                'ordering': ['position'],
                'constraints': [models.UniqueConstraint(fields=('definition', 'position'), name='design_step_number_once', violation_error_message='There is a step with this number already.')],
            },
        ),
        migrations.CreateModel(
            name='ServiceDesignPackage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='updated')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('title', models.CharField(max_length=160, verbose_name='title')),
                ('description', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='in short')),
                ('edition', models.PositiveSmallIntegerField(default=1, editable=False, verbose_name='version')),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('in_review', 'In review'), ('approved', 'Approved'), ('superseded', 'Superseded')], default='draft', editable=False, max_length=20, verbose_name='state')),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('owner', models.ForeignKey(help_text='Who leads the design.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('processes', models.ManyToManyField(blank=True, related_name='design_packages', to='design.processdefinition', verbose_name='processes')),
                ('second_signer', models.ForeignKey(blank=True, help_text='A service level or portfolio manager. Nobody named: every service level manager is asked.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='signs off beside the service owner')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='design_packages', to='catalogue.service', verbose_name='service')),
            ],
            options={
                'verbose_name': 'design package',
                'verbose_name_plural': 'design packages',
                'ordering': ['-updated_at', '-id'],
                'indexes': [models.Index(fields=['-updated_at', '-id'], name='design_package_latest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'in_review', 'approved', 'superseded'])), name='design_package_state_known'), models.UniqueConstraint(condition=models.Q(('state__in', ('draft', 'in_review'))), fields=('service',), name='design_package_one_open', violation_error_message='A design of this service is being written already.'), models.UniqueConstraint(condition=models.Q(('state', 'approved')), fields=('service',), name='design_package_one_approved'), models.UniqueConstraint(fields=('service', 'edition'), name='design_package_edition_once')],
            },
        ),
        migrations.CreateModel(
            name='PackageSection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('requirements', 'Requirements'), ('utility_warranty', 'Utility and warranty'), ('architecture', 'Architecture'), ('processes', 'Processes'), ('measurement', 'Measurement'), ('transition_plan', 'Transition plan')], max_length=20, verbose_name='section')),
                ('text', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='text')),
                ('complete', models.BooleanField(default=False, verbose_name='complete')),
                ('package', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sections', to='design.servicedesignpackage')),
            ],
            options={
                'verbose_name': 'section',
                'verbose_name_plural': 'sections',
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('package', 'kind'), name='design_section_once', violation_error_message='There is this section already.')],
            },
        ),
        migrations.CreateModel(
            name='DesignCriterion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(blank=True, help_text='Empty: the words of the requirement’s criterion.', max_length=300, verbose_name='criterion')),
                ('requirement', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='strategy.businessrequirement', verbose_name='requirement')),
                ('source', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='strategy.acceptancecriterion', verbose_name='criterion of the requirement')),
                ('package', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='criteria', to='design.servicedesignpackage')),
            ],
            options={
                'verbose_name': 'acceptance criterion',
                'verbose_name_plural': 'acceptance criteria',
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('package', 'source'), name='design_criterion_source_once', violation_error_message='This criterion is taken over already.')],
            },
        ),
        migrations.CreateModel(
            name='SignOff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=itsm.lib.clock.now)),
                ('data', models.JSONField(verbose_name='what was decided about')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('package', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sign_offs', to='design.servicedesignpackage')),
                ('round', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='approvals.round')),
            ],
            options={
                'verbose_name': 'sign-off',
                'verbose_name_plural': 'sign-offs',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='StepDuty',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('duty', models.CharField(choices=[('R', 'Responsible'), ('A', 'Accountable'), ('C', 'Consulted'), ('I', 'Informed')], max_length=1, verbose_name='duty')),
                ('role', models.CharField(blank=True, max_length=40, verbose_name='role')),
                ('step', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='duties', to='design.processstep')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team', verbose_name='team')),
            ],
            options={
                'verbose_name': 'duty',
                'verbose_name_plural': 'duties',
                'ordering': ['id'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('role', ''), ('team__isnull', False)), models.Q(models.Q(('role', ''), _negated=True), ('team__isnull', True)), _connector='OR'), name='design_duty_role_or_team'), models.UniqueConstraint(condition=models.Q(('team__isnull', True)), fields=('step', 'duty', 'role'), name='design_duty_role_once'), models.UniqueConstraint(fields=('step', 'duty', 'team'), name='design_duty_team_once')],
            },
        ),
        migrations.CreateModel(
            name='SystemRequirement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step', models.PositiveSmallIntegerField(blank=True, help_text='Number of the step that needs it; empty for the whole process.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(999)], verbose_name='step')),
                ('system', models.CharField(blank=True, help_text='Empty: the name of the service.', max_length=160, verbose_name='system')),
                ('purpose', models.CharField(blank=True, max_length=300, verbose_name='what for')),
                ('status', models.CharField(choices=[('planned', 'Planned'), ('met', 'Met'), ('not_met', 'Not met')], default='planned', max_length=10, verbose_name='status')),
                ('evidence', models.CharField(blank=True, help_text='How one can see that it is there.', max_length=1000, verbose_name='evidence')),
                ('definition', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='systems', to='design.processdefinition')),
                ('package', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='systems', to='design.servicedesignpackage')),
                ('service', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.service', verbose_name='service that provides it')),
            ],
            options={
                'verbose_name': 'needed system',
                'verbose_name_plural': 'needed systems',
                'ordering': ['step', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('definition__isnull', False), ('package__isnull', True)), models.Q(('definition__isnull', True), ('package__isnull', False)), _connector='OR'), name='design_system_one_parent')],
            },
        ),
        migrations.CreateModel(
            name='ValidationPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='updated')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('title', models.CharField(max_length=160, verbose_name='title')),
                ('environment', models.CharField(blank=True, help_text='Where it is tested.', max_length=160, verbose_name='environment')),
                ('description', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='approach')),
                ('state', models.CharField(choices=[('open', 'Open'), ('closed', 'Closed')], default='open', editable=False, max_length=20, verbose_name='state')),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('owner', models.ForeignKey(help_text='Who runs the tests.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='tester')),
                ('package', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='plans', to='design.servicedesignpackage', verbose_name='design package')),
            ],
            options={
                'verbose_name': 'validation plan',
                'verbose_name_plural': 'validation plans',
                'ordering': ['-updated_at', '-id'],
                'indexes': [models.Index(fields=['-updated_at', '-id'], name='design_plan_latest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['open', 'closed'])), name='design_plan_state_known')],
            },
        ),
        migrations.CreateModel(
            name='TestCase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=160, verbose_name='case')),
                ('steps', models.TextField(help_text='What to do, step by step.', validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='steps')),
                ('expected', models.TextField(help_text='What should be seen.', validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='expected')),
                ('result', models.CharField(blank=True, choices=[('pass', 'Passed'), ('fail', 'Failed'), ('blocked', 'Blocked')], editable=False, max_length=10, verbose_name='latest result')),
                ('criterion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='design.designcriterion', verbose_name='criterion it proves')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cases', to='design.validationplan')),
            ],
            options={
                'verbose_name': 'test case',
                'verbose_name_plural': 'test cases',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='TestRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('result', models.CharField(choices=[('pass', 'Passed'), ('fail', 'Failed'), ('blocked', 'Blocked')], max_length=10, verbose_name='result')),
                ('evidence', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='what was seen')),
                ('at', models.DateTimeField(default=itsm.lib.clock.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='design.testcase')),
            ],
            options={
                'verbose_name': 'test run',
                'verbose_name_plural': 'test runs',
                'ordering': ['-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('result__in', ['pass', 'fail', 'blocked'])), name='design_run_result_known')],
            },
        ),
        migrations.CreateModel(
            name='Defect',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='updated')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('title', models.CharField(max_length=160, verbose_name='title')),
                ('severity', models.CharField(choices=[('low', 'Low'), ('medium', 'Medium'), ('high', 'High')], default='medium', max_length=10, verbose_name='severity')),
                ('description', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='what is wrong')),
                ('state', models.CharField(choices=[('open', 'Open'), ('fixed', 'Fixed'), ('verified', 'Verified'), ('accepted', 'Accepted')], default='open', editable=False, max_length=20, verbose_name='state')),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='fixed by')),
                ('package', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='defects', to='design.servicedesignpackage')),
                ('run', models.ForeignKey(help_text='The run of a test that found it.', on_delete=django.db.models.deletion.PROTECT, related_name='defects', to='design.testrun', verbose_name='failed run')),
            ],
            options={
                'verbose_name': 'defect',
                'verbose_name_plural': 'defects',
                'ordering': ['-updated_at', '-id'],
                'indexes': [models.Index(fields=['-updated_at', '-id'], name='design_defect_latest'), models.Index(condition=models.Q(('state__in', ('open', 'fixed'))), fields=['package', 'severity'], name='design_defect_unsolved')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['open', 'fixed', 'verified', 'accepted'])), name='design_defect_state_known')],
            },
        ),
    ]
