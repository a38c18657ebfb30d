"""The model all five stages share."""

from .offering import ServiceOffering
from .service import Service, ServiceCategory, ServiceDependency

__all__ = ["Service", "ServiceCategory", "ServiceDependency", "ServiceOffering"]
