"""Working-time arithmetic: pure, exact, standard library only. Knows nothing of tickets, targets or Django."""

from itsm.worktime.schedule import ROUND_THE_CLOCK, WorkSchedule
from itsm.worktime.table import NoWorkingTime

__all__ = ["ROUND_THE_CLOCK", "NoWorkingTime", "WorkSchedule"]
