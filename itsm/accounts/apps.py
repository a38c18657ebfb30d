"""People: users, organisations, teams and roles."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from itsm.lib import house


class AccountsConfig(AppConfig):
    name = "itsm.accounts"
    label = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        from itsm.accounts.models import User
        from itsm.accounts.models.house import load

        house.load_with(load)
        rated = User.objects.filter(hourly_rate__isnull=False)
        house.counts_amounts("hourly_rate", _("hourly rates"), lambda: rated.count())
