"""Reading the sums: over a time, by local days, filtered, and beside the time before.

Days of the zone asked for are read where they are added up; else the hours say the same, more slowly.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F, Model, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from analytics.models import Daily, Filling, Hourly
from analytics.models.hourly import DIMENSIONS, SUMS

#: Values of one dimension that are offered as a filter, most frequent first.
OFFERED: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Whole local days, the last one included. A day has 23 or 25 hours where clocks are changed."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def begin(self) -> datetime:
        return datetime.combine(self.first, time(), self.zone)

    @property
    def end(self) -> datetime:
        return datetime.combine(self.last + timedelta(days=1), time(), self.zone)

    def before(self) -> "Period":
        """As many days just before."""
        return Period(first=self.first - timedelta(days=self.days), last=self.first - timedelta(days=1), zone=self.zone)


def last_days(days: int) -> Period:
    """So many days of TIME_ZONE, today included."""
    zone = ZoneInfo(settings.TIME_ZONE)
    today = timezone.now().astimezone(zone).date()
    return Period(first=today - timedelta(days=days - 1), last=today, zone=zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    period: Period
    #: Dimension -> wanted value; only names of DIMENSIONS.
    filters: Mapping[str, str] = field(default_factory=dict)

    def rows(self, days: type[Model] = Daily, hours: type[Model] = Hourly) -> Any:
        """Rows of sums, each with its local day as `on`; of costs, given their tables."""
        assert set(self.filters) <= set(DIMENSIONS)
        period = self.period
        if Filling.objects.filter(daily_zone=str(period.zone)).exists():
            added_up = days._default_manager.filter(day__gte=period.first, day__lte=period.last, **self.filters)
            return added_up.annotate(on=F("day"))
        found = hours._default_manager.filter(hour__gte=period.begin, hour__lt=period.end, **self.filters)
        return found.annotate(on=TruncDate("hour", tzinfo=period.zone))


def sums(question: Question) -> dict[str, float]:
    found: dict[str, float | None] = question.rows().aggregate(**{name: Sum(name) for name in SUMS})
    return {name: value or 0 for name, value in found.items()}


def sums_by_day(question: Question) -> dict[date, dict[str, float]]:
    """Every day of the period, those without a conversation too."""
    rows = question.rows().values("on").annotate(**{f"sum_{name}": Sum(name) for name in SUMS}).order_by()
    found = {row["on"]: {name: row[f"sum_{name}"] or 0 for name in SUMS} for row in rows}
    first, nothing = question.period.first, dict.fromkeys(SUMS, 0)
    days = [first + timedelta(days=number) for number in range(question.period.days)]
    return {day: found.get(day, nothing) for day in days}


@dataclass(frozen=True, slots=True)
class Combinations:
    """The sums of each combination of dimensions, read in one pass; small, whatever the period."""

    rows: tuple[dict[str, Any], ...]

    def sums(self) -> dict[str, float]:
        return {name: sum(row[f"sum_{name}"] or 0 for row in self.rows) for name in SUMS}

    def by(self, dimension: str) -> dict[str, dict[str, float]]:
        """Value of the dimension -> sums, those with most conversations first, at most OFFERED."""
        groups: dict[str, list[dict[str, Any]]] = {}
        for row in self.rows:
            groups.setdefault(row[dimension], []).append(row)
        found = {value: Combinations(tuple(rows)).sums() for value, rows in groups.items()}
        ordered = sorted(found.items(), key=lambda item: (-item[1]["conversations"], item[0]))
        return dict(ordered[:OFFERED])

    def only(self, filters: Mapping[str, str]) -> "Combinations":
        return Combinations(
            tuple(row for row in self.rows if all(row[name] == value for name, value in filters.items()))
        )


def combinations(question: Question) -> Combinations:
    assert set(question.filters) <= set(DIMENSIONS)
    rows = question.rows().values(*DIMENSIONS).annotate(**{f"sum_{name}": Sum(name) for name in SUMS}).order_by()
    return Combinations(tuple(rows))
