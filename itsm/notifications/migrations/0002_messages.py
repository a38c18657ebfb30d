import django.db.models.deletion
import itsm.lib.clock
from django.conf import settings
from django.db import migrations, models

from itsm.lib.migrations import Tables


class Migration(Tables):

    dependencies = [
        ('accounts', '0002_roles_and_system'),
        ('accounts', '__first__'),
        ('notifications', '0001_events'),
        ('tickets', '0002_defaults'),
    ]

    operations = [
        migrations.CreateModel(
            name='ChatChannel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True, verbose_name='name')),
                ('address', models.TextField(editable=False)),
                ('scheme', models.CharField(editable=False, max_length=20, verbose_name='system')),
                ('events', models.JSONField(default=list, verbose_name='tells about')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('last_sent_at', models.DateTimeField(editable=False, null=True, verbose_name='last message')),
                ('last_error', models.CharField(blank=True, editable=False, max_length=500, verbose_name='last problem')),
                ('team', models.ForeignKey(blank=True, help_text='Empty: tickets of every team.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='chat_channels', to='accounts.team', verbose_name='only for team')),
            ],
            options={
                'verbose_name': 'chat channel',
                'verbose_name_plural': 'chat channels',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('topic', models.CharField(max_length=30, verbose_name='about')),
                ('channel', models.CharField(choices=[('in_app', 'Inbox'), ('email', 'Email'), ('chat', 'Chat')], max_length=10, verbose_name='channel')),
                ('address', models.CharField(blank=True, max_length=254, verbose_name='address')),
                ('language', models.CharField(blank=True, max_length=10)),
                ('subject', models.CharField(max_length=250, verbose_name='subject')),
                ('body', models.TextField(blank=True, verbose_name='text')),
                ('markdown', models.TextField(blank=True)),
                ('url', models.CharField(blank=True, max_length=250)),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, verbose_name='written')),
                ('state', models.CharField(choices=[('pending', 'Waiting'), ('sending', 'Being sent'), ('sent', 'Sent'), ('failed', 'Failed'), ('skipped', 'Not sent')], default='pending', max_length=10, verbose_name='state')),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='attempts')),
                ('next_attempt_at', models.DateTimeField(default=itsm.lib.clock.now, verbose_name='next attempt')),
                ('claimed_until', models.DateTimeField(null=True)),
                ('claimed_by', models.CharField(blank=True, max_length=36)),
                ('sent_at', models.DateTimeField(null=True, verbose_name='sent')),
                ('read_at', models.DateTimeField(null=True, verbose_name='read')),
                ('error', models.CharField(blank=True, max_length=500, verbose_name='problem')),
                ('chat', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='notifications.chatchannel', verbose_name='chat channel')),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='notifications.event', verbose_name='event')),
                ('on_behalf_of', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('recipient', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to=settings.AUTH_USER_MODEL, verbose_name='recipient')),
                ('team', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.team', verbose_name='team')),
                ('ticket', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tickets.ticket', verbose_name='ticket')),
            ],
            options={
                'verbose_name': 'message',
                'verbose_name_plural': 'messages',
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('state__in', ['pending', 'sending'])), fields=['channel', 'next_attempt_at', 'id'], name='notifications_message_due'), models.Index(condition=models.Q(('channel', 'in_app')), fields=['recipient', '-id'], name='notifications_message_inbox'), models.Index(condition=models.Q(('channel', 'in_app'), ('read_at__isnull', True)), fields=['recipient', '-id'], name='notifications_message_unread'), models.Index(condition=models.Q(('state', 'failed')), fields=['id'], name='notifications_message_failed'), models.Index(fields=['ticket', 'id'], name='notifications_message_ticket'), models.Index(fields=['created_at'], name='notifications_message_age')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('recipient__isnull', False)), fields=('event', 'channel', 'recipient'), name='notifications_message_once_per_person'), models.UniqueConstraint(condition=models.Q(('team__isnull', False)), fields=('event', 'channel', 'team'), name='notifications_message_once_per_team'), models.UniqueConstraint(condition=models.Q(('chat__isnull', False)), fields=('event', 'chat'), name='notifications_message_once_per_chat'), models.CheckConstraint(condition=models.Q(models.Q(('chat__isnull', True), ('recipient__isnull', False), ('team__isnull', True)), models.Q(('chat__isnull', True), ('recipient__isnull', True), ('team__isnull', False)), models.Q(('chat__isnull', False), ('recipient__isnull', True), ('team__isnull', True)), _connector='OR'), name='notifications_message_one_recipient')],
            },
        ),
        migrations.CreateModel(
            name='NotificationTemplate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('topic', models.CharField(max_length=30, verbose_name='about')),
                ('language', models.CharField(blank=True, max_length=10, verbose_name='language')),
                ('subject', models.CharField(max_length=200, verbose_name='subject')),
                ('body', models.TextField(verbose_name='text')),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, verbose_name='updated')),
            ],
            options={
                'verbose_name': 'notification template',
                'verbose_name_plural': 'notification templates',
                'ordering': ['topic', 'language'],
                'constraints': [models.UniqueConstraint(fields=('topic', 'language'), name='notifications_notificationtemplate_once')],
            },
        ),
        migrations.CreateModel(
            name='Preference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('topic', models.CharField(max_length=30)),
                ('channel', models.CharField(max_length=10)),
                ('enabled', models.BooleanField()),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notification_preferences', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'notification preference',
                'verbose_name_plural': 'notification preferences',
                'constraints': [models.UniqueConstraint(fields=('user', 'topic', 'channel'), name='notifications_preference_once')],
            },
        ),
        migrations.AddField(
            model_name='event',
            name='fan_out_error',
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('fan_out_error', ''), _negated=True), fields=['id'], name='notifications_event_failed'),
        ),
    ]
