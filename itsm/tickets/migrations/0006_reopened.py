"""The few tickets that came back."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_email_by_upper'),
        ('catalogue', '0001_services'),
        ('tickets', '0005_intervals_by_start'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(condition=models.Q(('reopen_count__gt', 0)), fields=['id'], name='tickets_reopened'),
        ),
    ]
