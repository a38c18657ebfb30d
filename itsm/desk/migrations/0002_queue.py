"""Saved views, what people change about them, and bulk actions with their undo."""

import django.db.models.deletion
import itsm.lib.clock
from django.conf import settings
from django.db import migrations, models

from itsm.lib.migrations import Tables


class Migration(Tables):

    dependencies = [
        ('accounts', '0002_roles_and_system'),
        ('accounts', '__first__'),
        ('desk', '0001_signs_of_life'),
    ]

    operations = [
        migrations.CreateModel(
            name='BulkAction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=itsm.lib.clock.now, verbose_name='when')),
                ('action', models.CharField(max_length=30, verbose_name='action')),
                ('label', models.CharField(max_length=200)),
                ('rows', models.JSONField(default=list)),
                ('undone_at', models.DateTimeField(null=True, verbose_name='undone')),
                ('actor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
            ],
            options={
                'verbose_name': 'bulk action',
                'verbose_name_plural': 'bulk actions',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['at'], name='desk_bulkaction_by_time')],
            },
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('scope', models.CharField(choices=[('private', 'Only me'), ('team', 'A team'), ('public', 'Everybody at the desk')], default='private', max_length=10, verbose_name='who sees it')),
                ('filters', models.JSONField(blank=True, default=dict, editable=False, verbose_name='filters')),
                ('columns', models.JSONField(blank=True, default=list, editable=False, verbose_name='columns')),
                ('sort', models.CharField(blank=True, editable=False, max_length=20, verbose_name='order')),
                ('group_by', models.CharField(blank=True, editable=False, max_length=20, verbose_name='grouped by')),
                ('position', models.PositiveIntegerField(default=0, editable=False, verbose_name='position')),
                ('is_pinned', models.BooleanField(default=True, verbose_name='shown as a tab')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='updated')),
                ('owner', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='saved_views', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='saved_views', to='accounts.team', verbose_name='team')),
            ],
            options={
                'verbose_name': 'saved view',
                'verbose_name_plural': 'saved views',
                'ordering': ['position', 'name', 'id'],
                'indexes': [models.Index(fields=['scope', 'team'], name='desk_savedview_shared')],
                'constraints': [models.UniqueConstraint(fields=('owner', 'name'), name='desk_savedview_name'), models.CheckConstraint(condition=models.Q(models.Q(('scope', 'team'), ('team__isnull', False)), models.Q(models.Q(('scope', 'team'), _negated=True), ('team__isnull', True)), _connector='OR'), name='desk_savedview_team_when_shared_with_one')],
            },
        ),
        migrations.CreateModel(
            name='ViewPreference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('view', models.CharField(max_length=20)),
                ('columns', models.JSONField(default=list)),
                ('is_pinned', models.BooleanField(null=True)),
                ('position', models.PositiveIntegerField(null=True)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'view preference',
                'verbose_name_plural': 'view preferences',
                'constraints': [models.UniqueConstraint(fields=('user', 'view'), name='desk_viewpreference_once')],
            },
        ),
    ]
