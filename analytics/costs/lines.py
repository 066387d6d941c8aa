"""The cost lines of conversations, worked out anew from turns, other calls of models, the audit log and messages.

One statement; running it again gives the same rows. The same, slower and in Python, stands in the tests.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection

from analytics.costs.prices import Prices
from analytics.models.cost import AMOUNTS, COST_KEYS
from analytics.models.hourly import DIMENSIONS

#: The price list as a table.
PRICES: Final = """
    SELECT * FROM unnest(%(p_pool)s::text[], %(p_model)s::text[], %(p_begin)s::timestamptz[], %(p_end)s::timestamptz[],
        %(p_read)s::numeric[], %(p_written)s::numeric[]) AS p(pool, model, begins, ends, read, written)
"""
#: The most specific price that holds for the call `t`.
PRICE_OF_CALL: Final = """
    SELECT p.read, p.written FROM prices p
    WHERE p.begins <= t.started_at AND t.started_at < p.ends AND p.pool IN ('', t.pool) AND p.model IN ('', t.model)
    ORDER BY p.pool <> '' DESC, p.model <> '' DESC, p.begins DESC LIMIT 1
"""
# The audit log is read in the order in which its lines were written, so that a clock that jumped is noticed.
_WORK_OUT = f"""
WITH prices AS ({PRICES}), rates AS (
    SELECT * FROM unnest(%(r_group)s::int[], %(r_role)s::text[], %(r_begin)s::timestamptz[], %(r_end)s::timestamptz[],
        %(r_hourly)s::numeric[]) AS r(group_id, role, begins, ends, hourly)
), calls AS (
    SELECT conversation_id, 'answer' AS use, pool, model, started_at, tokens_read, tokens_written, model_milliseconds
    FROM chatbot_turn
    WHERE conversation_id = ANY(%(ids)s) AND (tokens_read > 0 OR tokens_written > 0 OR pool <> '')
    UNION ALL
    SELECT conversation_id, 'reading', pool, model, asked_at, tokens_read, tokens_written, milliseconds
    FROM analytics_modelreading
    WHERE conversation_id = ANY(%(ids)s) AND (tokens_read > 0 OR tokens_written > 0 OR pool <> '')
    UNION ALL
    SELECT conversation_id, use, pool, model, at, tokens_read, tokens_written, milliseconds
    FROM chatbot_modelcall
    WHERE conversation_id = ANY(%(ids)s)
), model AS (
    SELECT t.conversation_id, 'model' AS kind, t.pool AS source, t.use, count(*) AS uses,
           sum(t.tokens_read) AS tokens_read, sum(t.tokens_written) AS tokens_written,
           sum(greatest(0, t.model_milliseconds)) / 1000 AS seconds,
           sum(t.tokens_read * price.read + t.tokens_written * price.written) AS micros,
           sum(t.tokens_read + t.tokens_written) FILTER (WHERE price.read IS NULL) AS unpriced_tokens,
           0 AS unpriced_seconds, count(*) FILTER (WHERE t.tokens_read + t.tokens_written = 0) AS uncounted,
           count(*) FILTER (WHERE t.model_milliseconds < 0) AS odd
    FROM calls t
    LEFT JOIN LATERAL ({PRICE_OF_CALL}) price ON true
    GROUP BY t.conversation_id, t.pool, t.use
), written AS (
    SELECT conversation_id, user_id, action, at, lead(at) OVER (PARTITION BY item_id ORDER BY id) AS next_at
    FROM sessions_app_auditentry
    WHERE conversation_id = ANY(%(ids)s) AND item_id IS NOT NULL AND action <> 'viewed'
), claims AS (
    SELECT conversation_id, user_id, at, next_at < at AS is_odd,
           least(%(longest)s::numeric, greatest(0, extract(epoch FROM next_at - at))) AS seconds
    FROM written WHERE action = 'claimed' AND next_at IS NOT NULL
), worked AS (
    SELECT c.conversation_id, c.seconds, c.is_odd, rate.role, rate.hourly
    FROM claims c
    LEFT JOIN LATERAL (
        SELECT r.role, r.hourly FROM rates r
        WHERE r.begins <= c.at AND c.at < r.ends AND (r.group_id = 0 OR r.group_id IN (
            SELECT g.group_id FROM auth_user_groups g WHERE g.user_id = c.user_id))
        ORDER BY r.group_id <> 0 DESC, r.hourly DESC, r.role LIMIT 1
    ) rate ON true
), desk AS (
    SELECT conversation_id, 'desk' AS kind, coalesce(role, '') AS source, '' AS use, count(*) AS uses,
           0 AS tokens_read, 0 AS tokens_written, sum(seconds) AS seconds,
           sum(seconds * hourly) * 1000000 / 3600 AS micros, 0 AS unpriced_tokens,
           sum(seconds) FILTER (WHERE hourly IS NULL) AS unpriced_seconds, 0 AS uncounted,
           count(*) FILTER (WHERE is_odd) AS odd
    FROM worked GROUP BY conversation_id, coalesce(role, '')
), intercom AS (
    SELECT m.conversation_id, 'intercom' AS kind, '' AS source, '' AS use, count(*) AS uses,
           0 AS tokens_read, 0 AS tokens_written, count(*) * %(reply)s::numeric AS seconds,
           sum(%(reply)s::numeric * rate.hourly) * 1000000 / 3600 AS micros, 0 AS unpriced_tokens,
           %(reply)s::numeric * count(*) FILTER (WHERE rate.hourly IS NULL) AS unpriced_seconds, 0 AS uncounted,
           0 AS odd
    FROM sessions_app_message m
    LEFT JOIN LATERAL (
        SELECT r.hourly FROM rates r WHERE r.group_id = 0 AND r.begins <= m.sent_at AND m.sent_at < r.ends LIMIT 1
    ) rate ON true
    WHERE m.conversation_id = ANY(%(ids)s) AND m.author = 'teammate'
    GROUP BY m.conversation_id
), lines AS (
    SELECT * FROM model UNION ALL SELECT * FROM desk UNION ALL SELECT * FROM intercom
)
INSERT INTO analytics_costline (outcome_id, kind, source, use, uses, tokens_read, tokens_written, seconds, micros,
    unpriced_tokens, unpriced_seconds, uncounted, odd)
