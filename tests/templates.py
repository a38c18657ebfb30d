"""Compile every template of the house: a typing error in a page that no test opens is found here."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def problems() -> list[str]:
    from django.conf import settings
    from django.template import engines
    from jinja2 import TemplateError

    found = []
    folder = Path(settings.TEMPLATES[0]["DIRS"][0])
    rows = Path(settings.TEMPLATES[1]["DIRS"][0])
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.suffix not in {".html", ".txt", ".svg", ".xml", ".jinja"}:
            continue
        is_rows = rows in path.parents
        engine = engines["jinja2" if is_rows else "django"]
        try:
            if is_rows:
                engine.env.get_template(str(path.relative_to(rows)))
            else:
                engine.get_template(str(path.relative_to(folder)))
        except (TemplateError, Exception) as error:  # noqa: BLE001 - a tag may raise what it likes while it is parsed
            found.append(f"{path.relative_to(ROOT)}: {type(error).__name__}: {error}")
    return found


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "itsm.settings")
    import django

    django.setup()
    found = problems()
    print("\n".join(found))
    sys.exit(bool(found))
