"""``manage.py import_tickets FILE --mapping MAP.yaml``: tickets with their history from another system."""

import csv
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from itsm.accounts.models import User
from itsm.integrations.importer import mapping as mappings
from itsm.integrations.importer import readers, services


class Command(BaseCommand):
    help = "Import tickets with their history (states, teams, times) from a CSV or XES event log."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="CSV or XES file, also gzipped")
        parser.add_argument("--mapping", type=Path, required=True, help="YAML file that says which column means what")
        parser.add_argument("--dry-run", action="store_true", help="check everything, write nothing")
        parser.add_argument(
            "--rejects", type=Path, help="where rows that were not taken go (default: FILE.rejects.csv)"
        )
        parser.add_argument("--user", help="email of the person in whose name it is done (default: the system)")

    def handle(self, *, file, mapping, dry_run, rejects, user, **options):
        actor = self._actor(user)
        try:
            checked = mappings.load(mapping)
            with tqdm(unit=" events", disable=not sys.stderr.isatty(), leave=False) as bar:

                def progress(done: int, total: int) -> None:
                    bar.total = total
                    bar.update(done - bar.n)

                report = services.run(file, checked, actor=actor, dry_run=dry_run, progress=progress)
        except (mappings.MappingError, readers.FileError) as error:
            raise CommandError(str(error)) from error
        self._say(report, dry_run)
        if report.problems:
            target = rejects or Path(f"{file.name}.rejects.csv")
            self._write_rejects(target, report)
            self.stdout.write(f"{len(report.problems)} rows not taken, listed in {target}")
        if report.problems and not (report.created or report.updated or report.unchanged or report.kept):
            raise CommandError("nothing could be imported")

    def _actor(self, email: str | None) -> User:
        if not email:
            return User.objects.system()
        found = User.objects.people().filter(email__iexact=email).first()
        if found is None:
            raise CommandError(f"nobody signs in as {email}")
        return found

    def _say(self, report: services.Report, dry_run: bool) -> None:
        verb = "would be " if dry_run else ""
        self.stdout.write(
            f"{report.cases} cases in {report.rows} rows: "
            f"{report.created} {verb}created, {report.updated} {verb}updated, "
            f"{report.unchanged} unchanged, {report.kept} changed here meanwhile and left alone."
        )
        for what, count in sorted(report.made.items()):
            self.stdout.write(f"{count} {what} {verb}added.")

    def _write_rejects(self, target: Path, report: services.Report) -> None:
        columns = sorted({name for problem in report.problems for name in problem.values})
        with target.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["line", "case", "reason", *columns])
            for problem in report.problems:
                writer.writerow(
                    [problem.line, problem.case, problem.reason, *(problem.values.get(name, "") for name in columns)]
                )
