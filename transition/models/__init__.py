"""Records of the transition stage."""

from .article import Article, ArticleFeedback, ArticleUse, ArticleVersion
from .configuration import CIIdentity, ConfigurationItem
from .contract import Contract, Licence, LicenceAssignment
from .delivery import Delivery, ExitCriterion, QualityCheck
from .handover import HandoverItem, SupportHandover
from .item_type import CIType
from .relation import CIRelation, TicketCI
from .subscription import Subscription
from .supply import Supplier

__all__ = [
    "Article",
    "ArticleFeedback",
    "ArticleUse",
    "ArticleVersion",
    "CIIdentity",
    "CIRelation",
    "CIType",
    "ConfigurationItem",
    "Contract",
    "Delivery",
    "ExitCriterion",
    "HandoverItem",
    "Licence",
    "LicenceAssignment",
    "QualityCheck",
    "Subscription",
    "Supplier",
    "SupportHandover",
    "TicketCI",
]
