"""Where a change comes from."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Source(TextChoices):
    WEB = "web", _("browser")
    API = "api", _("API")
    EMAIL = "email", _("email")
    RULE = "rule", _("automation")
    SYSTEM = "system", _("system")
    IMPORT = "import", _("import")
    COMMAND = "command", _("command line")
