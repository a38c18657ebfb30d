import django.core.validators
import django.db.models.deletion
import itsm.lib.clock
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models

from itsm.lib.migrations import Tables


class Migration(Tables):

    dependencies = [
        ('accounts', '__first__'),
        ('catalogue', '0001_services'),
        ('transition', '0102_types_of_items'),
    ]

    operations = [
        migrations.CreateModel(
            name='Contract',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='updated')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('title', models.CharField(max_length=160, verbose_name='title')),
                ('reference', models.CharField(blank=True, max_length=80, verbose_name='their number')),
                ('description', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='what is agreed')),
                ('starts_on', models.DateField(verbose_name='from')),
                ('ends_on', models.DateField(blank=True, help_text='Empty: until one of you gives notice.', null=True, verbose_name='to')),
                ('notice_on', models.DateField(blank=True, help_text='The last day on which it can be ended.', null=True, verbose_name='give notice by')),
                ('cost', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='cost')),
                ('currency', models.CharField(default='EUR', max_length=3, validators=[django.core.validators.RegexValidator('^[A-Z]{3}\\Z', 'Three capital letters, such as EUR.')], verbose_name='currency')),
                ('period', models.CharField(choices=[('once', 'once'), ('month', 'a month'), ('year', 'a year')], default='year', max_length=5, verbose_name='paid')),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('active', 'In force'), ('ended', 'Ended')], default='draft', editable=False, max_length=10, verbose_name='state')),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('items', models.ManyToManyField(blank=True, related_name='contracts', to='transition.configurationitem', verbose_name='items it covers')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('services', models.ManyToManyField(blank=True, related_name='+', to='catalogue.service', verbose_name='services it covers')),
                ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contracts', to='transition.supplier', verbose_name='supplier')),
            ],
            options={
                'verbose_name': 'contract',
                'verbose_name_plural': 'contracts',
                'ordering': ['-updated_at', '-id'],
                'indexes': [models.Index(fields=['-updated_at', '-id'], name='transition_contract_latest'), models.Index(condition=models.Q(('state', 'active')), fields=['ends_on'], name='transition_contract_ending')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'active', 'ended'])), name='transition_contract_state_known'), models.UniqueConstraint(condition=models.Q(('reference', ''), _negated=True), fields=('supplier', 'reference'), name='transition_contract_once', violation_error_message='There is a contract of this supplier with this number already.')],
            },
        ),
        migrations.CreateModel(
            name='Licence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='updated')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('product', models.CharField(max_length=160, verbose_name='product')),
                ('metric', models.CharField(choices=[('user', 'People'), ('item', 'Items')], default='user', max_length=4, verbose_name='counts')),
                ('entitled', models.PositiveIntegerField(help_text='How often it may be used.', verbose_name='entitled')),
                ('cost', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='cost of one')),
                ('currency', models.CharField(default='EUR', max_length=3, validators=[django.core.validators.RegexValidator('^[A-Z]{3}\\Z', 'Three capital letters, such as EUR.')], verbose_name='currency')),
                ('valid_until', models.DateField(blank=True, null=True, verbose_name='valid until')),
                ('description', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='note')),
                ('state', models.CharField(choices=[('active', 'In use'), ('ended', 'Ended')], default='active', editable=False, max_length=10, verbose_name='state')),
                ('contract', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='licences', to='transition.contract', verbose_name='contract')),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('supplier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='licences', to='transition.supplier', verbose_name='supplier')),
            ],
            options={
                'verbose_name': 'licence',
                'verbose_name_plural': 'licences',
                'ordering': ['-updated_at', '-id'],
                'indexes': [models.Index(fields=['-updated_at', '-id'], name='transition_licence_latest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['active', 'ended'])), name='transition_licence_state_known'), models.CheckConstraint(condition=models.Q(('metric__in', ['user', 'item'])), name='transition_licence_metric_known')],
            },
        ),
        migrations.CreateModel(
            name='LicenceAssignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='licence_assignments', to='transition.configurationitem', verbose_name='item')),
                ('licence', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to='transition.licence')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='licence_assignments', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'use of a licence',
                'verbose_name_plural': 'uses of licences',
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('user__isnull', False)), fields=('licence', 'user'), name='transition_licence_user_once', violation_error_message='This person uses the licence already.'), models.UniqueConstraint(condition=models.Q(('item__isnull', False)), fields=('licence', 'item'), name='transition_licence_item_once', violation_error_message='This item uses the licence already.'), models.CheckConstraint(condition=models.Q(models.Q(('item__isnull', False), ('user__isnull', True)), models.Q(('item__isnull', True), ('user__isnull', False)), _connector='OR'), name='transition_licence_one_holder', violation_error_message='Name a person or an item.')],
            },
        ),
    ]
