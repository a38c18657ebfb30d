import django.core.validators
import itsm.lib.house
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_house'),
        ('strategy', '0202_read_key_results_and_contracts'),
    ]

    operations = [
        # What new rows begin with is nothing the database knows of: rewriting tables for it would be work for nothing.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name='costitem',
                    name='currency',
                    field=models.CharField(default=itsm.lib.house.currency, help_text='Three letters, such as EUR or USD.', max_length=3, validators=[django.core.validators.RegexValidator('^[A-Z]{3}\\Z', 'Three capital letters.')], verbose_name='currency'),
                ),
                migrations.AlterField(
                    model_name='costitem',
                    name='rate',
                    field=models.DecimalField(decimal_places=6, default=Decimal('1'), help_text='What one unit is worth in the currency of the house.', max_digits=14, validators=[django.core.validators.MinValueValidator(Decimal('0.000001'))], verbose_name='exchange rate'),
                ),
            ],
        ),
    ]
