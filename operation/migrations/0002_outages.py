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
        ('operation', '0001_incidents'),
    ]

    operations = [
        migrations.CreateModel(
            name='Outage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(help_text='What people notice, such as “Card payments fail in the web shop”.', max_length=160, verbose_name='title')),
                ('message', models.TextField(blank=True, help_text='What is done about it, and what people can do meanwhile. Everybody who uses them sees it.', validators=[django.core.validators.MaxLengthValidator(2000)], verbose_name='message')),
                ('kind', models.CharField(choices=[('outage', 'Not available'), ('degradation', 'Slow or partly broken'), ('planned', 'Planned work')], default='outage', max_length=12, verbose_name='kind')),
                ('begins_at', models.DateTimeField(verbose_name='from')),
                ('ends_at', models.DateTimeField(blank=True, null=True, verbose_name='expected until')),
                ('ended_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='ended')),
                ('state', models.CharField(choices=[('planned', 'Planned'), ('active', 'Active'), ('ended', 'Ended')], default='active', editable=False, max_length=10, verbose_name='state')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False)),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='updated')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('incident', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='outages', to='operation.incident', verbose_name='incident')),
                ('services', models.ManyToManyField(related_name='outages', to='catalogue.service', verbose_name='services')),
            ],
            options={
                'verbose_name': 'outage',
                'verbose_name_plural': 'outages',
                'ordering': ['-begins_at', '-id'],
                'indexes': [models.Index(condition=models.Q(('state', 'ended'), _negated=True), fields=['begins_at'], name='operation_outage_current'), models.Index(fields=['-begins_at', '-id'], name='operation_outage_by_begin')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['planned', 'active', 'ended'])), name='operation_outage_state_known'), models.CheckConstraint(condition=models.Q(('ends_at__isnull', True), ('ends_at__gte', models.F('begins_at')), _connector='OR'), name='operation_outage_forward'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', False), ('state', 'ended')), models.Q(models.Q(('state', 'ended'), _negated=True), ('ended_at__isnull', True)), _connector='OR'), name='operation_outage_ended_when_ended'), models.CheckConstraint(condition=models.Q(('ended_at__isnull', True), ('ended_at__gte', models.F('begins_at')), _connector='OR'), name='operation_outage_ended_after_begin')],
            },
        ),
    ]
