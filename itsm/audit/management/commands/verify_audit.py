"""``manage.py verify_audit``: prove that the audit log is complete and unchanged."""

from django.core.management.base import BaseCommand, CommandError

from itsm.audit import services
from itsm.audit.models import Entry


class Command(BaseCommand):
    help = "Check every entry's hash, every record's chain and every checkpoint of the audit log."

    def handle(self, *args, **options):
        faults = 0
        for fault in services.verify():
            faults += 1
            self.stderr.write(f"entry {fault.entry_id}: {fault.problem}")
        if faults:
            raise CommandError(f"{faults} faults found")
        self.stdout.write(f"{Entry.objects.count()} entries, no fault.")
