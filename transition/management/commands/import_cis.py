"""``manage.py import_cis FILE [--mapping MAP.yaml] [--dry-run]``: configuration items from a CSV file."""

import csv
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from itsm.accounts.models import User
from transition.services import item_import


class Command(BaseCommand):
    help = "Import configuration items from a CSV file; the same item from two files becomes one."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="CSV file with a heading")
        parser.add_argument("--mapping", type=Path, help="YAML file that says which column means what")
        parser.add_argument("--dry-run", action="store_true", help="check everything, write nothing")
        parser.add_argument(
            "--rejects", type=Path, help="where rows that were not taken go (default: FILE.rejects.csv)"
        )
        parser.add_argument("--user", help="email of the person in whose name it is done (default: the system)")

    def handle(self, *, file, mapping, dry_run, rejects, user, **options):
        try:
            checked = item_import.load_mapping(mapping.read_text()) if mapping else None
            report = item_import.run(file.read_bytes(), checked, actor=self._actor(user), dry_run=dry_run)
        except (OSError, UnicodeDecodeError, item_import.FileProblem) as error:
            raise CommandError(str(error)) from error
        verb = "would be " if dry_run else ""
        self.stdout.write(
            f"{report.rows} rows: {report.created} {verb}created, {report.updated} {verb}updated, "
            f"{report.unchanged} unchanged, {len(report.problems)} not taken."
        )
        if report.unread:
            self.stdout.write(f"Nothing is read from: {', '.join(report.unread)}")
        if report.problems:
            target = rejects or Path(f"{file.name}.rejects.csv")
            self._write(target, report)
            self.stdout.write(f"Rows not taken are listed in {target}")
        if report.rows and len(report.problems) == report.rows:
            raise CommandError("nothing could be imported")

    def _actor(self, email):
        if not email:
            return User.objects.system()
        found = User.objects.people().filter(email__iexact=email).first()
        if found is None:
            raise CommandError(f"nobody signs in as {email}")
        return found

    def _write(self, target, report):
        columns = sorted({name for problem in report.problems for name in problem.values})
        with target.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["line", "reason", *columns])
            for problem in report.problems:
                writer.writerow([problem.line, problem.reason, *(problem.values.get(name, "") for name in columns)])
