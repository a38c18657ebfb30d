"""Satisfaction as numbers: pure functions of counts. Nothing asked is no number, never 0 or 100 percent."""

from __future__ import annotations

import math
from dataclasses import dataclass

#: Of the normal distribution, for 95 percent.
Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Share:
    """Percent of ``n``, with the interval that holds the true share in 95 of 100 cases."""

    percent: float
    low: float
    high: float
    n: int


def wilson(good: int, n: int, z: float = Z) -> tuple[float, float]:
    """The Wilson score interval of a share, in percent: honest for few answers, and never outside 0 to 100."""
    if n < 1 or not 0 <= good <= n:
        raise ValueError("A share needs at least one of which at most all count.")
    p, square = good / n, z * z
    middle = (p + square / (2 * n)) / (1 + square / n)
    half = z / (1 + square / n) * math.sqrt(p * (1 - p) / n + square / (4 * n * n))
    return max(0.0, 100 * (middle - half)), min(100.0, 100 * (middle + half))


def share(part: int, n: int) -> Share | None:
    """``part`` of ``n`` in percent; None of nothing."""
    if not n:
        return None
    low, high = wilson(part, n)
    return Share(100 * part / n, low, high, n)


@dataclass(frozen=True, slots=True)
class Counts:
    """Answers by band: for CSAT (1 to 5) good is 4 and 5, bad 1 and 2; for NPS good is 9 and 10, bad 0 to 6."""

    good: int = 0
    neutral: int = 0
    bad: int = 0

    @property
    def n(self) -> int:
        return self.good + self.neutral + self.bad

    @property
    def top(self) -> Share | None:
        """CSAT: the share of satisfied answers."""
        return share(self.good, self.n)

    @property
    def bottom(self) -> Share | None:
        """DSAT: the share of unhappy answers."""
        return share(self.bad, self.n)

    @property
    def nps(self) -> Share | None:
        """Promoters minus detractors in points (-100 to 100), with the interval of that difference."""
        if not self.n:
            return None
        p, q = self.good / self.n, self.bad / self.n
        half = 100 * Z * math.sqrt(max(0.0, p + q - (p - q) ** 2) / self.n)
        score = 100 * (p - q)
        return Share(score, max(-100.0, score - half), min(100.0, score + half), self.n)


def band_of(kind: str, score: int) -> str:
    """``good``, ``neutral`` or ``bad``."""
    if kind == "nps":
        return "good" if score >= 9 else "neutral" if score >= 7 else "bad"
    return "good" if score >= 4 else "neutral" if score == 3 else "bad"
