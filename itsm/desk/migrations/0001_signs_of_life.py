from django.db import migrations, models

from itsm.lib.migrations import Tables


class Migration(Tables):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, unique=True, verbose_name='name')),
                ('at', models.DateTimeField(verbose_name='last seen')),
                ('holder', models.CharField(blank=True, max_length=120, verbose_name='held by')),
                ('detail', models.JSONField(blank=True, default=dict, verbose_name='details')),
            ],
            options={
                'verbose_name': 'sign of life',
                'verbose_name_plural': 'signs of life',
                'ordering': ['name'],
            },
        ),
    ]
