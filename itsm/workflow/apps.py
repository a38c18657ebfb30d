"""The one door: every change of a stateful record passes here."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkflowConfig(AppConfig):
    name = "itsm.workflow"
    label = "workflow"
    verbose_name = _("Workflow")
