"""Prices and rates as values: which one holds when, where there is a gap, and what GPUs cost over a time.

Days become moments here, in the time zone of TIME_ZONE: the beginning included, the end not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings

from analytics.models import CostBasis, ModelPrice, RoleRate

MILLION: Final = 1_000_000
#: Earlier and later than anything happens.
ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)
FOREVER: Final = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    pool: str  #: "": every pool without its own
    model: str  #: "": every model
    begin: datetime
    end: datetime
    read: Decimal  #: millionths of the currency for a token; 0 where GPUs are paid for
    written: Decimal
    gpu_hour: Decimal | None = None  #: currency for an hour of all its GPUs; None: charged by token
    gpus: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    group_id: int  #: 0: everybody whose role has none
    role: str
    begin: datetime
    end: datetime
    hourly: Decimal  #: currency


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Everything that costs are worked out with."""

    models: tuple[Price, ...]
    rates: tuple[Rate, ...]
    minutes_a_reply: float
    longest_minutes: float

    def as_rows(self) -> list[list[Any]]:
        """For JSON: to see later whether something changed. Last in each row: its first and last moment."""
        rows: list[list[Any]] = [
            ["basis", self.minutes_a_reply, self.longest_minutes, ALWAYS.isoformat(), FOREVER.isoformat()]
        ]
        rows += [
            ["model", one.pool, one.model, str(one.read), str(one.written), str(one.gpu_hour), one.gpus, *_ends(one)]
            for one in self.models
        ]
        rows += [["rate", one.group_id, one.role, str(one.hourly), *_ends(one)] for one in self.rates]
        return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Days between two prices of the same thing, on which neither holds."""

    subject: str
    first: date
    last: date


def _ends(one: Price | Rate) -> tuple[str, str]:
    return one.begin.astimezone(UTC).isoformat(), one.end.astimezone(UTC).isoformat()


def prices() -> Prices:
    """As they stand in the admin now."""
    basis = CostBasis.stated()
    return Prices(
        models=tuple(_price(row) for row in ModelPrice.objects.order_by("pk")),
        rates=tuple(_rate(row) for row in RoleRate.objects.select_related("role").order_by("pk")),
        minutes_a_reply=basis.minutes_a_reply,
        longest_minutes=basis.longest_minutes,
    )


def _moments(row: ModelPrice | RoleRate) -> tuple[datetime, datetime]:
    zone = ZoneInfo(settings.TIME_ZONE)
    begin = datetime.combine(row.valid_from, time(), zone)
    if row.valid_until is None:
        return begin, FOREVER
    return begin, datetime.combine(row.valid_until + timedelta(days=1), time(), zone)


def _price(row: ModelPrice) -> Price:
    begin, end = _moments(row)
    if row.kind == ModelPrice.Kind.GPU:
        assert row.price_hour is not None
        return Price(
            pool=row.pool, model="", begin=begin, end=end, read=Decimal(0), written=Decimal(0),
            gpu_hour=row.price_hour * row.gpus, gpus=row.gpus,
        )  # fmt: skip
    assert row.price_read is not None
    assert row.price_written is not None
    scale = Decimal(MILLION) / row.per
    return Price(
        pool=row.pool, model=row.model, begin=begin, end=end,
        read=row.price_read * scale, written=row.price_written * scale,
    )  # fmt: skip


def _rate(row: RoleRate) -> Rate:
    begin, end = _moments(row)
    return Rate(
        group_id=row.role_id or 0, role=row.role.name if row.role else "", begin=begin, end=end, hourly=row.hourly
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuCost:
    """What the GPUs of one pool cost over a time, whether they were busy or not."""

    pool: str
    hours: float  #: of all its GPUs together
    micros: int


def gpu_costs(held: Iterable[Price], *, begin: datetime, end: datetime) -> list[GpuCost]:
    """By pool, in the order of their names; none for pools that are charged by token."""
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for one in held:
        seconds = (min(end, one.end) - max(begin, one.begin)) // timedelta(seconds=1)
        if one.gpu_hour is None or seconds <= 0:
            continue
        hours, money = found.get(one.pool, (Decimal(0), Decimal(0)))
        share = Decimal(seconds) / 3600
        found[one.pool] = hours + share * one.gpus, money + share * one.gpu_hour
    return [
        GpuCost(pool=pool, hours=float(hours), micros=round(money * MILLION))
        for pool, (hours, money) in sorted(found.items())
    ]


def gaps(rows: Sequence[ModelPrice | RoleRate]) -> list[Gap]:
    """Between the first day that a price of a thing holds and the last one: days without any. Sorted by subject."""
    found = []
    by_subject: dict[str, list[ModelPrice | RoleRate]] = {}
    for row in rows:
        by_subject.setdefault(str(row), []).append(row)
    for subject, same in sorted(by_subject.items()):
        reached: date | None = None
        for row in sorted(same, key=lambda one: one.valid_from):
            if reached is not None and row.valid_from > reached + timedelta(days=1):
                found.append(
                    Gap(
                        subject=subject,
                        first=reached + timedelta(days=1),
                        last=row.valid_from - timedelta(days=1),
                    )
                )
            reached = max(reached or date.min, row.valid_until or date.max - timedelta(days=1))
    return found
