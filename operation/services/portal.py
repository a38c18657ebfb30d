"""What requesters do besides reporting: join what is known already."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from itsm.accounts.models import User
from itsm.catalogue.models import Service
from itsm.lib.errors import Refused
from itsm.lib.sources import Source
from itsm.tickets.models import TicketLink
from itsm.tickets.states import Channel
from itsm.workflow import links
from itsm.workflow.moves import lock
from operation.models import Incident, Outage
from operation.services import incidents
from transition.services import configuration

if TYPE_CHECKING:
    from itsm.tickets.models import Ticket
    from transition.models import ConfigurationItem


@transaction.atomic
def report(*, actor: User, device: ConfigurationItem | None = None, **fields: Any) -> Incident:
    """Report a problem for oneself, perhaps about a device one uses."""
    opened = incidents.open(actor=actor, source=Source.WEB, requester=actor, **fields)
    if device is not None:
        configuration.link_ticket(opened, device, actor=actor, source=Source.WEB)
    return opened


@transaction.atomic
def me_too(
    outage: Outage, *, actor: User, source: str, description: str = "", files: Iterable[UploadedFile] = ()
) -> Incident:
    """Say that one is hit by an outage as well: an own incident, part of the outage's incident where there is one."""
    if outage.state != Outage.State.ACTIVE:
        raise Refused(_("This is over. Report a new problem if it still does not work."), code="over")
    if outage.incident is not None and outage.incident.phase_open:
        return join(
            outage.incident, actor=actor, source=source, title=outage.title, description=description, files=files
        )
    lock(outage)
    service = Service.objects.offered_to(actor).filter(outages=outage).first()
    mine: Any = Incident.objects.open().filter(requester=actor, service=service, title=outage.title)
    for own in mine[:1]:
        return own
    return incidents.open(
        actor=actor, source=source, requester=actor, title=outage.title, description=description, service=service,
        channel=Channel.PORTAL, files=files,
    )  # fmt: skip


@transaction.atomic
def join(
    parent: Incident,
    *,
    actor: User,
    source: str,
    title: str = "",
    description: str = "",
    files: Iterable[UploadedFile] = (),
) -> Incident:
    """An own incident that is part of ``parent`` and is solved with it. Joining twice changes nothing."""
    fresh = lock(parent)
    own = incidents.children(fresh).open().filter(requester=actor).first()
    if own is not None:
        return own
    if not fresh.phase_open:
        raise Refused(_("This is over. Report a new problem if it still does not work."), code="over")
    opened = incidents.open(
        actor=actor, source=source, requester=actor, channel=Channel.PORTAL, service=fresh.service,
        category=fresh.category, description=description, files=files,
        title=title or _("Also affected: %(service)s") % {"service": fresh.service},
    )  # fmt: skip
    child_of(opened, fresh, source=source)
    return opened


def child_of(child: Ticket, parent: Ticket, *, source: str) -> None:
    """Link on behalf of somebody who may not link themselves."""
    links.link(child, parent, TicketLink.Kind.CHILD_OF, actor=User.objects.system(), source_of_change=source)
