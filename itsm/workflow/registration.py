"""What every ticket kind registers with the kernel when it loads."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from itsm.audit import actions
from itsm.workflow import steps

COMMON_ACTIONS = {
    "open": _("opened"),
    "edit": _("changed"),
    "reply": _("replied"),
    "note": _("wrote a work note"),
    "attach": _("added files"),
    "watch": _("added a watcher"),
    "unwatch": _("removed a watcher"),
    "link": _("linked"),
    "unlink": _("removed a link"),
    "checklist": _("worked on the checklist"),
    "task": _("changed a task"),
    "worklog": _("logged work"),
    "import": _("imported"),
}


def register_actions(code: str, model: type, label: Any) -> None:
    """Give every verb of a kind, and what all tickets share, its words in the audit log."""
    actions.register({f"{code}.{name}": words for name, words in COMMON_ACTIONS.items()})
    for verb in steps.verbs(model):
        step = steps.describe(model, verb)
        actions.register({f"{code}.{verb}": step.label if step else verb})
