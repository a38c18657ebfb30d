"""The roles of the product. Each is a Django group of the same name, created by a migration."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """What a person is trusted with; see the table "People and permissions" in the documentation."""

    AGENT = "agent", _("Agent")
    INCIDENT_MANAGER = "incident_manager", _("Incident manager")
    PROBLEM_MANAGER = "problem_manager", _("Problem manager")
    CHANGE_MANAGER = "change_manager", _("Change manager")
    CONFIGURATION_MANAGER = "configuration_manager", _("Configuration manager")
    KNOWLEDGE_MANAGER = "knowledge_manager", _("Knowledge manager")
    SERVICE_LEVEL_MANAGER = "service_level_manager", _("Service level manager")
    PORTFOLIO_MANAGER = "portfolio_manager", _("Portfolio manager")
    FINANCE_MANAGER = "finance_manager", _("Finance manager")
    IMPROVEMENT_MANAGER = "improvement_manager", _("Improvement manager")
    CAB_MEMBER = "cab_member", _("CAB member")
    SERVICE_OWNER = "service_owner", _("Service owner")
    SECURITY_OFFICER = "security_officer", _("Security officer")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")


#: Practice managers: they see every unrestricted ticket, because their practice spans all teams.
MANAGERS = frozenset(
    {
        Role.INCIDENT_MANAGER,
        Role.PROBLEM_MANAGER,
        Role.CHANGE_MANAGER,
        Role.CONFIGURATION_MANAGER,
        Role.KNOWLEDGE_MANAGER,
        Role.SERVICE_LEVEL_MANAGER,
        Role.PORTFOLIO_MANAGER,
        Role.FINANCE_MANAGER,
        Role.IMPROVEMENT_MANAGER,
    }
)

#: Who reads every unrestricted ticket.
READS_ALL = MANAGERS | {Role.AUDITOR, Role.ADMINISTRATOR}
