import django.db.models.deletion
import itsm.automation.models
import itsm.lib.clock
from django.db import migrations, models

from itsm.lib.migrations import Tables


class Migration(Tables):

    initial = True

    dependencies = [
        ('accounts', '0003_email_by_upper'),
        ('catalogue', '0101_access_offerings'),
        ('notifications', '0004_events_to_rule'),
        ('tickets', '0101_task_steps'),
    ]

    operations = [
        migrations.CreateModel(
            name='AutomationRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True, verbose_name='name')),
                ('kind', models.CharField(max_length=20, verbose_name='kind of ticket')),
                ('event', models.CharField(max_length=40, verbose_name='when')),
                ('priorities', models.JSONField(blank=True, default=list, validators=[itsm.automation.models.known_priorities], verbose_name='priority is one of')),
                ('channels', models.JSONField(blank=True, default=list, validators=[itsm.automation.models.known_channels], verbose_name='came by')),
                ('vip_only', models.BooleanField(default=False, verbose_name='only for VIPs')),
                ('words', models.JSONField(blank=True, default=list, verbose_name='says one of')),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Rules run from low to high.', verbose_name='position')),
                ('is_active', models.BooleanField(default=True, verbose_name='on')),
                ('category', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tickets.ticketcategory', verbose_name='category is')),
                ('macro', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='rules', to='tickets.macro', verbose_name='run the macro')),
                ('offering', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalogue.serviceoffering', verbose_name='offering is')),
                ('organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organisation', verbose_name='requester belongs to')),
                ('services', models.ManyToManyField(blank=True, related_name='+', to='catalogue.service', verbose_name='service is one of')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.team', verbose_name='is with team')),
                ('tell', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team', verbose_name='tell the team')),
            ],
            options={
                'verbose_name': 'automation rule',
                'verbose_name_plural': 'automation rules',
                'ordering': ['position', 'id'],
                'indexes': [models.Index(condition=models.Q(('is_active', True)), fields=['kind', 'event'], name='automation_rule_of_event')],
                'constraints': [models.CheckConstraint(condition=models.Q(('macro__isnull', False), ('tell__isnull', False), _connector='OR'), name='automation_rule_does_something', violation_error_message='A rule that does nothing: choose a macro or a team to tell.')],
            },
        ),
        migrations.CreateModel(
            name='RuleRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=itsm.lib.clock.now)),
                ('outcome', models.CharField(choices=[('done', 'Done'), ('refused', 'Refused'), ('failed', 'Failed')], max_length=10, verbose_name='outcome')),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='reason')),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='notifications.event')),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='runs', to='automation.automationrule')),
                ('ticket', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rule_runs', to='tickets.ticket')),
            ],
            options={
                'verbose_name': 'rule run',
                'verbose_name_plural': 'rule runs',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['rule', '-id'], name='automation_run_of_rule')],
                'constraints': [models.UniqueConstraint(fields=('rule', 'event'), name='automation_run_once')],
            },
        ),
    ]
