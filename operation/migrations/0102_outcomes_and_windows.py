"""What orders left behind; days of availability remember their maintenance windows."""

import django.db.models.deletion
import itsm.lib.clock
from django.db import migrations, models

from itsm.lib.migrations import Tables


class Migration(Tables):

    dependencies = [
        ('operation', '0101_requests_problems_on_call'),
        ('tickets', '0102_fixed_by'),
        ('transition', '0302_order_results'),
    ]

    operations = [
        migrations.CreateModel(
            name='OrderOutcome',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('made_at', models.DateTimeField(null=True)),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now)),
                ('item', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='transition.configurationitem')),
                ('order', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='outcome', to='operation.servicerequest', verbose_name='order')),
                ('subscription', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='transition.subscription')),
                ('task', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='tickets.tickettask')),
            ],
            options={
                'verbose_name': 'outcome of an order',
                'verbose_name_plural': 'outcomes of orders',
                'constraints': [models.CheckConstraint(condition=models.Q(('subscription__isnull', True), ('item__isnull', True), _connector='OR'), name='operation_outcome_one_thing')],
            },
        ),
        migrations.AddField(
            model_name='availabilityday',
            name='windows',
            field=models.JSONField(editable=False, null=True),
        ),
    ]
