import django.core.validators
import itsm.lib.house
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_house'),
        ('transition', '0302_order_results'),
    ]

    operations = [
        # What new rows begin with is nothing the database knows of: rewriting tables for it would be work for nothing.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name='configurationitem',
                    name='currency',
                    field=models.CharField(default=itsm.lib.house.currency, max_length=3, validators=[django.core.validators.RegexValidator('^[A-Z]{3}\\Z', 'Three capital letters, such as EUR.')], verbose_name='currency'),
                ),
                migrations.AlterField(
                    model_name='contract',
                    name='currency',
                    field=models.CharField(default=itsm.lib.house.currency, max_length=3, validators=[django.core.validators.RegexValidator('^[A-Z]{3}\\Z', 'Three capital letters, such as EUR.')], verbose_name='currency'),
                ),
                migrations.AlterField(
                    model_name='licence',
                    name='currency',
                    field=models.CharField(default=itsm.lib.house.currency, max_length=3, validators=[django.core.validators.RegexValidator('^[A-Z]{3}\\Z', 'Three capital letters, such as EUR.')], verbose_name='currency'),
                ),
            ],
        ),
    ]
