"""Filling the statistics: outcomes and costs of whatever moved since the last run, then the sums of their hours.

Safe to run twice: both are worked out anew from what is stored, never added to. Resuming: each batch is one transaction
that also says how far it came. Correcting itself: an event that comes late moves its conversation, and with it the sums
of the hour in which the conversation began, however long ago that is.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from analytics.business.days import sum_up_all_days, sum_up_days
from analytics.business.outcomes import work_out
from analytics.costs.lines import sum_up_costs, work_out_costs
from analytics.costs.prices import Prices, prices
from analytics.costs.repricing import mark_touched
from analytics.models import Filling
from analytics.models.hourly import DIMENSIONS, SUMS
from chatbot.conf import DELIVERY_HOURS

logger = logging.getLogger(__name__)

BATCH: Final = 20_000
#: What a transaction stored may show only when it ends, and a sent reply comes back a moment later: look back so far.
OVERLAP: Final = timedelta(hours=1)
#: A question of the survey may leave so long after it was stored.
_PATIENCE: Final = timedelta(hours=DELIVERY_HOURS)
_LOCK: Final = 7_301_001


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    conversations: int
    is_done: bool  #: False: the bound on batches was reached, or another process is at it; run again


def fill(*, now: datetime | None = None, most_batches: int = 1_000) -> Filled:
    """Bring outcomes and hourly sums up to `now`. One process at a time; a second one returns at once."""
    moment = now or timezone.now()
    counted = 0
    for _ in range(most_batches):
        batch = _fill_batch(moment)
        if batch is None:
            return Filled(conversations=counted, is_done=False)
        if not batch:
            return Filled(conversations=counted, is_done=True)
        counted += batch
    return Filled(conversations=counted, is_done=False)


def _fill_batch(now: datetime) -> int | None:
    """How many conversations were worked out; None: somebody else is filling."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return None
        state, _ = Filling.objects.get_or_create(pk=1)
        priced = prices()
        if state.run_until is None:
            state.run_until, state.reached = now, 0
            mark_touched(state.priced_with, priced, now=now)
            state.priced_with = priced.as_rows()
        zone = settings.TIME_ZONE
        if state.daily_zone != zone:
            sum_up_all_days(ZoneInfo(zone))
            state.daily_zone = zone
        since = state.counted_until - OVERLAP if state.counted_until else None
        cursor.execute(
            _MOVED if since else _ALL,
            {
                "since": since,
                "asked_since": since - _PATIENCE if since else None,
                "until": state.run_until,
                "reached": state.reached,
                "batch": BATCH,
            },
        )
        ids = [row[0] for row in cursor.fetchall()]
        if ids:
            _count(ids, now=state.run_until, priced=priced)
            state.reached = ids[-1]
        else:
            state.counted_until, state.run_until, state.reached = state.run_until, None, 0
        state.save()
        return len(ids)


def _count(ids: Sequence[int], *, now: datetime, priced: Prices) -> None:
    before = _hours_of(ids)
    work_out(ids, now=now)
    work_out_costs(ids, prices=priced)
    hours = before | _hours_of(ids)
    sum_up(hours)
    sum_up_costs(hours)
    sum_up_days(hours, ZoneInfo(settings.TIME_ZONE))


def _hours_of(ids: Sequence[int]) -> set[datetime]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT date_trunc('hour', started_at, 'UTC') FROM analytics_conversationoutcome"
            " WHERE conversation_id = ANY(%s)",
            [list(ids)],
        )
        return {row[0] for row in cursor.fetchall()}


def sum_up(hours: Iterable[datetime]) -> None:
    """Work the sums of these hours out anew from the outcomes."""
    wanted = sorted(hours)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM analytics_hourly WHERE hour = ANY(%s)", [wanted])
        cursor.execute(_SUM_UP, [wanted])


_ALL = """
    SELECT id FROM sessions_app_conversation WHERE id > %(reached)s ORDER BY id LIMIT %(batch)s
"""
_MOVED = """
    SELECT id FROM (
        SELECT id FROM sessions_app_conversation WHERE updated_at >= %(since)s
        UNION SELECT conversation_id FROM chatbot_turn WHERE started_at >= %(since)s
        UNION SELECT t.conversation_id FROM chatbot_intentcheck k JOIN chatbot_turn t ON t.id = k.turn_id
            WHERE k.verdict <> '' AND k.decided_at >= %(since)s
        UNION SELECT conversation_id FROM chatbot_modelcall WHERE at >= %(since)s AND conversation_id IS NOT NULL
        UNION SELECT conversation_id FROM analytics_modelreading WHERE asked_at >= %(since)s
        UNION SELECT conversation_id FROM sessions_app_handoff WHERE created_at >= %(since)s
        UNION SELECT conversation_id FROM chatbot_surveyinvitation WHERE asked_at >= %(asked_since)s
        UNION SELECT conversation_id FROM analytics_conversationoutcome WHERE settles_at <= %(until)s
    ) AS moved WHERE id > %(reached)s ORDER BY id LIMIT %(batch)s
"""
_DIMENSIONS = ", ".join(DIMENSIONS)
# Written out from constants; joined by hours, so that each hour is one range of the index on started_at.
_SUM_UP = f"""
    INSERT INTO analytics_hourly (hour, {_DIMENSIONS}, {", ".join(SUMS)})
    SELECT wanted.hour, {", ".join(f"o.{name}" for name in DIMENSIONS)},
           {", ".join(f"sum({expression})" for expression in SUMS.values())}
    FROM unnest(%s::timestamptz[]) AS wanted(hour)
    JOIN analytics_conversationoutcome o
        ON o.started_at >= wanted.hour AND o.started_at < wanted.hour + interval '1 hour'
    GROUP BY wanted.hour, {", ".join(f"o.{name}" for name in DIMENSIONS)}
"""  # noqa: S608  names of columns, from constants
