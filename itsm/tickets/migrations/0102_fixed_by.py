"""A problem is fixed by a change. Until now any relation between the two meant that."""

from django.db import migrations, models

OPEN = ("new", "active", "waiting", "resolved")


def convert(apps, schema_editor):
    """What open problems are related to was raised or linked as their fix: it goes on to resolve them."""
    link = apps.get_model("tickets", "TicketLink")
    rows = link.objects.using(schema_editor.connection.alias).filter(kind="related_to")
    forward = rows.filter(source__kind="problem", source__phase__in=OPEN, target__kind="change")
    backward = rows.filter(target__kind="problem", target__phase__in=OPEN, source__kind="change")
    seen = set(
        link.objects.using(schema_editor.connection.alias).filter(kind="fixed_by").values_list("source_id", "target_id")
    )
    for turned, found in ((False, forward), (True, backward)):
        for row in list(found):
            pair = (row.target_id, row.source_id) if turned else (row.source_id, row.target_id)
            if pair not in seen:
                seen.add(pair)
                row.source_id, row.target_id = pair
                row.kind = "fixed_by"
                row.save(update_fields=["source", "target", "kind"])


def back(apps, schema_editor):
    rows = apps.get_model("tickets", "TicketLink").objects.using(schema_editor.connection.alias)
    for row in list(rows.filter(kind="fixed_by")):
        if rows.filter(kind="related_to", source=row.source_id, target=row.target_id).exists():
            row.delete()
        else:
            row.kind = "related_to"
            row.save(update_fields=["kind"])


class Migration(migrations.Migration):
    dependencies = [("tickets", "0101_task_steps")]

    operations = [
        migrations.AlterField(
            model_name="ticketlink",
            name="kind",
            field=models.CharField(
                choices=[
                    ("child_of", "part of"),
                    ("duplicate_of", "duplicate of"),
                    ("caused_by", "caused by"),
                    ("fixed_by", "fixed by"),
                    ("follows", "follows up"),
                    ("related_to", "related to"),
                ],
                max_length=15,
                verbose_name="relation",
            ),
        ),
        migrations.RunPython(convert, back),
    ]
