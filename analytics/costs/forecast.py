"""Next month, from the full weeks that are over: a straight line through their totals, and how far off it may be.

Weeks, because weekdays differ. The interval is that of ordinary least squares for a sum of weeks not seen yet: it holds
what weeks differ by and what is not known of the line. It takes weeks as independent: a campaign, or a price that
changes, is not in it.
"""

import calendar
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

#: With fewer full weeks nothing is said.
LEAST_WEEKS: Final = 5
#: Older weeks say little about the next month.
MOST_WEEKS: Final = 26
#: With fewer, no trend is drawn: two or three weeks make steep lines.
LEAST_FOR_TREND: Final = 8
CERTAINTY: Final = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """A month's total with its interval, none of them negative."""

    value: float
    low: float
    high: float
    weeks: int  #: it rests on


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    first: date
    days: int

    @property
    def last(self) -> date:
        return self.first + timedelta(days=self.days - 1)


def next_month(today: date) -> Month:
    year, month = (today.year + 1, 1) if today.month == 12 else (today.year, today.month + 1)
    return Month(first=date(year, month, 1), days=calendar.monthrange(year, month)[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    weeks: tuple[float, ...]  #: totals of full weeks, the newest last, which ended yesterday
    shares: tuple[float, ...]  #: of a week that falls on its Monday, ... its Sunday; together 1


def history(days: Sequence[float], *, today: date, weeks: int | None = None) -> History:
    """`days` end with yesterday. Without `weeks`: as many as are full since something first happened."""
    if weeks is None:
        begin = next((place for place, value in enumerate(days) if value), len(days))
        weeks = min(MOST_WEEKS, (len(days) - begin) // 7)
    known = list(days[len(days) - 7 * weeks :]) if weeks else []
    first = (today - timedelta(days=7 * weeks)).weekday()
    shares = [0.0] * 7
    for place, value in enumerate(known):
        shares[(first + place) % 7] += value
    whole = sum(shares)
    return History(
        weeks=tuple(sum(known[7 * number : 7 * (number + 1)]) for number in range(weeks)),
        shares=tuple(share / whole for share in shares) if whole else (1 / 7,) * 7,
    )


def forecast(past: History, *, today: date, month: Month) -> Forecast | None:
    """None: too few weeks to say anything."""
    count = len(past.weeks)
    if count < LEAST_WEEKS:
        return None
    places = np.arange(count, dtype=float)
    # The middle of the month, on the scale on which the last full week's middle is `count - 1`.
    middle = count - 1 + ((month.first - today).days + month.days / 2 + 3.5) / 7
    known, wanted = np.ones((count, 1)), np.ones(1)
    if count >= LEAST_FOR_TREND:
        known, wanted = np.column_stack([known, places]), np.array([1.0, middle])
    totals = np.asarray(past.weeks, dtype=float)
    line, *_ = np.linalg.lstsq(known, totals, rcond=None)
    free = count - known.shape[1]
    spread = float(((totals - known @ line) ** 2).sum()) / free
    # In weeks: a month with five Mondays is longer than one with five Sundays.
    length = sum(past.shares[(month.first.weekday() + day) % 7] for day in range(month.days))
    value = float(length * (wanted @ line))
    unsure = length + length**2 * float(wanted @ np.linalg.inv(known.T @ known) @ wanted)
    from scipy.stats import t as students  # nearly a second to load, which only who looks at costs shall pay

    margin = float(students.ppf((1 + CERTAINTY) / 2, free)) * math.sqrt(spread * unsure)
    return Forecast(value=max(0.0, value), low=max(0.0, value - margin), high=max(0.0, value + margin), weeks=count)
