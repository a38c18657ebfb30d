"""Records of the transition stage."""

from .article import Article, ArticleFeedback, ArticleUse, ArticleVersion
from .cab import AgendaItem, CABMeeting
from .change import Change
from .configuration import CIIdentity, ConfigurationItem
from .contract import Contract, Licence, LicenceAssignment
from .delivery import Delivery, ExitCriterion, QualityCheck
from .handover import HandoverItem, SupportHandover
from .item_type import CIType
from .order_result import OrderResult
from .relation import CIRelation, TicketCI
from .release import Deployment, Release
from .subscription import Subscription
from .supply import Supplier
from .windows import ApprovalRule, ChangeTemplate, FreezeWindow, MaintenanceWindow, RiskQuestion

__all__ = [
    "AgendaItem",
    "ApprovalRule",
    "Article",
    "ArticleFeedback",
    "ArticleUse",
    "ArticleVersion",
    "CABMeeting",
    "CIIdentity",
    "CIRelation",
    "CIType",
    "Change",
    "ChangeTemplate",
    "ConfigurationItem",
    "Contract",
    "Delivery",
    "Deployment",
    "ExitCriterion",
    "FreezeWindow",
    "HandoverItem",
    "Licence",
    "LicenceAssignment",
    "MaintenanceWindow",
    "OrderResult",
    "QualityCheck",
    "Release",
    "RiskQuestion",
    "Subscription",
    "Supplier",
    "SupportHandover",
    "TicketCI",
]