SELECT l.conversation_id, l.kind, l.source, l.use, l.uses, l.tokens_read, l.tokens_written, coalesce(l.seconds, 0),
       round(coalesce(l.micros, 0)), coalesce(l.unpriced_tokens, 0), coalesce(l.unpriced_seconds, 0), l.uncounted, l.odd
FROM lines l JOIN analytics_conversationoutcome o USING (conversation_id)
"""  # noqa: S608  built from constants


def work_out_costs(conversation_ids: Sequence[int], *, prices: Prices) -> None:
    """Write the cost lines of those conversations that have an outcome. Inside the caller's transaction."""
    rates = prices.rates
    values: dict[str, Any] = {
        "ids": list(conversation_ids),
        **price_list(prices),
        "r_group": [one.group_id for one in rates],
        "r_role": [one.role for one in rates],
        "r_begin": [one.begin for one in rates],
        "r_end": [one.end for one in rates],
        "r_hourly": [one.hourly for one in rates],
        "longest": prices.longest_minutes * 60,
        "reply": prices.minutes_a_reply * 60,
    }
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM analytics_costline WHERE outcome_id = ANY(%(ids)s)", values)
        cursor.execute(_WORK_OUT, values)


def price_list(prices: Prices) -> dict[str, list[Any]]:
    """What `PRICES` is filled with."""
    models = prices.models
    return {
        "p_pool": [one.pool for one in models],
        "p_model": [one.model for one in models],
        "p_begin": [one.begin for one in models],
        "p_end": [one.end for one in models],
        "p_read": [one.read for one in models],
        "p_written": [one.written for one in models],
    }


def sum_up_costs(hours: Iterable[datetime]) -> None:
    """Work the cost sums of these hours out anew from the lines."""
    wanted = sorted(hours)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM analytics_hourlycost WHERE hour = ANY(%s)", [wanted])
        cursor.execute(_SUM_UP, [wanted])


_COLUMNS = ", ".join(f"o.{name}" for name in DIMENSIONS)
_KEYS = ", ".join(f"c.{name}" for name in COST_KEYS)
_SUM_UP = f"""
    INSERT INTO analytics_hourlycost (hour, {", ".join(DIMENSIONS)}, {", ".join(COST_KEYS)}, {", ".join(AMOUNTS)})
    SELECT wanted.hour, {_COLUMNS}, {_KEYS}, {", ".join(f"sum(c.{name})" for name in AMOUNTS)}
    FROM unnest(%s::timestamptz[]) AS wanted(hour)
    JOIN analytics_conversationoutcome o
        ON o.started_at >= wanted.hour AND o.started_at < wanted.hour + interval '1 hour'
    JOIN analytics_costline c ON c.outcome_id = o.conversation_id
    GROUP BY wanted.hour, {_COLUMNS}, {_KEYS}
"""  # noqa: S608  names of columns, from constants
