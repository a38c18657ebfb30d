"""Search."""

from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_migrate  # noqa: TID251 - not about a model: a table was rebuilt
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    name = "itsm.search"
    label = "search"
    verbose_name = _("Search")

    def ready(self) -> None:
        import_module("itsm.search.sources").register()
        # SQLite rebuilds a table to alter it, and the new one has no triggers: put them back after every migration.
        post_migrate.connect(_install_again, sender=self, dispatch_uid="search.install")


def _install_again(using: str, **_kwargs: object) -> None:
    import_module("itsm.search.backends").install_if_ready(using)
