"""The states of what money is about."""

from enum import nonmember

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class CentreState(TextChoices):
    """The life of a cost centre."""

    ACTIVE = "active", _("Active")
    CLOSED = "closed", _("Closed")

    PHASES = nonmember({"active": "active", "closed": "closed"})


class ItemState(TextChoices):
    """Nothing that was booked is deleted; what was wrong is voided and stays to be seen."""

    BOOKED = "booked", _("Booked")
    VOIDED = "voided", _("Voided")

    PHASES = nonmember({"booked": "active", "voided": "closed"})


class BudgetState(TextChoices):
    """The life of a budget."""

    DRAFT = "draft", _("Draft")
    APPROVED = "approved", _("Approved")
    WITHDRAWN = "withdrawn", _("Withdrawn")

    PHASES = nonmember({"draft": "new", "approved": "resolved", "withdrawn": "closed"})


class TermState(TextChoices):
    """The life of a rule that is in force until another takes its place."""

    DRAFT = "draft", _("Draft")
    ACTIVE = "active", _("In force")
    ENDED = "ended", _("Ended")

    PHASES = nonmember({"draft": "new", "active": "active", "ended": "closed"})


class MeasureState(TextChoices):
    """The life of a value measure."""

    ACTIVE = "active", _("Active")
    ENDED = "ended", _("Ended")

    PHASES = nonmember({"active": "active", "ended": "closed"})


class CostKind(TextChoices):
    """What the money is spent on."""

    LABOUR = "labour", _("Labour")
    HARDWARE = "hardware", _("Hardware")
    SOFTWARE = "software", _("Software")
    SUPPLIER = "supplier", _("Supplier")
    FACILITY = "facility", _("Facility")


class Expenditure(TextChoices):
    """How it is booked."""

    OPEX = "opex", _("Operating (opex)")
    CAPEX = "capex", _("Investment (capex)")


class Recurrence(TextChoices):
    """How often it is paid."""

    ONE_OFF = "one_off", _("Once")
    MONTHLY = "monthly", _("Every month")
    QUARTERLY = "quarterly", _("Every quarter")
    YEARLY = "yearly", _("Every year")


class Basis(TextChoices):
    """What a service charges by."""

    PER_UNIT = "per_unit", _("Price per unit")
    FLAT = "flat", _("Flat, per month")
    AT_COST = "at_cost", _("At cost")


class Benefit(TextChoices):
    """What kind of value it is."""

    REVENUE = "revenue", _("Revenue")
    SAVING = "saving", _("Saving")
    AVOIDED = "avoided", _("Loss avoided")
