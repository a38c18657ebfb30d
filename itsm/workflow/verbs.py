"""Taking a step by its name with raw input: what pages, API, macros and bulk actions share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from itsm.lib.errors import Refused
from itsm.tickets.models import Ticket
from itsm.workflow import inputs, steps
from itsm.workflow.moves import move

if TYPE_CHECKING:
    from itsm.accounts.models import User


def perform(
    record: Any,
    verb: str,
    *,
    actor: User,
    source: str,
    data: Mapping[str, Any] | None = None,
    version: int | None = None,
) -> Any:
    """Check the input, then call the kind's service function of that name (or plain ``move``).

    Raises ``Invalid`` for bad input, and whatever the door raises.
    """
    step = steps.find(record, verb) or steps.describe(type(record), verb)
    if step is None:
        raise Refused(_("There is no step “%(verb)s”.") % {"verb": verb}, code="no_transition")
    cleaned = inputs.clean(step.inputs, data or {})
    function = getattr(record.kind_info.verbs_module, verb, None) if isinstance(record, Ticket) else None
    if function is None:
        return move(record, verb, actor=actor, source=source, version=version, **cleaned)
    return function(record, actor=actor, source=source, version=version, **cleaned)
