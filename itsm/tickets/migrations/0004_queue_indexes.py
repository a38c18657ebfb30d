"""Indexes of two lists of the queue: the open ones of a kind, and the open ones by age."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_roles_and_system'),
        ('catalogue', '0001_services'),
        ('tickets', '0003_imported_cases'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(condition=models.Q(('is_open', True)), fields=['kind', 'priority', 'due_sort', 'id'], name='tickets_open_of_kind'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(condition=models.Q(('is_open', True)), fields=['opened_at', 'id'], name='tickets_open_by_opened'),
        ),
    ]
