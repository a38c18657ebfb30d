"""What happened on a day is found by when intervals began."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_roles_and_system'),
        ('tickets', '0004_queue_indexes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='stateinterval',
            index=models.Index(fields=['from_at', 'id'], name='tickets_interval_by_start'),
        ),
    ]
