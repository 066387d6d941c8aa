"""Times and failures of a period, read from the turns themselves: at most TURNS_READ of them, the newest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import connection

from analytics.business.reading import Period
from chatbot.pipeline.decide import Reason

#: Sorting more for their percentiles would take seconds; the page says when there were more.
TURNS_READ: Final = 100_000
#: The promise: own time of 99 in 100 questions, milliseconds.
OWN_PROMISE: Final = 500.0
#: What may be filtered by, and the column of the turn that it is.
FILTERS: Final = ("pool", "profile", "intent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Technical:
    """Figures of some turns. Times in milliseconds; None where nothing was measured."""

    turns: int
    own_median: float | None
    own_p99: float | None
    over_promise: int  #: turns whose own time was longer than OWN_PROMISE
    timed: int  #: turns with an own time
    asked_model: int
    model_median: float | None
    model_p99: float | None
    failed: int  #: a model was asked and none answered
    tokens_a_second: float | None  #: written, while the model was at work


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    whole: Technical
    steps: tuple[tuple[datetime, Technical], ...]  #: by hour or by day, oldest first; only those with turns
    pools: tuple[tuple[str, Technical], ...]  #: by model pool, the busiest first
    is_cut: bool  #: there were more than TURNS_READ
    since: datetime | None  #: the oldest turn that was read


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    period: Period
    filters: Mapping[str, str] = field(default_factory=dict)  #: names of FILTERS -> wanted value


def read_technical(asked: Asked) -> Reading:
    values: dict[str, Any] = {
        "begin": asked.period.begin,
        "end": asked.period.end,
        "most": TURNS_READ,
        "promise": OWN_PROMISE,
        "failed": Reason.MODEL_FAILED.value,
        "unit": "hour" if asked.period.days == 1 else "day",
        "zone": asked.period.zone.key,
    }
    chosen = ""
    for name in FILTERS:
        if value := asked.filters.get(name):
            chosen += f" AND {name} = %({name})s"
            values[name] = value
    with connection.cursor() as cursor:
        cursor.execute(_READ.replace("/* chosen */", chosen), values)
        rows = cursor.fetchall()
    whole = next(row for row in rows if row[0] == "whole")
    steps = sorted((row for row in rows if row[0] == "step"), key=lambda row: row[1])
    pools = sorted((row for row in rows if row[0] == "pool" and row[2]), key=lambda row: (-row[4], row[2]))
    return Reading(
        whole=_figures(whole),
        steps=tuple((row[1], _figures(row)) for row in steps),
        pools=tuple((row[2], _figures(row)) for row in pools),
        is_cut=whole[4] >= TURNS_READ,
        since=whole[3],
    )


def _figures(row: tuple[Any, ...]) -> Technical:
    _kind, _step, _pool, _since, turns, own, timed, over, asked_model, model, failed, tokens, seconds = row
    own_median, own_p99 = own or (None, None)
    model_median, model_p99 = model or (None, None)
    return Technical(
        turns=turns,
        own_median=own_median,
        own_p99=own_p99,
        over_promise=over,
        timed=timed,
        asked_model=asked_model,
        model_median=model_median,
        model_p99=model_p99,
        failed=failed,
        tokens_a_second=tokens / seconds if tokens and seconds else None,
    )


# The trace is not touched: it is stored apart, and reading it would cost more than all the rest.
_READ: Final = """
    WITH turn AS (
        SELECT date_trunc(%(unit)s, started_at, %(zone)s) AS step, pool, started_at, reasons,
               greatest(own_milliseconds, 0) AS own,
               CASE WHEN pool <> '' AND model_milliseconds > 0 THEN model_milliseconds END AS model, tokens_written
        FROM chatbot_turn
        WHERE started_at >= %(begin)s AND started_at < %(end)s AND finished_at IS NOT NULL
        AND outcome NOT IN ('superseded', 'running') /* chosen */
        ORDER BY started_at DESC LIMIT %(most)s
    )
    SELECT CASE WHEN grouping(step) = 0 THEN 'step' WHEN grouping(pool) = 0 THEN 'pool' ELSE 'whole' END, step, pool,
           min(started_at), count(*),
           percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY own),
           count(own), count(*) FILTER (WHERE own > %(promise)s),
           count(*) FILTER (WHERE pool <> ''),
           percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY model),
           count(*) FILTER (WHERE reasons ? %(failed)s),
           sum(tokens_written) FILTER (WHERE model IS NOT NULL), sum(model) / 1000
    FROM turn GROUP BY GROUPING SETS ((step), (pool), ())
"""
