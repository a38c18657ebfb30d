"""What fulfilled orders of an offering leave behind."""

import django.db.models.deletion
from django.db import migrations, models

from itsm.lib.migrations import Tables


class Migration(Tables):

    dependencies = [
        ('catalogue', '0101_access_offerings'),
        ('sla', '0101_fulfilment_and_on_call'),
        ('transition', '0301_agreements_and_reminders'),
    ]

    operations = [
        migrations.CreateModel(
            name='OrderResult',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('subscription', 'opens a subscription'), ('asset', 'registers an asset')], default='subscription', max_length=15, verbose_name='when it is fulfilled')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('item_type', models.ForeignKey(blank=True, help_text='Used by whoever it is for. Answers with the short name of an attribute fill it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='transition.citype', verbose_name='type of the asset')),
                ('offering', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='order_result', to='catalogue.serviceoffering', verbose_name='an order of')),
                ('subscribe_to', models.ForeignKey(blank=True, help_text='For the organisation of whoever it is for. Empty: to what was ordered.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.serviceoffering', verbose_name='subscription to')),
                ('support_level', models.ForeignKey(blank=True, help_text='Empty: what is promised for the service anyway.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sla.supportlevel', verbose_name='support level')),
            ],
            options={
                'verbose_name': 'result of orders',
                'verbose_name_plural': 'results of orders',
                'ordering': ['offering__name'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('item_type__isnull', True), ('kind', 'subscription')), models.Q(('item_type__isnull', False), ('kind', 'asset'), ('subscribe_to__isnull', True), ('support_level__isnull', True)), _connector='OR'), name='transition_orderresult_fits')],
            },
        ),
    ]
