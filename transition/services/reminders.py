"""Days that nobody should miss: notice and end of contracts."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from itsm.accounts.models import User
from itsm.accounts.roles import Role
from itsm.lib import clock
from itsm.lib.sources import Source
from itsm.notifications import topics
from itsm.notifications.services import direct, wording
from itsm.notifications.services.events import emit
from itsm.ui.times import day
from itsm.workflow.moves import lock
from transition.models import Contract
from transition.models.contract import NOTICE_SOON

if TYPE_CHECKING:
    from collections.abc import Iterable

TOPIC = topics.Topic(
    "contract_reminder", "work", gettext_lazy("A contract wants notice, or ends"), "{contract.what}: {contract.title}",
    gettext_lazy("{contract.number} {contract.title}, with {contract.supplier}\n\n{contract.what}.\n\n{contract.url}"),
    extra=("contract.what", "contract.number", "contract.title", "contract.supplier", "contract.url"),
    direct=True, desk_only=True,
    own_subject="[{contract.number}] {contract.what}: {contract.title}",
    sample=(
        ("contract.what", gettext_lazy("Give notice by 30 September")), ("contract.number", "CTR-7"),
        ("contract.title", "Network support"), ("contract.supplier", "Fjell Networks"),
        ("contract.url", "https://desk.example.com/configuration/contracts/CTR-7/"),
    ),
)  # fmt: skip


def remind(today: date | None = None) -> int:
    """Tell owners of contracts, once for each day, before notice has to be given or the contract ends."""
    today = today or clock.now().date()
    near = (today, today + NOTICE_SOON)
    due = Contract.objects.active().filter(
        Q(notice_on__range=near) | Q(ends_on__range=near, notice_on__isnull=True)
        | Q(ends_on__range=near, notice_on__lt=today)
    )  # fmt: skip
    return sum(_tell(contract, today) for contract in due.order_by("pk"))


@transaction.atomic
def _tell(contract: Contract, today: date) -> bool:
    fresh = lock(contract)
    notice = fresh.notice_on is not None and fresh.notice_on >= today
    awaited = fresh.notice_on if notice else fresh.ends_on
    if awaited is None or fresh.reminded_of == awaited:
        return False
    Contract.objects.filter(pk=fresh.pk).update(reminded_of=awaited)

    def values(_user: User) -> dict[str, str]:
        shown = {"day": day(awaited)}
        what = _("Give notice by %(day)s") % shown if notice else _("It ends on %(day)s") % shown
        return {
            "contract.what": what, "contract.number": fresh.number, "contract.title": fresh.title,
            "contract.supplier": str(fresh.supplier), "contract.url": wording.address(fresh.get_absolute_url()),
        }  # fmt: skip

    event = emit("contract.reminded", fresh, actor=User.objects.system(), source=Source.SYSTEM)
    direct.tell_topic(_who(fresh), TOPIC.key, values, event=event, url=fresh.get_absolute_url())
    return True


def _who(contract: Contract) -> Iterable[int]:
    """Its owner, or those who keep contracts where it has none."""
    if contract.owner_id is not None and contract.owner is not None and contract.owner.is_active:
        return [contract.owner_id]
    return User.objects.people().holding(Role.CONFIGURATION_MANAGER).values_list("pk", flat=True)
