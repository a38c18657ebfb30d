import django.core.validators
import django.db.models.deletion
import itsm.catalogue.validators
import itsm.lib.clock
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models

from itsm.lib.migrations import Tables


class Migration(Tables):

    dependencies = [
        ('accounts', '0003_email_by_upper'),
        ('accounts', '__first__'),
        ('catalogue', '0001_services'),
        ('tickets', '0006_reopened'),
        ('transition', '0003_delivery'),
    ]

    operations = [
        migrations.CreateModel(
            name='Supplier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, unique=True, verbose_name='name')),
                ('website', models.URLField(blank=True, verbose_name='website')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email of their support')),
                ('phone', models.CharField(blank=True, max_length=60, verbose_name='phone of their support')),
                ('customer_number', models.CharField(blank=True, max_length=80, verbose_name='our customer number')),
                ('note', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='note')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
            ],
            options={
                'verbose_name': 'supplier',
                'verbose_name_plural': 'suppliers',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='CIType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True, verbose_name='name')),
                ('icon', models.CharField(default='box', max_length=40, verbose_name='icon')),
                ('is_asset', models.BooleanField(default=False, help_text='Bought, owned and written off, such as a laptop.', verbose_name='asset')),
                ('attributes', models.JSONField(blank=True, default=dict, help_text='JSON Schema of what is asked of each item, besides what the types above ask.', validators=[itsm.catalogue.validators.validate_form_schema], verbose_name='attributes')),
                ('identity_keys', models.JSONField(blank=True, default=list, help_text='What tells one item from another, such as serial, hostname or mac; added to those above.', verbose_name='identity keys')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='transition.citype', verbose_name='a kind of')),
            ],
            options={
                'verbose_name': 'type of item',
                'verbose_name_plural': 'types of items',
                'ordering': ['name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('parent__isnull', True), models.Q(('parent', models.F('id')), _negated=True), _connector='OR'), name='transition_citype_not_own_parent')],
            },
        ),
        migrations.CreateModel(
            name='ConfigurationItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='updated')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('name', models.CharField(max_length=160, verbose_name='name')),
                ('description', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='description')),
                ('attributes', models.JSONField(blank=True, default=dict, verbose_name='attributes')),
                ('state', models.CharField(choices=[('ordered', 'Ordered'), ('in_stock', 'In stock'), ('deployed', 'Deployed'), ('in_repair', 'In repair'), ('retired', 'Retired'), ('disposed', 'Disposed of')], default='ordered', editable=False, max_length=10, verbose_name='state')),
                ('location', models.CharField(blank=True, max_length=120, verbose_name='location')),
                ('serial', models.CharField(blank=True, max_length=120, verbose_name='serial number')),
                ('purchased_on', models.DateField(blank=True, null=True, verbose_name='purchased on')),
                ('cost', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='cost')),
                ('currency', models.CharField(default='EUR', max_length=3, validators=[django.core.validators.RegexValidator('^[A-Z]{3}\\Z', 'Three capital letters, such as EUR.')], verbose_name='currency')),
                ('warranty_until', models.DateField(blank=True, null=True, verbose_name='warranty until')),
                ('depreciation_months', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(600)], verbose_name='written off over (months)')),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation', verbose_name='organisation')),
                ('owner', models.ForeignKey(blank=True, help_text='Who answers for it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='owned_items', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('services', models.ManyToManyField(blank=True, related_name='configuration_items', to='catalogue.service', verbose_name='services it supports')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team', verbose_name='supported by')),
                ('type', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='transition.citype', verbose_name='type')),
                ('user', models.ForeignKey(blank=True, help_text='Who works with it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='used_items', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                ('supplier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='items', to='transition.supplier', verbose_name='supplier')),
            ],
            options={
                'verbose_name': 'configuration item',
                'verbose_name_plural': 'configuration items',
                'ordering': ['-updated_at', '-id'],
                'indexes': [models.Index(fields=['-updated_at', '-id'], name='transition_ci_latest'), models.Index(fields=['state', '-updated_at'], name='transition_ci_by_state'), models.Index(fields=['type', '-updated_at'], name='transition_ci_by_type'), models.Index(fields=['name'], name='transition_ci_by_name'), models.Index(condition=models.Q(('warranty_until__isnull', False)), fields=['warranty_until'], name='transition_ci_warranty')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['ordered', 'in_stock', 'deployed', 'in_repair', 'retired', 'disposed'])), name='transition_ci_state_known'), models.CheckConstraint(condition=models.Q(('cost__isnull', True), ('cost__gte', 0), _connector='OR'), name='transition_ci_cost_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='CIRelation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('depends_on', 'depends on'), ('runs_on', 'runs on'), ('connected_to', 'is connected to'), ('part_of', 'is part of'), ('used_by', 'is used by')], max_length=12, verbose_name='relation')),
                ('needing', models.GeneratedField(db_persist=True, expression=models.Case(models.When(kind__in=('depends_on', 'runs_on'), then=models.F('source_id')), models.When(kind__in=('part_of', 'used_by'), then=models.F('target_id')), default=None), output_field=models.BigIntegerField(null=True))),
                ('needed', models.GeneratedField(db_persist=True, expression=models.Case(models.When(kind__in=('depends_on', 'runs_on'), then=models.F('target_id')), models.When(kind__in=('part_of', 'used_by'), then=models.F('source_id')), default=None), output_field=models.BigIntegerField(null=True))),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='outgoing', to='transition.configurationitem', verbose_name='item')),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='incoming', to='transition.configurationitem', verbose_name='other item')),
            ],
            options={
                'verbose_name': 'relation',
                'verbose_name_plural': 'relations',
                'ordering': ['id'],
                'indexes': [models.Index(fields=['needed', 'needing'], name='transition_cirelation_up'), models.Index(fields=['needing', 'needed'], name='transition_cirelation_down')],
                'constraints': [models.UniqueConstraint(fields=('source', 'kind', 'target'), name='transition_cirelation_once'), models.CheckConstraint(condition=models.Q(('source', models.F('target')), _negated=True), name='transition_cirelation_not_self'), models.CheckConstraint(condition=models.Q(('kind__in', ['depends_on', 'runs_on', 'connected_to', 'part_of', 'used_by'])), name='transition_cirelation_kind_known')],
            },
        ),
        migrations.CreateModel(
            name='CIIdentity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=60)),
                ('value', models.CharField(max_length=200)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='identities', to='transition.configurationitem')),
            ],
            options={
                'verbose_name': 'identifying value',
                'verbose_name_plural': 'identifying values',
                'constraints': [models.UniqueConstraint(fields=('key', 'value'), name='transition_ciidentity_once'), models.UniqueConstraint(fields=('item', 'key'), name='transition_ciidentity_key_once')],
            },
        ),
        migrations.CreateModel(
            name='TicketCI',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=itsm.lib.clock.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ticket_links', to='transition.configurationitem')),
                ('ticket', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='ticket_items', to='tickets.ticket')),
            ],
            options={
                'verbose_name': 'item of a ticket',
                'verbose_name_plural': 'items of tickets',
                'ordering': ['id'],
                'indexes': [models.Index(fields=['item', '-ticket'], name='transition_ticketci_of_item')],
                'constraints': [models.UniqueConstraint(fields=('ticket', 'item'), name='transition_ticketci_once')],
            },
        ),
    ]
