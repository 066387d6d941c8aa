"""Pure: a queue before servers that work on several calls at a time, and what waits how long.

Servers that batch slow each other down: with `n` calls on one server each advances at 1 / (1 + slowdown * (n - 1)) of
its speed alone. People are servers with one place and no slowdown. First come, first served; a call goes to the server
with the fewest calls. The time a call needs alone is its `work`, in seconds.
"""

import heapq
import math
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

#: Of a simulated time the first part is left out: it begins with everything idle.
WARM_UP: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Of each call in the order of arrival, in seconds."""

    waits: tuple[float, ...]  #: from arrival to a place
    times: tuple[float, ...]  #: from arrival to the end

    def wait(self, share: float) -> float:
        """So long or shorter waits this share of the calls, 0..1."""
        return quantile(self.waits, share)

    def time(self, share: float) -> float:
        return quantile(self.times, share)


def quantile(values: Sequence[float], share: float) -> float:
    """The value at or under which this share lies; 0 of nothing."""
    if not values:
        return 0.0
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


class _Server:
    """Its own clock runs at the speed of its calls, so that each call's end is known on it when the call begins."""

    __slots__ = ("calls", "clock", "seen", "slowdown")

    def __init__(self, slowdown: float) -> None:
        self.slowdown = slowdown
        self.calls: list[tuple[float, int]] = []  # end on the own clock, call
        self.clock = 0.0
        self.seen = 0.0

    def advance(self, now: float) -> None:
        if self.calls:
            self.clock += (now - self.seen) / self._pace()
        self.seen = now

    def _pace(self) -> float:
        return 1 + self.slowdown * (len(self.calls) - 1)

    def next_end(self) -> float:
        if not self.calls:
            return math.inf
        return self.seen + max(0.0, self.calls[0][0] - self.clock) * self._pace()


def serve(
    arrivals: Sequence[float], works: Sequence[float], *, servers: int, places: int = 1, slowdown: float = 0.0
) -> Served:
    """What becomes of calls that arrive at these moments (not decreasing), of which each needs so much work alone.

    Raises `ValueError` for moments that run backwards, negative work, and fewer than one server or place.
    """
    if servers < 1 or places < 1 or slowdown < 0:
        raise ValueError("servers and places: one or more; slowdown: not negative")
    if len(arrivals) != len(works) or any(work < 0 for work in works):
        raise ValueError("works: as many as arrivals, none negative")
    if any(later < earlier for earlier, later in pairwise(arrivals)):
        raise ValueError("arrivals: must not run backwards")
    farm = [_Server(slowdown) for _ in range(servers)]
    waiting: deque[int] = deque()
    waits, times = [0.0] * len(arrivals), [0.0] * len(arrivals)
    place = 0

    def begin(server: _Server, call: int, now: float) -> None:
        server.advance(now)
        heapq.heappush(server.calls, (server.clock + works[call], call))
        waits[call] = now - arrivals[call]

    while True:
        ending = min(farm, key=_Server.next_end)
        end = ending.next_end()
        coming = arrivals[place] if place < len(arrivals) else math.inf
        if end == coming == math.inf:
            return Served(waits=tuple(waits), times=tuple(times))
        if end <= coming:
            ending.advance(end)
            own_end, call = heapq.heappop(ending.calls)
            ending.clock = max(ending.clock, own_end)
            times[call] = end - arrivals[call]
            if waiting:
                begin(ending, waiting.popleft(), end)
            continue
        free = min(farm, key=lambda server: len(server.calls))
        if len(free.calls) < places:
            begin(free, place, coming)
        else:
            waiting.append(place)
        place += 1


def drawn(*, rate: float, works: Sequence[float], calls: int, seed: int) -> tuple[list[float], list[float]]:
    """Arrivals at random (Poisson) at `rate` a second, each with one of the works that were seen."""
    chance = random.Random(seed)  # noqa: S311  # not for secrets; the same seed gives the same calls
    now, arrivals = 0.0, []
    for _ in range(calls):
        now += chance.expovariate(rate)
        arrivals.append(now)
    return arrivals, chance.choices(works, k=calls)


def settled(served: Served) -> Served:
    """Without the beginning."""
    begin = int(WARM_UP * len(served.waits))
    return Served(waits=served.waits[begin:], times=served.times[begin:])
