import django.db.models.deletion
import itsm.catalogue.validators
import itsm.lib.clock
from django.conf import settings
from django.db import migrations, models

from itsm.lib.migrations import Tables


class Migration(Tables):

    initial = True

    dependencies = [
        ('accounts', '0001_people'),
        ('accounts', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='ServiceCategory',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('icon', models.CharField(default='layers', max_length=40, verbose_name='icon')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='position')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='catalogue.servicecategory', verbose_name='part of')),
            ],
            options={
                'verbose_name': 'service category',
                'verbose_name_plural': 'service categories',
                'ordering': ['position', 'name'],
                'constraints': [models.UniqueConstraint(fields=('name',), name='catalogue_servicecategory_name'), models.CheckConstraint(condition=models.Q(('parent__isnull', True), models.Q(('parent', models.F('id')), _negated=True), _connector='OR'), name='catalogue_servicecategory_not_own_parent')],
            },
        ),
        migrations.CreateModel(
            name='Service',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, unique=True, verbose_name='name')),
                ('slug', models.SlugField(max_length=120, unique=True, verbose_name='short name')),
                ('description', models.TextField(blank=True, verbose_name='description')),
                ('kind', models.CharField(choices=[('business', 'Business service'), ('technical', 'Technical service'), ('enabling', 'Enabling service')], default='business', max_length=12, verbose_name='kind')),
                ('criticality', models.PositiveSmallIntegerField(choices=[(1, 'Critical'), (2, 'High'), (3, 'Medium'), (4, 'Low')], default=3, verbose_name='criticality')),
                ('status', models.CharField(choices=[('proposed', 'Proposed'), ('chartered', 'Chartered'), ('in_design', 'In design'), ('in_transition', 'In transition'), ('live', 'Live'), ('retiring', 'Retiring'), ('retired', 'Retired'), ('rejected', 'Rejected')], default='proposed', editable=False, max_length=20, verbose_name='status')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='updated')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='owned_services', to=settings.AUTH_USER_MODEL, verbose_name='service owner')),
                ('support_team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='services', to='accounts.team', verbose_name='support team')),
                ('category', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='services', to='catalogue.servicecategory', verbose_name='category')),
            ],
            options={
                'verbose_name': 'service',
                'verbose_name_plural': 'services',
                'ordering': ['name'],
                'indexes': [models.Index(fields=['status', 'name'], name='catalogue_service_by_status')],
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['proposed', 'chartered', 'in_design', 'in_transition', 'live', 'retiring', 'retired', 'rejected'])), name='catalogue_service_status_known'), models.CheckConstraint(condition=models.Q(('criticality__range', (1, 4))), name='catalogue_service_criticality_range')],
            },
        ),
        migrations.CreateModel(
            name='ServiceDependency',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                ('depends_on', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='needed_by', to='catalogue.service', verbose_name='depends on')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='needs', to='catalogue.service', verbose_name='service')),
            ],
            options={
                'verbose_name': 'service dependency',
                'verbose_name_plural': 'service dependencies',
                'constraints': [models.UniqueConstraint(fields=('service', 'depends_on'), name='catalogue_servicedependency_once'), models.CheckConstraint(condition=models.Q(('service', models.F('depends_on')), _negated=True), name='catalogue_servicedependency_not_self')],
            },
        ),
        migrations.CreateModel(
            name='ServiceOffering',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('slug', models.SlugField(max_length=120, unique=True, verbose_name='short name')),
                ('kind', models.CharField(choices=[('report', 'Report a problem'), ('request', 'Ask for something')], default='request', max_length=10, verbose_name='kind')),
                ('summary', models.CharField(blank=True, max_length=200, verbose_name='summary')),
                ('description', models.TextField(blank=True, verbose_name='description')),
                ('icon', models.CharField(default='package', max_length=40, verbose_name='icon')),
                ('request_form', models.JSONField(blank=True, default=dict, validators=[itsm.catalogue.validators.validate_form_schema], verbose_name='form')),
                ('fulfilment_plan', models.JSONField(blank=True, default=list, verbose_name='fulfilment plan')),
                ('approval_policy', models.JSONField(blank=True, default=dict, verbose_name='approval policy')),
                ('price', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, verbose_name='price')),
                ('currency', models.CharField(default='EUR', max_length=3, verbose_name='currency')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='position')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('entitled', models.ManyToManyField(blank=True, help_text='Empty: everybody.', related_name='entitled_offerings', to='accounts.organisation', verbose_name='only for')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offerings', to='catalogue.service', verbose_name='service')),
            ],
            options={
                'verbose_name': 'service offering',
                'verbose_name_plural': 'service offerings',
                'ordering': ['position', 'name'],
                'constraints': [models.UniqueConstraint(fields=('service', 'name'), name='catalogue_serviceoffering_name'), models.CheckConstraint(condition=models.Q(('price__isnull', True), ('price__gte', 0), _connector='OR'), name='catalogue_serviceoffering_price_not_negative')],
            },
        ),
        migrations.AddField(
            model_name='Service',
            name='dependencies',
            field=models.ManyToManyField(related_name='dependents', through='catalogue.ServiceDependency', through_fields=('service', 'depends_on'), to='catalogue.service'),
        ),
    ]
