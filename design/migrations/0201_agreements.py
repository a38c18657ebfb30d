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
        ('design', '0101_processes_and_packages'),
        ('sla', '0006_published_terms'),
    ]

    operations = [
        migrations.CreateModel(
            name='Agreement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='updated')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('title', models.CharField(max_length=160, verbose_name='title')),
                ('type', models.CharField(choices=[('sla', 'Service level agreement'), ('ola', 'Operational level agreement'), ('uc', 'Underpinning contract')], default='sla', max_length=3, verbose_name='type')),
                ('supplier', models.CharField(blank=True, help_text='Of an underpinning contract.', max_length=120, verbose_name='supplier')),
                ('contract', models.CharField(blank=True, help_text='Number or name of the contract.', max_length=80, verbose_name='contract')),
                ('starts_on', models.DateField(verbose_name='from')),
                ('ends_on', models.DateField(blank=True, help_text='The last day. Empty: until further notice.', null=True, verbose_name='to')),
                ('description', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='terms in words')),
                ('edition', models.PositiveSmallIntegerField(default=1, editable=False, verbose_name='version')),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('agreed', 'Agreed'), ('active', 'Active'), ('expired', 'Expired'), ('terminated', 'Terminated')], default='draft', editable=False, max_length=20, verbose_name='state')),
                ('calendar', models.ForeignKey(blank=True, help_text='Empty: around the clock.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sla.workcalendar', verbose_name='hours of cover')),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('customer', models.ForeignKey(blank=True, help_text='Of an SLA. Empty: every organisation that has no agreement of its own.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='agreements', to='accounts.organisation', verbose_name='customer')),
                ('customer_team', models.ForeignKey(blank=True, help_text='Of an OLA.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='agreements_taken', to='accounts.team', verbose_name='team that relies on it')),
                ('first', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='later', to='design.agreement')),
                ('owner', models.ForeignKey(help_text='Who keeps it, and answers for it.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('provider_team', models.ForeignKey(blank=True, help_text='Of an OLA.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='agreements_given', to='accounts.team', verbose_name='team that does it')),
                ('published', models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='agreement', to='sla.supportlevel')),
                ('services', models.ManyToManyField(related_name='agreements', to='catalogue.service', verbose_name='services')),
                ('support_level', models.ForeignKey(blank=True, help_text='Targets can be taken over from it; its escalation policy applies.', limit_choices_to={'published_by': ''}, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='agreements', to='sla.supportlevel', verbose_name='support level')),
            ],
            options={
                'verbose_name': 'agreement',
                'verbose_name_plural': 'agreements',
                'ordering': ['-updated_at', '-id'],
                'indexes': [models.Index(fields=['-updated_at', '-id'], name='design_agreement_latest'), models.Index(condition=models.Q(('state__in', ('agreed', 'active'))), fields=['starts_on', 'ends_on'], name='design_agreement_binding')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'agreed', 'active', 'expired', 'terminated'])), name='design_agreement_state_known'), models.CheckConstraint(condition=models.Q(('ends_on__isnull', True), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='design_agreement_forward', violation_error_message='It ends before it begins.'), models.CheckConstraint(condition=models.Q(models.Q(('customer_team__isnull', True), ('provider_team__isnull', True), ('supplier', ''), ('type', 'sla')), models.Q(('customer__isnull', True), ('customer_team__isnull', False), ('provider_team__isnull', False), ('supplier', ''), ('type', 'ola')), models.Q(('customer__isnull', True), ('customer_team__isnull', True), ('provider_team__isnull', True), ('type', 'uc'), models.Q(('supplier', ''), _negated=True)), _connector='OR'), name='design_agreement_parties'), models.UniqueConstraint(fields=('first', 'edition'), name='design_agreement_edition_once')],
            },
        ),
        migrations.CreateModel(
            name='AgreementTarget',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('metric', models.CharField(choices=[('first_response', 'First response'), ('resolution', 'Resolution'), ('update', 'Next reply'), ('fulfilment', 'Fulfilment')], max_length=20, verbose_name='metric')),
                ('kind', models.CharField(default='incident', max_length=20, verbose_name='kind of ticket')),
                ('priority', models.PositiveSmallIntegerField(blank=True, choices=[(1, 'Critical'), (2, 'High'), (3, 'Moderate'), (4, 'Low'), (5, 'Planning')], help_text='Empty: every priority.', null=True, verbose_name='priority')),
                ('minutes', models.PositiveIntegerField(help_text='Working time by the hours below.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(527040)], verbose_name='minutes')),
                ('pause_reasons', models.JSONField(blank=True, default=list, verbose_name='waiting that pauses the clock')),
                ('warn_percent', models.PositiveSmallIntegerField(default=75, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(99)], verbose_name='warn at %')),
                ('agreement', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='targets', to='design.agreement')),
                ('calendar', models.ForeignKey(blank=True, help_text='Empty: the hours of cover of the agreement.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sla.workcalendar', verbose_name='hours')),
            ],
            options={
                'verbose_name': 'target',
                'verbose_name_plural': 'targets',
                'ordering': ['kind', 'metric', models.OrderBy(models.F('priority'), nulls_last=True), 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('minutes__gte', 1)), name='design_target_minutes_positive'), models.UniqueConstraint(condition=models.Q(('priority__isnull', False)), fields=('agreement', 'kind', 'metric', 'priority'), name='design_target_once', violation_error_message='This is promised already.'), models.UniqueConstraint(condition=models.Q(('priority__isnull', True)), fields=('agreement', 'kind', 'metric'), name='design_target_any_once', violation_error_message='This is promised already.')],
            },
        ),
    ]
