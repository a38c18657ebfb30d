import itsm.lib.house
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_house'),
        ('catalogue', '0101_access_offerings'),
    ]

    operations = [
        # What new rows begin with is nothing the database knows of: rewriting tables for it would be work for nothing.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name='serviceoffering',
                    name='currency',
                    field=models.CharField(default=itsm.lib.house.currency, max_length=3, verbose_name='currency'),
                ),
            ],
        ),
    ]
