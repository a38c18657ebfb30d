import django.db.models.deletion
import itsm.lib.clock
from django.conf import settings
from django.db import migrations, models

from itsm.lib.migrations import Tables


class Migration(Tables):

    initial = True

    dependencies = [
        ('accounts', '__first__'),
        ('catalogue', '0001_services'),
        ('tickets', '0001_tickets'),
    ]

    operations = [
        migrations.CreateModel(
            name='TransitionPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('kind', models.CharField(max_length=20, verbose_name='kind of ticket')),
                ('verb', models.CharField(max_length=40, verbose_name='step')),
                ('required_fields', models.JSONField(blank=True, default=list, verbose_name='fields that must be filled in')),
                ('roles', models.JSONField(blank=True, default=list, verbose_name='roles that may do it')),
                ('checklist', models.JSONField(blank=True, default=list, verbose_name='checklist')),
                ('approval', models.JSONField(blank=True, default=dict, verbose_name='approval')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('category', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tickets.ticketcategory', verbose_name='only for category')),
                ('offering', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalogue.serviceoffering', verbose_name='only for offering')),
                ('service', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalogue.service', verbose_name='only for service')),
            ],
            options={
                'verbose_name': 'transition policy',
                'verbose_name_plural': 'transition policies',
                'ordering': ['kind', 'verb', 'name'],
                'indexes': [models.Index(fields=['kind', 'verb'], name='workflow_policy_of_step')],
            },
        ),
        migrations.CreateModel(
            name='ChecklistTick',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item', models.CharField(max_length=200)),
                ('at', models.DateTimeField(default=itsm.lib.clock.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ticket', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='ticks', to='tickets.ticket')),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='ticks', to='workflow.transitionpolicy')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('ticket', 'policy', 'item'), name='workflow_checklisttick_once')],
            },
        ),
    ]
