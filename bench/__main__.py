"""``python -m bench``: fill, measure, print a table, keep JSON lines under ``var/bench/``."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--sizes", default="100000,1000000", help="numbers of tickets, comma-separated")
    parser.add_argument("--fresh", action="store_true", help="fill anew instead of using what an earlier run left")
    options = parser.parse_args()
    os.chdir(ROOT)
    for size in [int(text) for text in options.sizes.split(",")]:
        # A process per size: Django connects to one database for good.
        arguments = ["--fresh"] if options.fresh else []
        subprocess.run([sys.executable, "-m", "bench.run", str(size), *arguments], check=True)


def say(text: str) -> None:
    print(text, flush=True)


def table(results: list[dict[str, Any]]) -> None:
    """The figures, one line each."""
    for result in results:
        figures = ", ".join(f"{name} {value:,}" if isinstance(value, int) else f"{name} {value}"
                            for name, value in result.items() if name not in ("measure", "size", "at"))  # fmt: skip
        say(f"  {result['measure']:<48} {figures}")


def keep(results: list[dict[str, Any]], size: int) -> Path:
    folder = ROOT / "var" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{size}.jsonl"
    machine = {"python": platform.python_version(), "cores": os.cpu_count()}
    with path.open("w") as file:
        for result in results:
            file.write(json.dumps({"size": size, **machine, **result}) + "\n")
    return path


if __name__ == "__main__":
    main()
