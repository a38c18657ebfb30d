"""Return, present value and score of an investment. Decimal throughout (KPI catalogue, section 8)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
#: Weights of the score: what comes back, how well it fits the strategy, how safe it is.
RETURN_WEIGHT, FIT_WEIGHT, SAFETY_WEIGHT = 40, 30, 30
#: A return of so many percent earns all points.
FULL_RETURN = Decimal(200)


def cents(amount: Decimal) -> Decimal:
    """Rounded to cents, half up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def roi(value: Decimal | None, cost: Decimal) -> Decimal | None:
    """(value - cost) / cost x 100; undefined without value or without cost."""
    if value is None or not cost:
        return None
    return (100 * (value - cost) / cost).quantize(Decimal("0.1"), ROUND_HALF_UP)


def npv(flows: Sequence[Decimal], percent: Decimal) -> Decimal:
    """Sum of CF_t / (1 + r)^t, the first flow today, the others at the end of each year."""
    rate = 1 + percent / 100
    return cents(sum((flow / rate**year for year, flow in enumerate(flows)), Decimal(0)))


def payback(invested: Decimal, yearly: Decimal) -> Decimal | None:
    """Years until the yearly net has repaid what was invested; never when it is not positive."""
    if not invested:
        return Decimal(0) if yearly >= 0 else None
    return (invested / yearly).quantize(Decimal("0.1"), ROUND_HALF_UP) if yearly > 0 else None


def score(roi_percent: Decimal | None, fit: int | None, risk: int | None) -> int:
    """0 to 100: 40 points for the return, 30 for strategic fit, 30 for safety; unknown parts earn none."""
    points = Decimal(0)
    if roi_percent is not None:
        points += RETURN_WEIGHT * min(max(roi_percent / FULL_RETURN, Decimal(0)), Decimal(1))
    if fit:
        points += FIT_WEIGHT * Decimal(fit - 1) / 4
    if risk:
        points += SAFETY_WEIGHT * Decimal(5 - risk) / 4
    return int(points.quantize(Decimal(1), ROUND_HALF_UP))
