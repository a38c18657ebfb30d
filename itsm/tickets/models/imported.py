"""Where an imported ticket comes from, and what it looked like then."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from itsm.lib import clock
from itsm.tickets.models.ticket import Ticket


class ImportedCase(models.Model):
    """One case of another system, so that importing it again changes nothing or brings what is new."""

    source = models.CharField(_("source"), max_length=40)
    case_id = models.CharField(_("number there"), max_length=120)
    ticket = models.OneToOneField(Ticket, models.CASCADE, related_name="imported_from")
    #: Hash of the rows it was made of.
    fingerprint = models.CharField(max_length=64)
    #: The ticket's version after the import: a later one means that people worked on it here.
    version = models.PositiveIntegerField()
    imported_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("imported case")
        verbose_name_plural = _("imported cases")
        constraints = [models.UniqueConstraint(fields=["source", "case_id"], name="tickets_importedcase_once")]

    def __str__(self) -> str:
        return f"{self.source} {self.case_id}"
