"""The types of items most organisations have; each can be changed or switched off in the settings."""

from django.db import migrations

TEXT, NUMBER = {"type": "string", "maxLength": 200}, {"type": "integer", "minimum": 0}
HOST = {
    "hostname": {**TEXT, "title": "Host name"},
    "ip": {**TEXT, "title": "IP address"},
    "mac": {**TEXT, "title": "MAC address"},
}
#: Name, kind of, icon, asset, attributes, identity keys.
TYPES = [
    ("Hardware", None, "hard-drive", True, {"manufacturer": {**TEXT, "title": "Manufacturer"}, "model": {**TEXT, "title": "Model"}}, ["serial"]),
    ("Computer", "Hardware", "monitor", True, {**HOST, "os": {**TEXT, "title": "Operating system"}, "ram_gb": {**NUMBER, "title": "Memory (GB)"}}, ["hostname", "mac"]),
    ("Laptop", "Computer", "laptop", True, {}, []),
    ("Workstation", "Computer", "monitor", True, {}, []),
    ("Server", "Computer", "server", True, {"cores": {**NUMBER, "title": "Cores"}}, []),
    ("Network device", "Hardware", "network", True, {**HOST, "ports": {**NUMBER, "title": "Ports"}}, ["hostname", "mac"]),
    ("Printer", "Hardware", "printer", True, HOST, ["hostname", "mac"]),
    ("Phone", "Hardware", "smartphone", True, {"imei": {**TEXT, "title": "IMEI"}}, ["imei"]),
    ("Virtual machine", None, "box", False, {**HOST, "cores": {**NUMBER, "title": "Cores"}, "ram_gb": {**NUMBER, "title": "Memory (GB)"}}, ["hostname", "mac"]),
    ("Software", None, "package", False, {"release": {**TEXT, "title": "Release"}}, []),
    ("Application", "Software", "app-window", False, {"url": {**TEXT, "title": "Address"}}, ["url"]),
    ("Database", "Software", "database", False, {"engine": {**TEXT, "title": "Engine"}}, []),
    ("Cloud service", None, "cloud", False, {"account": {**TEXT, "title": "Account"}}, []),
    ("Certificate", None, "badge-check", False, {"domain": {**TEXT, "title": "Domain"}, "expires_on": {"type": "string", "format": "date", "title": "Expires on"}}, []),
]  # fmt: skip


def add(apps, schema_editor):
    model = apps.get_model("transition", "CIType")
    made = {}
    for name, parent, icon, asset, attributes, keys in TYPES:
        schema = {"type": "object", "properties": attributes, "x-order": list(attributes)} if attributes else {}
        made[name] = model.objects.create(
            name=name, parent=made.get(parent), icon=icon, is_asset=asset, attributes=schema, identity_keys=keys
        )


class Migration(migrations.Migration):
    dependencies = [("transition", "0101_configuration_items")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
