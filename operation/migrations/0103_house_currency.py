import itsm.lib.house
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_house'),
        ('operation', '0102_outcomes_and_windows'),
    ]

    operations = [
        # What new rows begin with is nothing the database knows of: rewriting tables for it would be work for nothing.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name='accessrequest',
                    name='currency',
                    field=models.CharField(default=itsm.lib.house.currency, max_length=3, verbose_name='currency'),
                ),
                migrations.AlterField(
                    model_name='servicerequest',
                    name='currency',
                    field=models.CharField(default=itsm.lib.house.currency, max_length=3, verbose_name='currency'),
                ),
            ],
        ),
    ]
