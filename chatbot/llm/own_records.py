"""What one process knows of the pools: its own calls, by its own steady clock.

It answers while Redis is away, and fills Redis again after Redis has forgotten everything.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from chatbot.llm.breaker import Move, Rules, Seen, State


@dataclass(slots=True)
class _Record:
    outcomes: deque[tuple[float, bool]] = field(default_factory=deque)  #: when, failed
    errors: int = 0  #: of these
    state: State = State.HEALTHY
    rest_until: float = 0.0
    failed_in_a_row: int = 0
    slow_in_a_row: int = 0
    failed_probes: int = 0
    good_probes: int = 0
    last: tuple[float, float | None, float | None, str] | None = None
    leased_until: float = 0.0
    running: dict[str, float] = field(default_factory=dict)  #: call id -> when it is over at the latest


class OwnRecords:
    """Thread-safe. `clock` never jumps."""

    def __init__(self, rules: Rules, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._rules = rules
        self._clock = clock
        self._lock = threading.Lock()
        self._records: dict[str, _Record] = {}

    def look(self, key: str) -> Seen:
        with self._lock:
            return self._seen(self._record(key))

    def record(
        self,
        key: str,
        *,
        is_failed: bool,
        milliseconds: float | None = None,
        first_token_milliseconds: float | None = None,
        error: str = "",
    ) -> Seen:
        """Counts one call that came to its end."""
        with self._lock:
            row, now = self._record(key), self._clock()
            row.outcomes.append((now, is_failed))
            row.errors += is_failed
            row.failed_in_a_row = row.failed_in_a_row + 1 if is_failed else 0
            is_slow = milliseconds is not None and milliseconds > self._rules.slow_seconds * 1000
            row.slow_in_a_row = row.slow_in_a_row + 1 if is_slow else 0
            row.last = (now, milliseconds, first_token_milliseconds, error)
            return self._seen(row)

    def move(self, key: str, before: State, move: Move) -> bool:
        """True for the one that moved it; False where the state was another by then."""
        with self._lock:
            row = self._record(key)
            if row.state is not before:
                return False
            self._take(row, move)
            return True

    def take_over(self, key: str, seen: Seen) -> None:
        """The state that all workers share, so that this process goes on with it should Redis go away."""
        with self._lock:
            row = self._record(key)
            if seen.state is not row.state:
                self._take(
                    row,
                    Move(
                        after=seen.state,
                        rest_seconds=seen.rest_left_seconds,
                        failed_probes=seen.failed_probes,
                        good_probes=seen.good_probes,
                    ),
                )

    def lease(self, key: str, seconds: float) -> bool:
        """True for one asker in so many seconds."""
        with self._lock:
            row, now = self._record(key), self._clock()
            if now < row.leased_until:
                return False
            row.leased_until = now + seconds
            return True

    def give_back(self, key: str) -> None:
        with self._lock:
            self._record(key).leased_until = 0.0

    def enter(self, key: str, call: str, *, most: int, seconds: float) -> bool:
        """Whether one more call may run beside those under way; it counts for `seconds` at most."""
        with self._lock:
            row, now = self._record(key), self._clock()
            row.running = {one: until for one, until in row.running.items() if until > now}
            if len(row.running) >= most:
                return False
            row.running[call] = now + seconds
            return True

    def leave(self, key: str, call: str) -> None:
        with self._lock:
            self._record(key).running.pop(call, None)

    def forget(self, key: str) -> None:
        with self._lock:
            self._records.pop(key, None)

    def _record(self, key: str) -> _Record:
        return self._records.setdefault(key, _Record())

    def _take(self, row: _Record, move: Move) -> None:
        if move.after is State.HEALTHY and not row.state.takes_calls:
            row.outcomes.clear()
            row.errors = row.failed_in_a_row = 0
        row.state = move.after
        row.rest_until = self._clock() + move.rest_seconds
        row.failed_probes, row.good_probes = move.failed_probes, move.good_probes

    def _seen(self, row: _Record) -> Seen:
        now = self._clock()
        while row.outcomes and row.outcomes[0][0] <= now - self._rules.window_seconds:
            row.errors -= row.outcomes.popleft()[1]
        at, milliseconds, first, error = row.last or (None, None, None, "")
        return Seen(
            state=row.state,
            calls=len(row.outcomes),
            errors=row.errors,
            failed_in_a_row=row.failed_in_a_row,
            slow_in_a_row=row.slow_in_a_row,
            rest_left_seconds=max(0.0, row.rest_until - now),
            failed_probes=row.failed_probes,
            good_probes=row.good_probes,
            last_milliseconds=milliseconds,
            last_first_token_milliseconds=first,
            last_error=error,
            seconds_since_last=None if at is None else now - at,
            running=sum(until > now for until in row.running.values()),
        )
