"""The states of assets and configuration, and the kinds of relation between items."""

from enum import nonmember

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class CIState(TextChoices):
    """The life of a configuration item, from the order to its disposal."""

    ORDERED = "ordered", _("Ordered")
    IN_STOCK = "in_stock", _("In stock")
    DEPLOYED = "deployed", _("Deployed")
    IN_REPAIR = "in_repair", _("In repair")
    RETIRED = "retired", _("Retired")
    DISPOSED = "disposed", _("Disposed of")

    #: Somebody or something relies on it now.
    IN_USE = nonmember(("deployed", "in_repair"))
    ENDED = nonmember(("retired", "disposed"))
    PHASES = nonmember(
        {
            "ordered": "new",
            "in_stock": "new",
            "deployed": "active",
            "in_repair": "waiting",
            "retired": "closed",
            "disposed": "closed",
        }
    )


class RelationKind(TextChoices):
    """How one item stands to another; read as a sentence from the source to the target."""

    DEPENDS_ON = "depends_on", _("depends on")
    RUNS_ON = "runs_on", _("runs on")
    CONNECTED_TO = "connected_to", _("is connected to")
    PART_OF = "part_of", _("is part of")
    USED_BY = "used_by", _("is used by")

    #: The source fails with the target.
    NEEDS = nonmember(("depends_on", "runs_on"))
    #: The target fails with the source.
    CARRIES = nonmember(("part_of", "used_by"))
    #: Kinds that must not come back to where they began; those of one tuple are followed together.
    ACYCLIC = nonmember((("depends_on", "runs_on"), ("part_of",)))


#: The same relations read from the target's side.
REVERSED = {
    RelationKind.DEPENDS_ON: _("is needed by"),
    RelationKind.RUNS_ON: _("carries"),
    RelationKind.CONNECTED_TO: _("is connected to"),
    RelationKind.PART_OF: _("contains"),
    RelationKind.USED_BY: _("uses"),
}


class ContractState(TextChoices):
    """The life of a contract with a supplier."""

    DRAFT = "draft", _("Draft")
    ACTIVE = "active", _("In force")
    ENDED = "ended", _("Ended")

    PHASES = nonmember({"draft": "new", "active": "active", "ended": "closed"})


class LicenceState(TextChoices):
    """The life of a licence."""

    ACTIVE = "active", _("In use")
    ENDED = "ended", _("Ended")

    PHASES = nonmember({"active": "active", "ended": "closed"})


class Period(TextChoices):
    """What a sum of money is for."""

    ONCE = "once", _("once")
    MONTH = "month", _("a month")
    YEAR = "year", _("a year")


class LicenceMetric(TextChoices):
    """What a licence counts."""

    USER = "user", _("People")
    ITEM = "item", _("Items")
