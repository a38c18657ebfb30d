"""Small marks as pure functions: one set for Django templates and for Jinja2 rows.

Every function escapes what it is given and returns a ``SafeString``. What does not depend on
the row is cached, because a queue page draws fifty of each.
"""

from itsm.ui.components.clocks import sla
from itsm.ui.components.measures import bullet, dots, meter, ring, spark
from itsm.ui.components.people import avatar, avatars, person
from itsm.ui.components.states import prio, state
from itsm.ui.icons import icon

__all__ = ["avatar", "avatars", "bullet", "dots", "icon", "meter", "person", "prio", "ring", "sla", "spark", "state"]
