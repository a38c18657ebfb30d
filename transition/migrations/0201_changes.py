
import django.core.validators
import django.db.models.deletion
import itsm.lib.clock
import transition.models.windows
from django.conf import settings
from django.db import migrations, models

from itsm.lib.migrations import Tables


class Migration(Tables):

    dependencies = [
        ('accounts', '0003_email_by_upper'),
        ('catalogue', '0101_access_offerings'),
        ('tickets', '0101_task_steps'),
        ('transition', '0103_contracts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='RiskQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(max_length=200, unique=True, verbose_name='question')),
                ('hint', models.CharField(blank=True, max_length=300, verbose_name='hint')),
                ('options', models.JSONField(default=list, validators=[transition.models.windows.validate_options], verbose_name='answers')),
                ('position', models.PositiveSmallIntegerField(default=10, verbose_name='position')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
            ],
            options={
                'verbose_name': 'risk question',
                'verbose_name_plural': 'risk questions',
                'ordering': ['position', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ChangeTemplate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, unique=True, verbose_name='name')),
                ('description', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='what is changed')),
                ('implementation_plan', models.TextField(validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='implementation plan')),
                ('test_plan', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='test plan')),
                ('backout_plan', models.TextField(validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='back-out plan')),
                ('tasks', models.JSONField(blank=True, default=list, verbose_name='tasks')),
                ('minutes', models.PositiveIntegerField(default=60, validators=[django.core.validators.MinValueValidator(5), django.core.validators.MaxValueValidator(44640)], verbose_name='takes minutes')),
                ('outage_minutes', models.PositiveIntegerField(default=0, validators=[django.core.validators.MaxValueValidator(44640)], verbose_name='minutes of outage')),
                ('is_active', models.BooleanField(default=True, help_text='Changes made from it are approved beforehand.', verbose_name='in force')),
                ('service', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='change_templates', to='catalogue.service', verbose_name='service')),
                ('team', models.ForeignKey(blank=True, help_text='Empty: by routing.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team', verbose_name='team')),
            ],
            options={
                'verbose_name': 'change template',
                'verbose_name_plural': 'change templates',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='FreezeWindow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, unique=True, verbose_name='name')),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='reason')),
                ('starts_at', models.DateTimeField(verbose_name='from')),
                ('ends_at', models.DateTimeField(verbose_name='until')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('services', models.ManyToManyField(blank=True, help_text='None: every service is frozen.', related_name='freezes', to='catalogue.service', verbose_name='services')),
            ],
            options={
                'verbose_name': 'freeze',
                'verbose_name_plural': 'freezes',
                'ordering': ['starts_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='MaintenanceWindow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, unique=True, verbose_name='name')),
                ('weekday', models.PositiveSmallIntegerField(choices=[(0, 'Monday'), (1, 'Tuesday'), (2, 'Wednesday'), (3, 'Thursday'), (4, 'Friday'), (5, 'Saturday'), (6, 'Sunday')], default=6, verbose_name='day')),
                ('starts_at', models.TimeField(verbose_name='begin')),
                ('minutes', models.PositiveSmallIntegerField(default=240, validators=[django.core.validators.MinValueValidator(15), django.core.validators.MaxValueValidator(2880)], verbose_name='length in minutes')),
                ('timezone', models.CharField(default='UTC', max_length=60, validators=[transition.models.windows.validate_zone], verbose_name='time zone')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('services', models.ManyToManyField(related_name='maintenance_windows', to='catalogue.service', verbose_name='services')),
            ],
            options={
                'verbose_name': 'maintenance window',
                'verbose_name_plural': 'maintenance windows',
                'ordering': ['weekday', 'starts_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ApprovalRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('change_type', models.CharField(choices=[('normal', 'Normal'), ('emergency', 'Emergency')], default='normal', max_length=10, verbose_name='type of change')),
                ('from_score', models.PositiveSmallIntegerField(default=0, help_text='0 to 100', validators=[django.core.validators.MaxValueValidator(100)], verbose_name='from risk score')),
                ('level', models.CharField(choices=[('low', 'Low'), ('medium', 'Medium'), ('high', 'High')], default='low', max_length=10, verbose_name='called')),
                ('role', models.CharField(blank=True, choices=[('agent', 'Agent'), ('incident_manager', 'Incident manager'), ('problem_manager', 'Problem manager'), ('change_manager', 'Change manager'), ('configuration_manager', 'Configuration manager'), ('knowledge_manager', 'Knowledge manager'), ('service_level_manager', 'Service level manager'), ('portfolio_manager', 'Portfolio manager'), ('finance_manager', 'Finance manager'), ('improvement_manager', 'Improvement manager'), ('cab_member', 'CAB member'), ('service_owner', 'Service owner'), ('security_officer', 'Security officer'), ('auditor', 'Auditor'), ('administrator', 'Administrator')], max_length=30, verbose_name='role that approves')),
                ('rule', models.CharField(choices=[('any', 'one approval is enough'), ('all', 'everybody must approve'), ('quorum', 'a number of approvals is needed')], default='any', max_length=10, verbose_name='rule')),
                ('quorum', models.PositiveSmallIntegerField(default=1, help_text='Counts where a number of approvals is needed, and for decisions in a meeting.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(50)], verbose_name='approvals needed')),
                ('days', models.PositiveSmallIntegerField(default=5, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(60)], verbose_name='days to answer')),
                ('in_meeting', models.BooleanField(default=False, help_text='The board decides there unless its members voted before.', verbose_name='on the agenda of the next CAB meeting')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team', verbose_name='team that approves')),
            ],
            options={
                'verbose_name': 'approval rule',
                'verbose_name_plural': 'approval rules',
                'ordering': ['change_type', 'from_score'],
                'constraints': [models.UniqueConstraint(fields=('change_type', 'from_score'), name='transition_approvalrule_once'), models.CheckConstraint(condition=models.Q(('from_score__range', (0, 100))), name='transition_approvalrule_score')],
            },
        ),
        migrations.CreateModel(
            name='Release',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='updated')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('title', models.CharField(max_length=160, verbose_name='title')),
                ('release_version', models.CharField(blank=True, max_length=40, verbose_name='version')),
                ('size', models.CharField(choices=[('major', 'Major'), ('minor', 'Minor'), ('patch', 'Patch')], default='minor', max_length=10, verbose_name='size')),
                ('description', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='what is new')),
                ('known_defects', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='known defects')),
                ('planned_for', models.DateField(blank=True, null=True, verbose_name='planned for')),
                ('deployed_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='deployed')),
                ('state', models.CharField(choices=[('planning', 'Planning'), ('building', 'Building'), ('testing', 'Testing'), ('approved', 'Approved'), ('deploying', 'Deploying'), ('deployed', 'Deployed'), ('closed', 'Closed'), ('rolled_back', 'Rolled back'), ('cancelled', 'Cancelled')], default='planning', editable=False, max_length=20, verbose_name='state')),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('services', models.ManyToManyField(related_name='releases', to='catalogue.service', verbose_name='services')),
            ],
            options={
                'verbose_name': 'release',
                'verbose_name_plural': 'releases',
                'ordering': ['-updated_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Deployment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='updated')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('environment', models.CharField(choices=[('test', 'Test'), ('staging', 'Staging'), ('production', 'Production')], default='production', max_length=12, verbose_name='environment')),
                ('planned_at', models.DateTimeField(verbose_name='planned for')),
                ('started_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='began')),
                ('ended_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='ended')),
                ('notes', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='notes')),
                ('state', models.CharField(choices=[('planned', 'Planned'), ('running', 'Running'), ('succeeded', 'Succeeded'), ('failed', 'Failed'), ('rolled_back', 'Rolled back')], default='planned', editable=False, max_length=20, verbose_name='state')),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deployments', to='transition.release', verbose_name='release')),
            ],
            options={
                'verbose_name': 'deployment',
                'verbose_name_plural': 'deployments',
                'ordering': ['-updated_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Change',
            fields=[
                ('ticket_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to='tickets.ticket')),
                ('change_type', models.CharField(choices=[('standard', 'Standard'), ('normal', 'Normal'), ('emergency', 'Emergency')], default='normal', max_length=10, verbose_name='type')),
                ('planned_start', models.DateTimeField(blank=True, null=True, verbose_name='planned begin')),
                ('planned_end', models.DateTimeField(blank=True, null=True, verbose_name='planned end')),
                ('actual_start', models.DateTimeField(blank=True, null=True, verbose_name='began')),
                ('actual_end', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                ('outage_minutes', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(44640)], verbose_name='minutes of outage')),
                ('implementation_plan', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='implementation plan')),
                ('test_plan', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='test plan')),
                ('backout_plan', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='back-out plan')),
                ('answers', models.JSONField(blank=True, default=dict, verbose_name='answers')),
                ('risk_score', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='risk score')),
                ('risk_level', models.CharField(blank=True, choices=[('low', 'Low'), ('medium', 'Medium'), ('high', 'High')], max_length=10, verbose_name='risk')),
                ('risk_lines', models.JSONField(blank=True, default=list)),
                ('assessed_at', models.DateTimeField(blank=True, null=True, verbose_name='assessed')),
                ('clashes', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='clashes when scheduled')),
                ('scheduled_at', models.DateTimeField(blank=True, null=True, verbose_name='scheduled')),
                ('outcome', models.CharField(blank=True, choices=[('successful', 'Successful'), ('with_issues', 'Successful, with issues'), ('failed', 'Failed'), ('backed_out', 'Backed out')], max_length=12, verbose_name='outcome')),
                ('review_note', models.TextField(blank=True, verbose_name='what the review found')),
                ('stop_reason', models.TextField(blank=True, verbose_name='why it was stopped')),
                ('services', models.ManyToManyField(blank=True, related_name='changes_touching', to='catalogue.service', verbose_name='services affected')),
                ('template', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='transition.changetemplate', verbose_name='template')),
                ('release', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='transition.release', verbose_name='release')),
            ],
            options={
                'verbose_name': 'change',
                'verbose_name_plural': 'changes',
            },
            bases=('tickets.ticket',),
        ),
        migrations.CreateModel(
            name='CABMeeting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='updated')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('title', models.CharField(max_length=160, verbose_name='title')),
                ('starts_at', models.DateTimeField(verbose_name='begin')),
                ('place', models.CharField(blank=True, max_length=200, verbose_name='place or link')),
                ('minutes', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='minutes')),
                ('state', models.CharField(choices=[('planned', 'Planned'), ('held', 'Held'), ('closed', 'Closed'), ('cancelled', 'Cancelled')], default='planned', editable=False, max_length=20, verbose_name='state')),
                ('attendees', models.ManyToManyField(blank=True, related_name='cab_meetings', to=settings.AUTH_USER_MODEL, verbose_name='who takes part')),
                ('chair', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='chair')),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
            ],
            options={
                'verbose_name': 'CAB meeting',
                'verbose_name_plural': 'CAB meetings',
                'ordering': ['-updated_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='AgendaItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=10, verbose_name='position')),
                ('decision', models.CharField(choices=[('pending', 'Not decided'), ('approved', 'Approved'), ('rejected', 'Rejected'), ('deferred', 'Deferred')], default='pending', max_length=10, verbose_name='decision')),
                ('note', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='note')),
                ('meeting', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='agenda', to='transition.cabmeeting')),
                ('change', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='agenda_items', to='transition.change', verbose_name='change')),
            ],
            options={
                'verbose_name': 'agenda item',
                'verbose_name_plural': 'agenda items',
                'ordering': ['position', 'id'],
            },
        ),
        migrations.AddIndex(
            model_name='cabmeeting',
            index=models.Index(fields=['-updated_at', '-id'], name='transition_cab_latest'),
        ),
        migrations.AddIndex(
            model_name='cabmeeting',
            index=models.Index(condition=models.Q(('state', 'planned')), fields=['starts_at'], name='transition_cab_next'),
        ),
        migrations.AddConstraint(
            model_name='cabmeeting',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['planned', 'held', 'closed', 'cancelled'])), name='transition_cab_state_known'),
        ),
        migrations.AddConstraint(
            model_name='agendaitem',
            constraint=models.UniqueConstraint(fields=('meeting', 'change'), name='transition_agenda_once'),
        ),
        migrations.AddIndex(
            model_name='freezewindow',
            index=models.Index(condition=models.Q(('is_active', True)), fields=['ends_at'], name='transition_freeze_ends'),
        ),
        migrations.AddConstraint(
            model_name='freezewindow',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='transition_freeze_ends_later'),
        ),
        migrations.AddIndex(
            model_name='release',
            index=models.Index(fields=['-updated_at', '-id'], name='transition_release_latest'),
        ),
        migrations.AddConstraint(
            model_name='release',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['planning', 'building', 'testing', 'approved', 'deploying', 'deployed', 'closed', 'rolled_back', 'cancelled'])), name='transition_release_state_known'),
        ),
        migrations.AddIndex(
            model_name='deployment',
            index=models.Index(fields=['-updated_at', '-id'], name='transition_deployment_latest'),
        ),
        migrations.AddIndex(
            model_name='deployment',
            index=models.Index(condition=models.Q(('state__in', ('planned', 'running'))), fields=['planned_at'], name='transition_deployment_next'),
        ),
        migrations.AddConstraint(
            model_name='deployment',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['planned', 'running', 'succeeded', 'failed', 'rolled_back'])), name='transition_deployment_state'),
        ),
        migrations.AddIndex(
            model_name='change',
            index=models.Index(condition=models.Q(('planned_start__isnull', False)), fields=['planned_start', 'planned_end'], name='transition_change_planned'),
        ),
        migrations.AddIndex(
            model_name='change',
            index=models.Index(fields=['change_type', '-actual_end'], name='transition_change_ended'),
        ),
        migrations.AddConstraint(
            model_name='change',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('planned_end__isnull', True), ('planned_start__isnull', True)), ('planned_end__gt', models.F('planned_start')), _connector='OR'), name='transition_change_ends_later'),
        ),
        migrations.AddConstraint(
            model_name='change',
            constraint=models.CheckConstraint(condition=models.Q(('risk_score__isnull', True), ('risk_score__lte', 100), _connector='OR'), name='transition_change_risk_range'),
        ),
    ]
