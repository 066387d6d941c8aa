"""Days added up from hours, so that a page over a year reads a twentieth of the rows."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.db import connection

from analytics.business.reading import Period
from analytics.models import Daily, DailyCost, Hourly, HourlyCost
from analytics.models.cost import AMOUNTS, COST_KEYS
from analytics.models.hourly import DIMENSIONS, SUMS


def sum_up_days(hours: Iterable[datetime], zone: ZoneInfo) -> None:
    """Work the local days that hold these hours out anew. The caller holds the filling's lock and a transaction."""
    _sum_up({hour.astimezone(zone).date() for hour in hours}, zone)


def sum_up_all_days(zone: ZoneInfo) -> None:
    """For a zone that is new, or when days were never added up. The caller holds the filling's lock."""
    Daily.objects.all().delete()
    DailyCost.objects.all().delete()
    hours = Hourly.objects.order_by().values_list("hour").distinct()
    costly = HourlyCost.objects.order_by().values_list("hour").distinct()
    _sum_up({hour.astimezone(zone).date() for (hour,) in hours.union(costly)}, zone)


def _sum_up(days: set[date], zone: ZoneInfo) -> None:
    ordered = sorted(days)
    periods = [Period(first=day, last=day, zone=zone) for day in ordered]
    begins = [period.begin.astimezone(UTC) for period in periods]
    ends = [period.end.astimezone(UTC) for period in periods]
    with connection.cursor() as cursor:
        for daily, add_up in _ADD_UP.items():
            cursor.execute(f"DELETE FROM {daily} WHERE day = ANY(%s)", [ordered])  # noqa: S608  a constant
            cursor.execute(add_up, [ordered, begins, ends])


def _adding(daily: str, hourly: str, keys: Sequence[str], sums: Iterable[str]) -> str:
    names, columns = ", ".join(keys), list(sums)
    return f"""
        INSERT INTO {daily} (day, {names}, {", ".join(columns)})
        SELECT wanted.day, {names}, {", ".join(f"sum({name})" for name in columns)}
        FROM unnest(%s::date[], %s::timestamptz[], %s::timestamptz[]) AS wanted(day, begins, ends)
        JOIN {hourly} h ON h.hour >= wanted.begins AND h.hour < wanted.ends
        GROUP BY wanted.day, {names}
    """  # noqa: S608  names of tables and columns, from constants


#: Table of days -> the statement that adds it up from its table of hours.
_ADD_UP: Final = {
    "analytics_daily": _adding("analytics_daily", "analytics_hourly", DIMENSIONS, SUMS),
    "analytics_dailycost": _adding("analytics_dailycost", "analytics_hourlycost", (*DIMENSIONS, *COST_KEYS), AMOUNTS),
}
