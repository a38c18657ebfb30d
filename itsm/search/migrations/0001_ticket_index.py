"""The full text of tickets: a side table kept by triggers, in the way of the database in use."""

from django.db import migrations

from itsm.search import backends


def install(apps, schema_editor):
    module = backends.of(schema_editor.connection.alias)
    module.install(schema_editor.connection)
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT min(id), max(id) FROM tickets_ticket")
        low, high = cursor.fetchone()
        while low is not None and low <= high:
            for statement in module.REBUILD:
                cursor.execute(statement, [low, low + 999])
            low += 1000


def uninstall(apps, schema_editor):
    backends.of(schema_editor.connection.alias).uninstall(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("tickets", "0002_defaults")]
    operations = [migrations.RunPython(install, uninstall)]
