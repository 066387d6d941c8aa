"""Intercom's rate limit: so many calls in each window of ten seconds, reported on every answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

WINDOW_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    allowed: bool
    limit: int  #: calls a window
    remaining: int
    reset: int  #: Unix seconds at which the next window begins

    def headers(self) -> list[tuple[bytes, bytes]]:
        return [
            (b"x-ratelimit-limit", b"%d" % self.limit),
            (b"x-ratelimit-remaining", b"%d" % self.remaining),
            (b"x-ratelimit-reset", b"%d" % self.reset),
        ]


class RateLimiter:
    """Counts calls; a limit of 0 lets everything through and reports a very large one."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.time) -> None:
        self._limit = limit
        self._clock = clock
        self._window = 0
        self._used = 0

    def take(self) -> Allowance:
        """Count one call, and say whether it may go on."""
        window = int(self._clock()) // WINDOW_SECONDS
        if window != self._window:
            self._window, self._used = window, 0
        self._used += 1
        reset = (window + 1) * WINDOW_SECONDS
        if self._limit == 0:
            return Allowance(allowed=True, limit=1_000_000, remaining=1_000_000, reset=reset)
        return Allowance(
            allowed=self._used <= self._limit,
            limit=self._limit,
            remaining=max(0, self._limit - self._used),
            reset=reset,
        )
