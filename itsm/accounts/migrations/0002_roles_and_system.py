"""The product's roles as groups, and the account that automatic moves are made by."""

from django.db import migrations

ROLES = [
    "agent", "incident_manager", "problem_manager", "change_manager", "configuration_manager", "knowledge_manager",
    "service_level_manager", "portfolio_manager", "finance_manager", "improvement_manager", "cab_member",
    "service_owner", "security_officer", "auditor", "administrator",
]  # fmt: skip


def create(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    for name in ROLES:
        Group.objects.get_or_create(name=name)
    User = apps.get_model("accounts", "User")
    User.objects.get_or_create(
        email="system@localhost",
        defaults={"name": "Automation", "is_system": True, "is_active": False, "password": "!"},
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_people"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
