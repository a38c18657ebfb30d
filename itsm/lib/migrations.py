"""Migrations that make many tables at once, at the price of one."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from django.db import migrations

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.state import ProjectState


class Tables(migrations.Migration):
    """A migration that begins with the tables it makes, each whole and after those it refers to.

    Django renders every related model anew after each operation, and here nearly everything is related to people: the
    time of a fresh start would grow with the square of the number of tables. So all tables are known first, the models
    are rendered once, and then the tables are made. What follows them is done one by one, as ever.
    """

    def apply(
        self, project_state: ProjectState, schema_editor: BaseDatabaseSchemaEditor, collect_sql: bool = False
    ) -> ProjectState:
        if collect_sql:
            return super().apply(project_state, schema_editor, collect_sql)
        everything = self.operations
        tables = list(takewhile(lambda operation: isinstance(operation, migrations.CreateModel), everything))
        project_state.__dict__.pop("apps", None)
        for table in tables:
            table.state_forwards(self.app_label, project_state)
        for table in tables:
            table.database_forwards(self.app_label, schema_editor, project_state, project_state)
        try:
            self.operations = everything[len(tables) :]  # type: ignore[misc]
            return super().apply(project_state, schema_editor)
        finally:
            self.operations = everything  # type: ignore[misc]
