"""One size, one process: what ``python -m bench`` starts for each."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django

from bench import database, estate, intake, measures, portfolio, transition
from bench.__main__ import ROOT, keep, say, table
from bench.server import serving


def main() -> None:
    size, fresh = int(sys.argv[1]), "--fresh" in sys.argv
    environment = database.prepare(size, ROOT / "var" / "bench" / str(size), fresh=fresh)
    os.environ.update(environment)
    os.environ["DJANGO_SETTINGS_MODULE"] = "itsm.settings"
    kind = environment["DATABASE_URL"].partition(":")[0]
    say(f"{size:,} tickets on {kind}")
    database.migrate(environment)
    django.setup()
    database.fill(size, say)
    results = []
    with serving(environment) as server:
        results += measures.pages(server, size)
        results += measures.api(server, environment)
        results.append({"measure": "web process", "resident_mb": round(server.memory_mb())})
    results.append(measures.worker_memory(environment))
    results.append(measures.process_analysis())
    with measures.scratch() as folder:
        results.append(measures.import_rate(environment, Path(folder)))
    results += measures.sweep(environment, size)
    results += portfolio.measure()
    results.append(transition.change_conflicts())
    results += estate.impact()
    results += intake.storm()
    table(results)
    say(f"  kept in {keep(results, size).relative_to(ROOT)}")


if __name__ == "__main__":
    main()
