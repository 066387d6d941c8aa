"""Reading what conversations cost over a time: the daily or hourly sums, what GPUs cost besides, and who bears it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from analytics.business.reading import Period, Question
from analytics.costs.lines import PRICE_OF_CALL, PRICES, price_list
from analytics.costs.prices import FOREVER, GpuCost, Prices, gpu_costs
from analytics.models import CostKind, DailyCost, HourlyCost
from analytics.models.cost import AMOUNTS, COST_KEYS
from analytics.models.hourly import DIMENSIONS

_KEYS: Final = (*DIMENSIONS, *COST_KEYS)


@dataclass(frozen=True, slots=True)
class CostRows:
    """Sums of each combination of dimensions, kind and source; few, whatever the period."""

    rows: tuple[dict[str, Any], ...]

    def only(self, **wanted: str) -> "CostRows":
        return CostRows(tuple(row for row in self.rows if all(row[name] == value for name, value in wanted.items())))

    def by(self, name: str) -> dict[str, "CostRows"]:
        found: dict[str, list[dict[str, Any]]] = {}
        for row in self.rows:
            found.setdefault(row[name], []).append(row)
        return {value: CostRows(tuple(rows)) for value, rows in sorted(found.items())}

    def total(self, amount: str) -> float:
        return sum(row[f"sum_{amount}"] or 0 for row in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What some conversations cost, in millionths of the currency."""

    rows: CostRows
    gpus: Mapping[str, float]  #: pool -> what they bear of its GPUs
    #: Calls of the model for the team itself, which no conversation bears; none where only some are looked at.
    own: CostRows = CostRows(())

    @property
    def tokens(self) -> float:
        return self.rows.only(kind=CostKind.MODEL).total("micros")

    @property
    def model(self) -> float:
        return self.tokens + sum(self.gpus.values())

    @property
    def people(self) -> float:
        return self.rows.total("micros") - self.tokens

    @property
    def people_seconds(self) -> float:
        return self.rows.total("seconds") - self.rows.only(kind=CostKind.MODEL).total("seconds")

    def sums(self, counted: Mapping[str, float], *, baseline_minutes: float | None, hourly: float | None) -> Any:
        """Beside `counted`, the columns of `Hourly`: what the statistics are made of. None: not stated."""
        saved = None if baseline_minutes is None else baseline_minutes / 60 * counted["resolved"]
        return {
            **counted,
            "cost_micros": self.model + self.people + self.own.total("micros"),
            "model_micros": self.model,
            "people_micros": self.people,
            "people_minutes": self.people_seconds / 60,
            "tokens": self.rows.total("tokens_read") + self.rows.total("tokens_written"),
            "saved_hours": saved,
            "saved_micros": None if saved is None or hourly is None else saved * hourly * 1e6,
        }


def cost_rows(question: Question) -> CostRows:
    """Of the period, without the filters: those choose among the rows, and all are needed to share GPU hours."""
    rows = (
        _rows(Question(period=question.period))
        .values(*_KEYS)
        .annotate(**{f"sum_{name}": Sum(name) for name in AMOUNTS})
        .order_by()
    )
    return CostRows(tuple(rows))


def gpus_of(period: Period, prices: Prices, *, now: datetime | None = None) -> list[GpuCost]:
    """What is over of the period; the rest has cost nothing yet."""
    return gpu_costs(prices.models, begin=period.begin, end=min(period.end, now or timezone.now()))


