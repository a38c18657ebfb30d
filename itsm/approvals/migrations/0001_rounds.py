import django.db.models.deletion
import itsm.lib.clock
from django.conf import settings
from django.db import migrations, models

from itsm.lib.migrations import Tables


class Migration(Tables):

    initial = True

    dependencies = [
        ('accounts', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='Round',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject_type', models.CharField(max_length=60)),
                ('subject_id', models.BigIntegerField()),
                ('subject_label', models.CharField(max_length=250, verbose_name='subject')),
                ('subject_url', models.CharField(blank=True, max_length=250)),
                ('question', models.CharField(blank=True, max_length=250, verbose_name='question')),
                ('verb', models.CharField(blank=True, max_length=60)),
                ('rule', models.CharField(choices=[('any', 'one approval is enough'), ('all', 'everybody must approve'), ('quorum', 'a number of approvals is needed')], default='any', max_length=10, verbose_name='rule')),
                ('quorum', models.PositiveSmallIntegerField(default=1, verbose_name='approvals needed')),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('approved', 'Approved'), ('rejected', 'Rejected'), ('expired', 'Expired'), ('cancelled', 'Cancelled')], default='pending', max_length=10, verbose_name='state')),
                ('requested_at', models.DateTimeField(default=itsm.lib.clock.now, verbose_name='asked')),
                ('deadline_at', models.DateTimeField(blank=True, null=True, verbose_name='answer until')),
                ('reminded_at', models.DateTimeField(blank=True, null=True)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('requested_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'approval round',
                'verbose_name_plural': 'approval rounds',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['subject_type', 'subject_id', '-id'], name='approvals_round_of_subject'), models.Index(condition=models.Q(('state', 'pending')), fields=['deadline_at'], name='approvals_round_due')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'pending')), fields=('subject_type', 'subject_id', 'verb'), name='approvals_round_one_pending'), models.CheckConstraint(condition=models.Q(('quorum__gte', 1)), name='approvals_round_quorum_positive')],
            },
        ),
        migrations.CreateModel(
            name='Seat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('vote', models.CharField(blank=True, choices=[('approve', 'approved'), ('reject', 'rejected')], max_length=10)),
                ('comment', models.TextField(blank=True)),
                ('voted_at', models.DateTimeField(blank=True, null=True)),
                ('approver', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='approval_seats', to=settings.AUTH_USER_MODEL)),
                ('on_behalf_of', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('round', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='seats', to='approvals.round')),
            ],
            options={
                'verbose_name': 'approver',
                'verbose_name_plural': 'approvers',
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('round', 'approver'), name='approvals_seat_once')],
            },
        ),
    ]
