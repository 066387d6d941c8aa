"""What if: how many servers and people keep the promises when traffic grows or a pool is lost, by simulation."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.utils import timezone

from analytics.costs.queueing import Served, drawn, serve, settled
from analytics.models import CostBasis
from sessions_app.models import ReviewQueue

#: History that the busiest hour and the times are taken from.
LOOK_BACK: Final = timedelta(days=28)
#: With fewer times seen, they are assumed instead.
LEAST_SEEN: Final = 30
SAMPLE: Final = 2_000
#: Calls of one simulated run (half as many where there are many servers), and runs with other chances.
CALLS: Final = 4_000
MANY: Final = 20
SEEDS: Final = (1, 2, 3)
#: More servers or people than that are not looked for.
MOST: Final = 100
#: Of the waits, this share keeps the promise.
SHARE: Final = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What arrives somewhere in its busiest hour, and how long each takes."""

    an_hour: float
    works: tuple[float, ...]  #: seconds that were seen, or the one that is assumed
    is_assumed: bool
    is_of_others: bool = False  #: the times are those of the pools that remain

    @property
    def mean(self) -> float:
        return sum(self.works) / len(self.works)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    count: int  #: servers, or people
    utilisation: float  #: over 1: it falls further behind all the time
    wait: float | None  #: seconds that 99 % wait at most, in the worst of the runs; None: never settles
    keeps: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    promise: float  #: seconds
    runs: tuple[Run, ...]  #: by count
    needed: int | None  #: None: not even MOST keep it


def model_load(*, now: datetime | None = None, assumed: float = 2.0, without: str = "") -> Load:
    """Calls to models in the busiest hour of the last four weeks, and the time each took.

    `without` names a pool that is lost: its calls still come, and take as long as those of the other pools, if there
    were enough of them.
    """
    since = (now or timezone.now()) - LOOK_BACK
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM chatbot_turn WHERE started_at >= %s AND"
            " model_milliseconds > 0 GROUP BY date_trunc('hour', started_at, 'UTC')) AS hours",
            [since],
        )
        busiest = float(cursor.fetchone()[0])
        for left_out in [without, ""] if without else [""]:
            cursor.execute(
                "SELECT model_milliseconds / 1000 FROM chatbot_turn WHERE started_at >= %s AND model_milliseconds > 0"
                " AND (%s = '' OR pool <> %s) ORDER BY started_at DESC LIMIT %s",
                [since, left_out, left_out, SAMPLE],
            )
            seen = [float(row[0]) for row in cursor.fetchall()]
            if len(seen) >= LEAST_SEEN:
                break
        return _load(busiest, seen, assumed, is_of_others=bool(left_out))


def desk_load(*, now: datetime | None = None, assumed: float = 120.0) -> Load:
    """Questions that came to the desk in its busiest hour, and the time from opening one to deciding."""
    since = (now or timezone.now()) - LOOK_BACK
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM sessions_app_reviewitem WHERE created_at >= %s"
            " GROUP BY date_trunc('hour', created_at, 'UTC')) AS hours",
            [since],
        )
        busiest = float(cursor.fetchone()[0])
        cursor.execute(_DECIDING, {"since": since, "longest": CostBasis.stated().longest_minutes * 60, "most": SAMPLE})
        return _load(busiest, [float(row[0]) for row in cursor.fetchall()], assumed)


_DECIDING = """
    SELECT least(%(longest)s, extract(epoch FROM next_at - at)) FROM (
        SELECT id, action, at, lead(at) OVER (PARTITION BY item_id ORDER BY id) AS next_at
        FROM sessions_app_auditentry WHERE at >= %(since)s AND item_id IS NOT NULL AND action <> 'viewed'
    ) AS written
    WHERE action = 'claimed' AND next_at >= at ORDER BY id DESC LIMIT %(most)s
"""


def _load(busiest: float, seen: Sequence[float], assumed: float, *, is_of_others: bool = False) -> Load:
    if len(seen) < LEAST_SEEN:
        return Load(an_hour=busiest, works=(assumed,), is_assumed=True)
    return Load(an_hour=busiest, works=tuple(seen), is_assumed=False, is_of_others=is_of_others)


def shortest_target() -> float:
    """Seconds: the strictest promise of a review queue."""
    minutes = ReviewQueue.objects.order_by("target_minutes").values_list("target_minutes", flat=True).first()
    return 60.0 * (minutes or 60)


def answer(load: Load, *, factor: float, promise: float, have: int, places: int = 1, slowdown: float = 0.0) -> Answer:
    """From what is there to what is needed: each count with its wait. `have` 0 asks only for what is needed."""
    rate = load.an_hour * factor / 3600
    least = max(1, math.floor(_busy(rate, load, places, slowdown)))
    tried: dict[int, Run] = {}
    needed = None
    count = least
    while count <= MOST:
        tried[count] = _run(load, rate, count, promise, places, slowdown)
        if tried[count].keeps:
            needed = count
            break
        count += 1 if count < 2 * least + 4 else max(1, count // 4)
    if needed is not None and needed - 1 >= least and needed - 1 not in tried:
        # The last steps were large: go back to where it is first kept.
        low = max(number for number in tried if number < needed)
        while needed - low > 1:
            middle = (low + needed) // 2
            tried[middle] = _run(load, rate, middle, promise, places, slowdown)
            if tried[middle].keeps:
                needed = middle
            else:
                low = middle
    for extra in {have, needed + 1 if needed else 0}:
        if 1 <= extra <= MOST and extra not in tried:
            tried[extra] = _run(load, rate, extra, promise, places, slowdown)
    return Answer(promise=promise, runs=tuple(tried[number] for number in sorted(tried)), needed=needed)


def _busy(rate: float, load: Load, places: int, slowdown: float) -> float:
    """Servers that would be busy all the time, each with all its places taken."""
    return rate * load.mean * (1 + slowdown * (places - 1)) / places


def _run(load: Load, rate: float, count: int, promise: float, places: int, slowdown: float) -> Run:
    utilisation = _busy(rate, load, places, slowdown) / count
    if rate == 0:
        return Run(count=count, utilisation=0.0, wait=0.0, keeps=True)
    if utilisation >= 1:
        return Run(count=count, utilisation=utilisation, wait=None, keeps=False)
    waits = [_served(load, rate, count, places, slowdown, seed).wait(SHARE) for seed in SEEDS]
    return Run(count=count, utilisation=utilisation, wait=max(waits), keeps=max(waits) <= promise)


def _served(load: Load, rate: float, count: int, places: int, slowdown: float, seed: int) -> Served:
    arrivals, works = drawn(rate=rate, works=load.works, calls=CALLS if count <= MANY else CALLS // 2, seed=seed)
    return settled(serve(arrivals, works, servers=count, places=places, slowdown=slowdown))
