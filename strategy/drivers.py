"""What shares of cost are measured by, and costs that other registers know. Filled in ``AppConfig.ready``.

A driver counts what organisations use of services in a month: tickets here, subscribers and items by the stage that
owns them. A source adds costs that are kept elsewhere, such as the write-off of assets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from itsm.accounts.models import User

#: Service and organisation (none where nobody in particular uses it).
Key = tuple[int, int | None]
Counting = Callable[[date], Mapping[Key, int]]
Costing = Callable[[date], Mapping[int, Decimal]]
#: Label and address of a record, and what of it falls to the service in the month.
Line = tuple[str, str, Decimal]
Lines = Callable[["User", int, date], list[Line]]


@dataclass(frozen=True, slots=True)
class Driver:
    """``count(month)`` gives units by service and organisation, in a fixed number of queries."""

    code: str
    label: Any
    #: What one is called: "per subscriber".
    unit: Any
    count: Counting
    order: int = 100


@dataclass(frozen=True, slots=True)
class Source:
    """``cost(month)`` gives amounts in cents by service, in a fixed number of queries.

    ``into`` says where they count: ``assets`` or ``direct``. ``lines(user, service, month)`` names what is behind the
    amount, as far as the person may see it: label, address and money.
    """

    code: str
    label: Any
    cost: Costing
    into: str = "assets"
    lines: Lines | None = None


#: The driver that counts nothing: each service has its percentage.
FIXED = "fixed"

_drivers: dict[str, Driver] = {}
_sources: dict[str, Source] = {}


def register(driver: Driver) -> None:
    _drivers[driver.code] = driver


def register_source(source: Source) -> None:
    _sources[source.code] = source


def find(code: str) -> Driver | None:
    return _drivers.get(code)


def all_drivers() -> list[Driver]:
    return sorted(_drivers.values(), key=lambda driver: (driver.order, driver.code))


def sources() -> list[Source]:
    return list(_sources.values())


def choices() -> list[tuple[str, Any]]:
    """Drivers that count something."""
    return [(driver.code, driver.label) for driver in all_drivers()]


def unit(code: str) -> str:
    """What one unit is called."""
    driver = _drivers.get(code)
    return str(driver.unit) if driver else code
