"""People: users, organisations, teams and roles."""

from .organisation import Organisation
from .team import Membership, Team
from .user import User

__all__ = ["Membership", "Organisation", "Team", "User"]