def own_rows(period: Period, prices: Prices) -> dict[date, CostRows]:
    """Calls of the model for the team itself, priced now, by local day; few rows a day."""
    values: dict[str, Any] = {
        "begin": period.begin,
        "end": period.end,
        "zone": period.zone.key,
        **price_list(prices),
    }
    found: dict[date, list[dict[str, Any]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_OWN, values)
        for day, source, use, *amounts in cursor.fetchall():
            sums = {f"sum_{name}": value for name, value in zip(_OWN_AMOUNTS, amounts, strict=True)}
            row = {**dict.fromkeys((f"sum_{name}" for name in AMOUNTS), 0), **sums}
            found.setdefault(day, []).append({**row, "kind": CostKind.MODEL.value, "source": source, "use": use})
    return {day: CostRows(tuple(rows)) for day, rows in found.items()}


_OWN_AMOUNTS: Final = (
    "uses", "tokens_read", "tokens_written", "seconds", "micros", "unpriced_tokens", "uncounted",
)  # fmt: skip
_OWN: Final = f"""
    WITH prices AS ({PRICES}), calls AS (
        SELECT (at AT TIME ZONE %(zone)s)::date AS day, use, pool, model, at AS started_at, tokens_read, tokens_written,
               milliseconds
        FROM chatbot_modelcall WHERE conversation_id IS NULL AND at >= %(begin)s AND at < %(end)s
    )
    SELECT t.day, t.pool, t.use, count(*), sum(t.tokens_read)::bigint, sum(t.tokens_written)::bigint,
           sum(greatest(0, t.milliseconds)) / 1000,
           coalesce(round(sum(t.tokens_read * price.read + t.tokens_written * price.written)), 0)::bigint,
           coalesce(sum(t.tokens_read + t.tokens_written) FILTER (WHERE price.read IS NULL), 0)::bigint,
           count(*) FILTER (WHERE t.tokens_read + t.tokens_written = 0)
    FROM calls t LEFT JOIN LATERAL ({PRICE_OF_CALL}) price ON true
    GROUP BY t.day, t.pool, t.use ORDER BY t.day, t.pool, t.use
"""  # noqa: S608  built from constants


def spent(
    everything: CostRows, filters: Mapping[str, str], gpus: list[GpuCost], own: Mapping[date, CostRows] | None = None
) -> Spent:
    """What the chosen conversations cost. Of a pool's GPUs they bear the share of its time that they took."""
    chosen = everything.only(**filters)
    if not filters:
        rows = tuple(row for day in (own or {}).values() for row in day.rows)
        return Spent(rows=chosen, gpus={one.pool: one.micros for one in gpus}, own=CostRows(rows))
    shares = {}
    for one in gpus:
        all_seconds = everything.only(kind=CostKind.MODEL, source=one.pool).total("seconds")
        seconds = chosen.only(kind=CostKind.MODEL, source=one.pool).total("seconds")
        shares[one.pool] = one.micros * seconds / all_seconds if all_seconds else 0.0
    return Spent(rows=chosen, gpus=shares)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCost:
    """In millionths of the currency."""

    tokens: float
    gpus: float
    desk: float
    intercom: float
    own: float  #: tokens for the team itself

    @property
    def all(self) -> float:
        return self.tokens + self.gpus + self.desk + self.intercom + self.own


def cost_by_day(question: Question, prices: Prices) -> dict[date, DayCost]:
    """Every day of the period until today; GPU hours shared as in `spent`, day by day."""
    period = question.period
    amounts: dict[tuple[date, str], float] = {}
    times: dict[tuple[date, str], float] = {}
    all_times: dict[tuple[date, str], float] = {}
    for is_chosen in (True, False) if question.filters else (True,):
        rows = _rows(question if is_chosen else Question(period=period))
        for row in rows.values("on", "kind", "source").annotate(
            money=Sum("micros"), time=Sum("seconds")
        ).order_by():  # fmt: skip
            if row["kind"] == CostKind.MODEL:
                (times if is_chosen else all_times)[row["on"], row["source"]] = row["time"]
            if is_chosen:
                key = row["on"], row["kind"]
                amounts[key] = amounts.get(key, 0) + row["money"]
    today = timezone.now().astimezone(period.zone).date()
    own = {} if question.filters else own_rows(period, prices)
    found = {}
    for number in range(period.days):
        day = period.first + timedelta(days=number)
        if day > today:
            break
        gpus = 0.0
        for one in gpus_of(Period(first=day, last=day, zone=period.zone), prices):
            share = 1.0
            if question.filters:
                whole = all_times.get((day, one.pool), 0.0)
                share = times.get((day, one.pool), 0.0) / whole if whole else 0.0
            gpus += one.micros * share
        found[day] = DayCost(
            tokens=amounts.get((day, CostKind.MODEL), 0),
            gpus=gpus,
            desk=amounts.get((day, CostKind.DESK), 0),
            intercom=amounts.get((day, CostKind.INTERCOM), 0),
            own=own[day].total("micros") if day in own else 0,
        )
    return found


def hourly_rate(prices: Prices, moment: datetime) -> float | None:
    """What an hour of everybody else costs then."""
    for one in prices.rates:
        if one.group_id == 0 and one.begin <= moment < (one.end or FOREVER):
            return float(one.hourly)
    return None


def _rows(question: Question) -> Any:
    return question.rows(DailyCost, HourlyCost)
