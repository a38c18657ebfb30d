"""What connects other systems."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntegrationsConfig(AppConfig):
    name = "itsm.integrations"
    label = "integrations"
    verbose_name = _("Integrations")

    def ready(self) -> None:
        from itsm.audit import actions
        from itsm.ui import nav, panels

        actions.register({"token.created": _("created a token"), "token.revoked": _("revoked a token")})
        nav.register("user", _("API and tokens"), "desk:tokens", "key-round", order=60)
        panels.register_settings(
            "tokens", _("API and tokens"), "desk:tokens", icon="key-round", roles=(), order=80,
            description=_("Access for scripts and other systems."),
        )  # fmt: skip
        panels.register_command("api-docs", _("API reference"), "api:docs", icon="book-open")
