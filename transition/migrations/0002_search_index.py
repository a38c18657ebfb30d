"""The table that full-text search over articles reads; see transition/fulltext.py."""

from django.db import migrations

TABLE = "transition_article_search"


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(
            f"CREATE VIRTUAL TABLE {TABLE} USING fts5"
            "(title, keywords, summary, body, tokenize='porter unicode61 remove_diacritics 2', prefix='2 3')"
        )
    else:
        # No foreign key: a row too many only finds nothing, and emptying tables stays possible.
        schema_editor.execute(f"CREATE TABLE {TABLE} (article_id bigint PRIMARY KEY, vector tsvector NOT NULL)")
        schema_editor.execute(f"CREATE INDEX transition_article_search_gin ON {TABLE} USING gin (vector)")


def drop(apps, schema_editor):
    schema_editor.execute(f"DROP TABLE {TABLE}")


class Migration(migrations.Migration):
    dependencies = [("transition", "0001_articles")]
    operations = [migrations.RunPython(create, drop)]
