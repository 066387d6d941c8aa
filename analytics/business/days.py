"""Days added up from hours, so that a page over a year reads a twentieth of the rows."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.db import connection

from analytics.business.reading import Period
from analytics.models import Daily, Hourly
from analytics.models.hourly import DIMENSIONS, SUMS


def sum_up_days(hours: Iterable[datetime], zone: ZoneInfo) -> None:
    """Work the local days that hold these hours out anew. The caller holds the filling's lock and a transaction."""
    _sum_up({hour.astimezone(zone).date() for hour in hours}, zone)


def sum_up_all_days(zone: ZoneInfo) -> None:
    """For a zone that is new, or when days were never added up. The caller holds the filling's lock."""
    Daily.objects.all().delete()
    hours = Hourly.objects.order_by().values_list("hour", flat=True).distinct()
    _sum_up({hour.astimezone(zone).date() for hour in hours}, zone)


def _sum_up(days: set[date], zone: ZoneInfo) -> None:
    ordered = sorted(days)
    periods = [Period(first=day, last=day, zone=zone) for day in ordered]
    begins = [period.begin.astimezone(UTC) for period in periods]
    ends = [period.end.astimezone(UTC) for period in periods]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM analytics_daily WHERE day = ANY(%s)", [ordered])
        cursor.execute(_ADD_UP, [ordered, begins, ends])


_NAMES: Final = ", ".join(DIMENSIONS)
_ADD_UP: Final = f"""
    INSERT INTO analytics_daily (day, {_NAMES}, {", ".join(SUMS)})
    SELECT wanted.day, {_NAMES}, {", ".join(f"sum({name})" for name in SUMS)}
    FROM unnest(%s::date[], %s::timestamptz[], %s::timestamptz[]) AS wanted(day, begins, ends)
    JOIN analytics_hourly h ON h.hour >= wanted.begins AND h.hour < wanted.ends
    GROUP BY wanted.day, {_NAMES}
"""  # noqa: S608  names of columns, from constants
