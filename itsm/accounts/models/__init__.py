"""People: users, organisations, teams and roles; and the house they all work in."""

from .house import House, Logo
from .organisation import Organisation
from .team import Membership, Team
from .user import User

__all__ = ["House", "Logo", "Membership", "Organisation", "Team", "User"]
