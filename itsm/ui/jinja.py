"""The Jinja2 environment for hot rows: autoescape on, the same components, finished values only."""

from __future__ import annotations

from typing import Any

import jinja2
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext, ngettext, pgettext

from itsm.ui import charts, components, icons, links, markdown, times


def _url(name: str, *args: object, **kwargs: object) -> str:
    return reverse(name, args=args or None, kwargs=kwargs or None)


def environment(**options: Any) -> jinja2.Environment:
    """Settings name this function: ``TEMPLATES[…]["OPTIONS"]["environment"]``."""
    options["autoescape"] = True
    options.setdefault("trim_blocks", True)
    options.setdefault("lstrip_blocks", True)
    env = jinja2.Environment(**options)  # noqa: S701 - autoescape is set above
    env.globals.update(
        {name: getattr(components, name) for name in components.__all__},
        icon=icons.icon, ago=times.ago, when=times.when, day=times.day, exact=times.exact, md=markdown.md,
        plain=markdown.plain, charts=charts, duration=times.duration, number=times.number, compact=times.compact,
        percent=times.percent, money=times.money, url=_url, static=static, url_with=links.url_with,
        _=gettext, gettext=gettext, ngettext=ngettext, pgettext=pgettext,
    )  # fmt: skip
    env.filters.update(
        md=markdown.md, duration=times.duration, number=times.number, percent=times.percent, compact=times.compact
    )
    return env
