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
            name='Checkpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=itsm.lib.clock.now, editable=False)),
                ('up_to_id', models.BigIntegerField(unique=True)),
                ('entries', models.PositiveIntegerField()),
                ('previous_hash', models.CharField(blank=True, max_length=64)),
                ('hash', models.CharField(max_length=64)),
            ],
            options={
                'verbose_name': 'audit checkpoint',
                'verbose_name_plural': 'audit checkpoints',
                'ordering': ['up_to_id'],
            },
        ),
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='when')),
                ('actor_label', models.CharField(blank=True, max_length=150)),
                ('source', models.CharField(choices=[('web', 'browser'), ('api', 'API'), ('email', 'email'), ('rule', 'automation'), ('system', 'system'), ('import', 'import'), ('command', 'command line')], max_length=10, verbose_name='source')),
                ('action', models.CharField(max_length=60, verbose_name='action')),
                ('object_type', models.CharField(max_length=60)),
                ('object_id', models.BigIntegerField()),
                ('object_label', models.CharField(blank=True, max_length=200, verbose_name='record')),
                ('changes', models.JSONField(default=dict, verbose_name='changes')),
                ('request_id', models.CharField(blank=True, max_length=64)),
                ('previous_hash', models.CharField(blank=True, max_length=64)),
                ('hash', models.CharField(max_length=64)),
                ('actor', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
            ],
            options={
                'verbose_name': 'audit entry',
                'verbose_name_plural': 'audit entries',
                'ordering': ['id'],
                'indexes': [models.Index(fields=['object_type', 'object_id', '-id'], name='audit_entry_of_record'), models.Index(fields=['at', 'id'], name='audit_entry_by_time'), models.Index(fields=['actor', '-id'], name='audit_entry_by_actor')],
            },
        ),
    ]
