"""Adding files to a ticket without a word."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from itsm.audit import services as audit
from itsm.lib import clock
from itsm.lib.errors import Denied, Invalid, Refused
from itsm.notifications.services.events import emit
from itsm.tickets.models import Attachment, Ticket, TimelineEntry
from itsm.tickets.services import attachments, timeline
from itsm.workflow.conversation import may_note, may_reply
from itsm.workflow.moves import is_supplier, lock

if TYPE_CHECKING:
    from itsm.accounts.models import User


@transaction.atomic
def attach(
    ticket: Ticket, files: Iterable[UploadedFile], *, actor: User, source: str, public: bool
) -> list[Attachment]:
    """Keep files on a ticket; ``public`` shows them to the requester. All of them, or none."""
    files = list(files)
    if not files:
        raise Invalid({"files": _("Choose a file.")})
    fresh = lock(ticket)
    verdict = may_reply(fresh, actor)
    if not verdict:
        raise Refused(verdict.reason)
    if not public:
        verdict = may_note(fresh, actor)
        if not verdict:
            raise Denied(verdict.reason)
    entry = timeline.write(
        fresh, TimelineEntry.Kind.ATTACHMENT, actor=actor, source=source, public=public,
        by_agent=is_supplier(fresh, actor), names=[attachments.clean_name(file.name) for file in files],
    )  # fmt: skip
    kept = attachments.store(fresh, files, actor=actor, entry=entry, public=public)
    fresh.version += 1
    fresh.updated_at = clock.now()
    fresh.save(update_fields=["version", "updated_at"])
    changes = {"files": [None, [f"{one.name} ({one.sha256[:12]})" for one in kept]]}
    audit.record(fresh, f"{fresh.kind}.attach", actor=actor, source=source, changes=changes)
    emit(f"{fresh.kind}.attach", fresh, actor=actor, source=source, entry=entry, files=[one.pk for one in kept])
    return kept


def keep_at_opening(ticket: Ticket, files: Iterable[UploadedFile], *, actor: User, source: str) -> None:
    """Keep what came along when the ticket was opened, for the requester to see as well."""
    files = list(files)
    if not files:
        return
    entry = timeline.write(
        ticket, TimelineEntry.Kind.ATTACHMENT, actor=actor, source=source, public=True,
        by_agent=is_supplier(ticket, actor), names=[str(file.name) for file in files],
    )  # fmt: skip
    attachments.store(ticket, files, actor=actor, entry=entry, public=True)
