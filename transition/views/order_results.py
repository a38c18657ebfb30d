"""Settings: what a fulfilled order leaves behind."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from itsm.desk.views.settings.base import SERVICES, Pages
from itsm.ui.reference import Column
from transition.forms.order_results import OrderResultForm
from transition.models import OrderResult
from transition.policies import delivery as policies

PAGE = Pages(
    "order-results", OrderResult, OrderResultForm, SERVICES, "package-open", gettext_lazy("Results of orders"),
    gettext_lazy("Offerings whose orders open a subscription or register an asset when they are fulfilled."),
    columns=(
        Column("offering", gettext_lazy("An order of")),
        Column("kind", gettext_lazy("When it is fulfilled"), cell=lambda one: one.get_kind_display()),
        Column("what", gettext_lazy("What"), cell=lambda one: one.what),
        Column("support_level", gettext_lazy("Support level"), cell=lambda one: one.support_level or "–", opt=True),
        Column("is_active", gettext_lazy("Active"), opt=True),
    ),
    rows=lambda: OrderResult.objects.select_related("offering", "subscribe_to", "support_level", "item_type"),
    order=("offering__name", "id"), search=("offering__name",), roles=policies.KEEPERS, position=60,
    empty=gettext_lazy("Orders are fulfilled by people alone until you say here what they leave behind."),
)  # fmt: skip
