"""What each pool of model servers brings: GPUs by the price list, calls at a time, and what it did lately."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection
from django.utils import timezone

from analytics.costs.prices import prices
from analytics.costs.what_if import LOOK_BACK
from chatbot.models import ModelPool

#: Calls that a batching server works on at a time, where no pool says.
PLACES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolCapacity:
    name: str
    region: str
    gpus: int  #: at least 1
    is_stated: bool  #: False: the price list holds no GPUs of it now, and one is assumed
    calls: int  #: at a time, of all its GPUs together; 0: no limit
    answered: int  #: calls in the last four weeks
    seconds: float | None  #: mean time of one of these; None: none

    @property
    def calls_a_gpu(self) -> int:
        return math.ceil(self.calls / self.gpus)


def capacities(*, now: datetime | None = None) -> list[PoolCapacity]:
    """Of the pools that take calls, in the order in which they are asked."""
    moment = now or timezone.now()
    gpus: dict[str, int] = {}
    for one in prices().models:
        if one.gpu_hour is not None and one.begin <= moment < one.end:
            gpus[one.pool] = gpus.get(one.pool, 0) + one.gpus
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pool, count(*), avg(model_milliseconds) / 1000 FROM chatbot_turn WHERE started_at >= %s AND"
            " model_milliseconds > 0 GROUP BY pool",
            [moment - LOOK_BACK],
        )
        seen = {pool: (count, float(seconds)) for pool, count, seconds in cursor.fetchall()}
    return [
        PoolCapacity(
            name=pool.name,
            region=pool.region,
            gpus=gpus.get(pool.name, 0) or 1,
            is_stated=bool(gpus.get(pool.name)),
            calls=pool.parallel_calls,
            answered=seen.get(pool.name, (0, None))[0],
            seconds=seen.get(pool.name, (0, None))[1],
        )
        for pool in ModelPool.objects.filter(is_on=True)
    ]


def places_of(pools: Sequence[PoolCapacity]) -> int:
    """Calls at a time on one GPU, that of the pool which says the most; PLACES where none says."""
    return max((pool.calls_a_gpu for pool in pools), default=0) or PLACES
