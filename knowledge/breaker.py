"""Lets a server that failed rest for a while, so that not every customer waits for it."""

import threading
import time
from collections.abc import Callable


class Breaker:
    """After `failures` in a row nobody asks for `rest_seconds`; then one call tries, and decides. Thread-safe.

    It lives in one process: each finds out for itself, which costs a few slow questions and needs no shared state.
    """

    def __init__(self, *, failures: int, rest_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._failures = failures
        self._rest_seconds = rest_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._in_a_row = 0
        self._rests_until = 0.0

    def may_ask(self) -> bool:
        """Whether to ask now. After a rest the first asker gets True, the others False until it has an answer."""
        with self._lock:
            if self._in_a_row < self._failures:
                return True
            now = self._clock()
            if now < self._rests_until:
                return False
            self._rests_until = now + self._rest_seconds
            return True

    def succeeded(self) -> None:
        with self._lock:
            self._in_a_row = 0

    def failed(self) -> None:
        with self._lock:
            self._in_a_row += 1
            if self._in_a_row >= self._failures:
                self._rests_until = self._clock() + self._rest_seconds
