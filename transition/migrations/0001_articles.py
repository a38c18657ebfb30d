import django.db.models.deletion
import itsm.lib.clock
from django.conf import settings
from django.db import migrations, models

from itsm.lib.migrations import Tables


class Migration(Tables):

    initial = True

    dependencies = [
        ('accounts', '0002_roles_and_system'),
        ('accounts', '__first__'),
        ('catalogue', '0001_services'),
        ('tickets', '0002_defaults'),
    ]

    operations = [
        migrations.CreateModel(
            name='Article',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('summary', models.CharField(blank=True, help_text='One sentence that search results show.', max_length=300, verbose_name='summary')),
                ('body', models.TextField(blank=True, verbose_name='text')),
                ('keywords', models.CharField(blank=True, help_text='Other words that people search for.', max_length=300, verbose_name='keywords')),
                ('audience', models.CharField(choices=[('everybody', 'Everybody'), ('organisations', 'Chosen organisations'), ('desk', 'Staff only')], default='everybody', max_length=15, verbose_name='for')),
                ('language', models.CharField(default='en', max_length=10, verbose_name='language')),
                ('review_at', models.DateField(blank=True, null=True, verbose_name='look at it again on')),
                ('expires_at', models.DateField(blank=True, help_text='From this day on readers do not see it.', null=True, verbose_name='valid until')),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('in_review', 'In review'), ('published', 'Published'), ('retired', 'Retired')], default='draft', editable=False, max_length=10, verbose_name='state')),
                ('helpful_count', models.PositiveIntegerField(default=0, editable=False, verbose_name='helpful')),
                ('unhelpful_count', models.PositiveIntegerField(default=0, editable=False, verbose_name='not helpful')),
                ('use_count', models.PositiveIntegerField(default=0, editable=False, verbose_name='used on tickets')),
                ('created_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='created')),
                ('updated_at', models.DateTimeField(default=itsm.lib.clock.now, editable=False, verbose_name='updated')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('category', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='articles', to='catalogue.servicecategory', verbose_name='category')),
                ('created_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisations', models.ManyToManyField(blank=True, related_name='articles', to='accounts.organisation', verbose_name='organisations')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='owned_articles', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                ('service', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='articles', to='catalogue.service', verbose_name='service')),
            ],
            options={
                'verbose_name': 'article',
                'verbose_name_plural': 'articles',
                'ordering': ['-updated_at', '-id'],
                'indexes': [models.Index(fields=['state', '-updated_at', '-id'], name='transition_article_by_state'), models.Index(condition=models.Q(('review_at__isnull', False)), fields=['review_at'], name='transition_article_review')],
                'constraints': [models.CheckConstraint(condition=models.Q(('audience__in', ['everybody', 'organisations', 'desk'])), name='transition_article_audience_known')],
            },
        ),
        migrations.CreateModel(
            name='ArticleVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='version')),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('summary', models.CharField(max_length=300, verbose_name='summary')),
                ('body', models.TextField(verbose_name='text')),
                ('keywords', models.CharField(blank=True, max_length=300, verbose_name='keywords')),
                ('change_note', models.CharField(blank=True, max_length=300, verbose_name='what changed')),
                ('published_at', models.DateTimeField(default=itsm.lib.clock.now, verbose_name='published')),
                ('article', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='transition.article')),
                ('published_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('written_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'article version',
                'verbose_name_plural': 'article versions',
                'ordering': ['-number'],
                'constraints': [models.UniqueConstraint(fields=('article', 'number'), name='transition_articleversion_once')],
            },
        ),
        migrations.CreateModel(
            name='ArticleFeedback',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('helpful', models.BooleanField(verbose_name='helped')),
                ('comment', models.TextField(blank=True, verbose_name='comment')),
                ('at', models.DateTimeField(default=itsm.lib.clock.now)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='feedback', to='transition.articleversion')),
            ],
            options={
                'verbose_name': 'article feedback',
                'verbose_name_plural': 'article feedback',
                'ordering': ['-id'],
                'constraints': [models.UniqueConstraint(fields=('version', 'user'), name='transition_articlefeedback_once')],
            },
        ),
        migrations.CreateModel(
            name='ArticleUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_source', models.BooleanField(default=False)),
                ('at', models.DateTimeField(default=itsm.lib.clock.now)),
                ('article', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uses', to='transition.article')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ticket', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='article_uses', to='tickets.ticket')),
            ],
            options={
                'verbose_name': 'use of an article',
                'verbose_name_plural': 'uses of articles',
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('article', 'ticket'), name='transition_articleuse_once')],
            },
        ),
        migrations.AddField(
            model_name='Article',
            name='published',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='transition.articleversion'),
        ),
        migrations.AddConstraint(
            model_name='article',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'in_review', 'published', 'retired'])), name='transition_article_state_known'),
        ),
        migrations.AddConstraint(
            model_name='article',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'published'), _negated=True), ('published__isnull', False), _connector='OR'), name='transition_article_published_has_version'),
        ),
    ]
