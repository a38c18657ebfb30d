import django.db.models.deletion
import django.db.models.functions.text
import itsm.accounts.models.user
import itsm.lib.clock
from django.conf import settings
from django.db import migrations, models

from itsm.lib.migrations import Tables


class Migration(Tables):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Organisation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, unique=True, verbose_name='name')),
                ('cost_centre_code', models.CharField(blank=True, max_length=40, verbose_name='cost centre')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='accounts.organisation', verbose_name='part of')),
            ],
            options={
                'verbose_name': 'organisation',
                'verbose_name_plural': 'organisations',
                'ordering': ['name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('parent__isnull', True), models.Q(('parent', models.F('id')), _negated=True), _connector='OR'), name='accounts_organisation_not_own_parent')],
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('email', models.EmailField(max_length=254, unique=True, verbose_name='email')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('job_title', models.CharField(blank=True, max_length=120, verbose_name='job title')),
                ('phone', models.CharField(blank=True, max_length=40, verbose_name='phone')),
                ('location', models.CharField(blank=True, max_length=120, verbose_name='location')),
                ('timezone', models.CharField(blank=True, help_text='Empty: the time zone of the installation.', max_length=60, validators=[itsm.accounts.models.user.validate_timezone], verbose_name='time zone')),
                ('language', models.CharField(blank=True, max_length=10, verbose_name='language')),
                ('is_vip', models.BooleanField(default=False, verbose_name='VIP')),
                ('sees_organisation', models.BooleanField(default=False, verbose_name='sees the tickets of the whole organisation')),
                ('away_from', models.DateTimeField(blank=True, null=True, verbose_name='away from')),
                ('away_until', models.DateTimeField(blank=True, null=True, verbose_name='away until')),
                ('theme', models.CharField(choices=[('system', 'As the system'), ('light', 'Light'), ('dark', 'Dark')], default='system', max_length=10, verbose_name='theme')),
                ('density', models.CharField(choices=[('comfortable', 'Comfortable'), ('compact', 'Compact')], default='comfortable', max_length=12, verbose_name='density')),
                ('single_keys', models.BooleanField(default=True, verbose_name='single-key shortcuts')),
                ('hourly_rate', models.DecimalField(blank=True, decimal_places=2, max_digits=9, null=True, verbose_name='hourly rate')),
                ('is_system', models.BooleanField(default=False, editable=False)),
                ('is_staff', models.BooleanField(default=False, verbose_name='may use the database admin')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='created')),
                ('delegate', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='stands_in_for', to=settings.AUTH_USER_MODEL, verbose_name='delegate')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('manager', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='reports', to=settings.AUTH_USER_MODEL, verbose_name='manager')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
                ('organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='people', to='accounts.organisation', verbose_name='organisation')),
            ],
            options={
                'verbose_name': 'person',
                'verbose_name_plural': 'people',
                'ordering': ['name', 'id'],
                'indexes': [models.Index(fields=['name', 'id'], name='accounts_user_by_name')],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='accounts_user_email_any_case')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_lead', models.BooleanField(default=False, verbose_name='lead')),
                ('takes_work', models.BooleanField(default=True, verbose_name='gets tickets assigned automatically')),
                ('last_given_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL, verbose_name='person')),
            ],
            options={
                'verbose_name': 'membership',
                'verbose_name_plural': 'memberships',
            },
        ),
        migrations.CreateModel(
            name='Team',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True, verbose_name='name')),
                ('description', models.CharField(blank=True, max_length=200, verbose_name='description')),
                ('tier', models.CharField(choices=[('first', 'First line'), ('second', 'Second line'), ('third', 'Third line')], default='first', max_length=10, verbose_name='tier')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email')),
                ('distribution', models.CharField(choices=[('manual', 'Members take tickets themselves'), ('round_robin', 'In turn'), ('least_loaded', 'Whoever has the fewest open tickets')], default='manual', max_length=20, verbose_name='assignment')),
                ('is_restricted', models.BooleanField(default=False, help_text='Tickets given to this team are visible only to its members and to people named on them.', verbose_name='restricted')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('escalates_to', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.team', verbose_name='escalates to')),
                ('members', models.ManyToManyField(related_name='teams', through='accounts.Membership', to=settings.AUTH_USER_MODEL, verbose_name='members')),
            ],
            options={
                'verbose_name': 'team',
                'verbose_name_plural': 'teams',
                'ordering': ['name'],
            },
        ),
        migrations.AddField(
            model_name='Membership',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='accounts.team', verbose_name='team'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('team', 'user'), name='accounts_membership_once'),
        ),
    ]
