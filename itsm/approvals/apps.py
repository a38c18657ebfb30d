"""Approval rounds: who must agree before something may happen."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApprovalsConfig(AppConfig):
    name = "itsm.approvals"
    label = "approvals"
    verbose_name = _("Approvals")

    def ready(self) -> None:
        from itsm.audit import actions

        actions.register(
            {
                "approval.asked": _("asked for approval"),
                "approval.voted": _("voted"),
                "approval.approved": _("approved"),
                "approval.rejected": _("rejected"),
                "approval.expired": _("approval expired"),
                "approval.cancelled": _("approval withdrawn"),
            }
        )
