"""What service reviews register: the kind of record, pages, panels, and their part of activity 18."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from improvement import review_policies as policies
from improvement.models import ServiceReview
from improvement.services import reviews
from itsm.audit import actions
from itsm.workflow import records


def register_kinds() -> None:
    """The kind of record."""
    records.register(records.RecordKind(
        ServiceReview, _("service review"), _("service reviews"), "presentation",
        ("service", "month", "chair", "guests", "minutes"), policies.may_create, policies.may_edit,
        lists=("attendees",), check=reviews.check, services="improvement.services.reviews",
    ))  # fmt: skip
    actions.register({"service_review.finish": _("action done or taken up again")})


def register() -> None:
    """Called once from ``ImprovementConfig.ready``."""
    register_kinds()
