"""Pure: two arms compared in a statistic, with an interval that stays true however often somebody looks.

Customers are drawn, not conversations: one customer's conversations are alike, so the spread is taken between customers
(the delta method for a quotient of two sums). The interval is a confidence sequence (the normal mixture of Robbins, in
its asymptotic form by Waudby-Smith and others): over all looks together, its chance of ever missing the true difference
is `alpha`. It is narrowest near the planned size, and there about one and a half times as wide as an interval that may
be looked at only once.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from analytics.business.statistics import Better, Kind, Statistic

ALPHA: Final = 0.05
#: Customers with the figure in the smaller arm; below, the theory behind the interval does not hold yet.
LEAST: Final = 50
#: Shares of the arms that chance alone gives less often than this are a fault, not chance.
SUSPICIOUS: Final = 0.001


class Verdict(StrEnum):
    EARLY = "early"  #: too early to say
    UNDECIDED = "undecided"  #: the difference may be chance
    BETTER = "better"
    WORSE = "worse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Over the customers of one arm; `above` and `below` are those of the statistic, added up for each customer."""

    customers: int = 0
    counted: int = 0  #: those with anything below
    above: float = 0.0
    below: float = 0.0
    above_squares: float = 0.0
    below_squares: float = 0.0
    products: float = 0.0

    @property
    def value(self) -> float | None:
        return self.above / self.below if self.below else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    statistic: Statistic
    control: Sums
    tried: Sums
    difference: float | None  #: tried less control; None: one of them has nothing to divide by
    low: float | None = None  #: of the interval; None while it is too early
    high: float | None = None
    verdict: Verdict = Verdict.EARLY

    @property
    def counted(self) -> int:
        """Customers with the figure, in the smaller arm."""
        return min(self.control.counted, self.tried.counted)


def compared(statistic: Statistic, control: Sums, tried: Sums, *, planned: int, alpha: float = ALPHA) -> Comparison:
    """`planned` is the number of customers an arm that was said before the start; `alpha` 0..1."""
    if control.value is None or tried.value is None:
        return Comparison(statistic=statistic, control=control, tried=tried, difference=None)
    difference = tried.value - control.value
    counted = min(control.counted, tried.counted)
    if counted < LEAST:
        return Comparison(statistic=statistic, control=control, tried=tried, difference=difference)
    error = math.sqrt(variance(statistic, control) + variance(statistic, tried))
    half = error * width(counted, planned=planned, alpha=alpha)
    low, high = difference - half, difference + half
    return Comparison(
        statistic=statistic,
        control=control,
        tried=tried,
        difference=difference,
        low=low,
        high=high,
        verdict=_verdict(statistic, low, high),
    )


def variance(statistic: Statistic, sums: Sums) -> float:
    """Of the arm's value. A share's never counts as less than that of independent conversations, nor as nothing; a net
    figure's never as nothing."""
    value = sums.above / sums.below
    spread = max(0.0, sums.above_squares - 2 * value * sums.products + value**2 * sums.below_squares)
    found = spread * sums.customers / max(1, sums.customers - 1) / sums.below**2
    if statistic.kind is Kind.NET:
        # As `net_interval` has it where all agree: three made-up answers.
        return max(found, 4.5 / (sums.below + 3) ** 2)
    if statistic.kind is not Kind.SHARE:
        return found
    cautious = (sums.above + 2) / (sums.below + 4)
    return max(found, cautious * (1 - cautious) / sums.below)


def width(counted: int, *, planned: int, alpha: float) -> float:
    """How many standard errors the interval reaches to each side; narrowest where `counted` is about `planned`."""
    log = -2 * math.log(alpha)
    scale = (log + math.log(log + 1)) / planned
    grown = counted * scale
    return math.sqrt(2 * (grown + 1) / grown * math.log(math.sqrt(grown + 1) / alpha))


def _verdict(statistic: Statistic, low: float, high: float) -> Verdict:
    if low <= 0 <= high:
        return Verdict.UNDECIDED
    return Verdict.BETTER if (low > 0) == (statistic.better is Better.MORE) else Verdict.WORSE


def are_shares_suspicious(*, control: int, tried: int, share: float) -> bool:
    """True if so many customers in each arm are not what `share` (0..1, of the tried arm) makes by chance."""
    from scipy.stats import binomtest  # nearly a second to load, which only who looks at experiments shall pay

    total = control + tried
    return total >= LEAST and binomtest(tried, total, share).pvalue < SUSPICIOUS
