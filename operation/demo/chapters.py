"""What operation adds to the demo story that the other stages tell along with it."""

from itsm.lib import chapters
from operation.demo import causes, monitoring, orders


def register() -> None:
    """Called once from ``OperationConfig.ready``."""
    chapters.register("catalogue of requests", orders.catalogue, order=20, when="before")
    chapters.register("on call", causes.rotas, order=30, when="before")
    chapters.register("monitoring set up", monitoring.tell_before, order=110, when="before")
    chapters.register("orders", orders.tell, order=40)
    chapters.register("causes", causes.tell, order=50)
    chapters.register("monitoring", monitoring.tell_after, order=110)
