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
        ('sla', '0005_stays_and_reopenings'),
        ('transition', '0002_search_index'),
    ]

    operations = [
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='updated')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('title', models.CharField(max_length=160, verbose_name='title')),
                ('description', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='what is delivered')),
                ('planned_for', models.DateField(blank=True, null=True, verbose_name='planned for')),
                ('early_life_until', models.DateField(blank=True, editable=False, null=True, verbose_name='early-life support until')),
                ('state', models.CharField(choices=[('preparing', 'Preparing'), ('checking', 'Being checked'), ('acceptance', 'Waiting for acceptance'), ('accepted', 'Accepted'), ('early_life', 'Early-life support'), ('completed', 'Completed'), ('cancelled', 'Cancelled')], default='preparing', editable=False, max_length=20, verbose_name='state')),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('customer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='customer who accepts')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='catalogue.service', verbose_name='service')),
            ],
            options={
                'verbose_name': 'delivery',
                'verbose_name_plural': 'deliveries',
                'ordering': ['-updated_at', '-id'],
                'indexes': [models.Index(fields=['-updated_at', '-id'], name='transition_delivery_latest'), models.Index(fields=['service', 'state'], name='transition_delivery_of')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['preparing', 'checking', 'acceptance', 'accepted', 'early_life', 'completed', 'cancelled'])), name='transition_delivery_state_known')],
            },
        ),
        migrations.CreateModel(
            name='ExitCriterion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(max_length=200, verbose_name='criterion')),
                ('met', models.BooleanField(default=False, verbose_name='met')),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exit_criteria', to='transition.delivery')),
            ],
            options={
                'verbose_name': 'exit criterion',
                'verbose_name_plural': 'exit criteria',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='QualityCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('criterion', models.CharField(max_length=160, verbose_name='criterion')),
                ('comparison', models.CharField(choices=[('min', 'at least'), ('max', 'at most'), ('equal', 'exactly')], default='min', max_length=5, verbose_name='wanted')),
                ('wanted', models.DecimalField(decimal_places=3, max_digits=14, verbose_name='value')),
                ('unit', models.CharField(blank=True, max_length=20, verbose_name='unit')),
                ('measured', models.DecimalField(blank=True, decimal_places=3, max_digits=14, null=True, verbose_name='measured')),
                ('evidence', models.TextField(blank=True, help_text='How and where it was measured.', validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='evidence')),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='checks', to='transition.delivery')),
            ],
            options={
                'verbose_name': 'quality check',
                'verbose_name_plural': 'quality checks',
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('delivery', 'criterion'), name='transition_check_once')],
            },
        ),
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='updated')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('quantity', models.PositiveIntegerField(blank=True, null=True, verbose_name='for how many people')),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_to', models.DateField(blank=True, help_text='Empty: until it is ended.', null=True, verbose_name='to')),
                ('notes', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='notes')),
                ('state', models.CharField(choices=[('planned', 'Planned'), ('active', 'Active'), ('suspended', 'Suspended'), ('ended', 'Ended'), ('cancelled', 'Cancelled')], default='planned', editable=False, max_length=20, verbose_name='state')),
                ('coverage', models.OneToOneField(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='subscription', to='sla.coverage')),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('offering', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='catalogue.serviceoffering', verbose_name='offering')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='accounts.organisation', verbose_name='organisation')),
                ('support_level', models.ForeignKey(blank=True, help_text='Empty: what is promised for the service anyway.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='sla.supportlevel', verbose_name='support level')),
            ],
            options={
                'verbose_name': 'subscription',
                'verbose_name_plural': 'subscriptions',
                'ordering': ['-updated_at', '-id'],
                'indexes': [models.Index(fields=['-updated_at', '-id'], name='transition_sub_latest'), models.Index(fields=['organisation', 'offering', 'valid_from'], name='transition_sub_of'), models.Index(fields=['offering', 'state'], name='transition_sub_offering')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['planned', 'active', 'suspended', 'ended', 'cancelled'])), name='transition_sub_state_known'), models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='transition_sub_forward')],
            },
        ),
        migrations.CreateModel(
            name='SupportHandover',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='updated')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('support_model', models.TextField(blank=True, help_text='Who answers first, who helps, who is called at night, which supplier stands behind it.', validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='support model')),
                ('articles_needed', models.PositiveSmallIntegerField(default=2, validators=[django.core.validators.MaxValueValidator(50)], verbose_name='published articles needed')),
                ('signed_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='signed')),
                ('state', models.CharField(choices=[('preparing', 'Preparing'), ('offered', 'Offered to support'), ('signed', 'Signed'), ('cancelled', 'Cancelled')], default='preparing', editable=False, max_length=20, verbose_name='state')),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='handovers', to='catalogue.service', verbose_name='service')),
                ('signed_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team', verbose_name='team that takes over')),
            ],
            options={
                'verbose_name': 'support handover',
                'verbose_name_plural': 'support handovers',
                'ordering': ['-updated_at', '-id'],
                'indexes': [models.Index(fields=['-updated_at', '-id'], name='transition_handover_latest'), models.Index(fields=['service', 'state'], name='transition_handover_of')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['preparing', 'offered', 'signed', 'cancelled'])), name='transition_handover_state')],
            },
        ),
        migrations.CreateModel(
            name='HandoverItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('topic', models.CharField(choices=[('model', 'Support model agreed'), ('runbook', 'Runbook written'), ('known_errors', 'Known errors handed over'), ('training', 'Team trained'), ('on_call', 'On-call in place'), ('monitoring', 'Monitoring in place'), ('access', 'Access for support'), ('other', 'Something else')], max_length=12, verbose_name='topic')),
                ('detail', models.CharField(blank=True, max_length=200, verbose_name='what exactly')),
                ('required', models.BooleanField(default=True, verbose_name='required')),
                ('done', models.BooleanField(default=False, verbose_name='done')),
                ('evidence', models.TextField(blank=True, help_text='Where it is found, who was trained and when.', validators=[django.core.validators.MaxLengthValidator(20000)], verbose_name='evidence')),
                ('handover', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='transition.supporthandover')),
            ],
            options={
                'verbose_name': 'handover item',
                'verbose_name_plural': 'handover items',
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('handover', 'topic', 'detail'), name='transition_handover_item_once')],
            },
        ),
    ]
