"""When a pool of model servers is spared, left alone and taken back: pure, from what was counted.

HEALTHY   -- over `degraded_share` errors --> DEGRADED    asked for less
          -- over `open_share` errors, or `failures_in_a_row` --> OPEN    not asked; the next pool takes over
DEGRADED  -- the same --> OPEN;  -- under half of `degraded_share` --> HEALTHY
OPEN      -- the rest is over, and a probe was answered --> HALF_OPEN    still not asked by customers
HALF_OPEN -- `probes` answered in a row --> HEALTHY, with an empty window;  -- one failed --> OPEN, for longer
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

#: Rests are this much shorter or longer by chance, so that workers and pools do not knock at the same moment.
JITTER: Final = 0.2


class State(StrEnum):
    HEALTHY = "healthy"
    DEGRADED = "degraded"
    OPEN = "open"
    HALF_OPEN = "half_open"

    @property
    def takes_calls(self) -> bool:
        return self in (State.HEALTHY, State.DEGRADED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What counts as too many."""

    window_seconds: float  #: calls older than this are forgotten
    least_calls: int  #: in the window, before shares are judged
    degraded_share: float  #: of errors, 0..1
    open_share: float
    failures_in_a_row: int  #: open the pool however few calls there were
    rest_seconds: float  #: from opening to the first probe; doubled by each probe that fails
    longest_rest_seconds: float
    probes: int  #: answered in a row before customers are let in again
    slow_seconds: float  #: an answer that took longer is slow
    slow_answers: int  #: slow ones in a row that raise an alert; 0 raises none

    @property
    def bucket_seconds(self) -> float:
        """The window is counted in slices, and forgets one at a time."""
        return self.window_seconds / BUCKETS


BUCKETS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known of a pool now."""

    state: State = State.HEALTHY
    calls: int = 0  #: in the window
    errors: int = 0
    failed_in_a_row: int = 0
    slow_in_a_row: int = 0
    rest_left_seconds: float = 0.0
    failed_probes: int = 0  #: since it was opened
    good_probes: int = 0
    last_milliseconds: float | None = None  #: of the newest answer, whole
    last_first_token_milliseconds: float | None = None
    last_error: str = ""  #: in our own words, "" after a good answer
    seconds_since_last: float | None = None
    running: int = 0  #: calls under way, of pools with a limit

    @property
    def error_share(self) -> float:
        return self.errors / self.calls if self.calls else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """From the state that was seen to another."""

    after: State
    rest_seconds: float = 0.0
    failed_probes: int = 0
    good_probes: int = 0


def judge(seen: Seen, rules: Rules, *, chance: float) -> Move | None:
    """What a customer's call changes; a pool that takes none is left to probes. `chance`, 0..1, spreads the rests."""
    if not seen.state.takes_calls:
        return None
    is_enough = seen.calls >= rules.least_calls
    if seen.failed_in_a_row >= rules.failures_in_a_row or (is_enough and seen.error_share > rules.open_share):
        return Move(after=State.OPEN, rest_seconds=rest_seconds(0, rules, chance=chance))
    if seen.state is State.HEALTHY and is_enough and seen.error_share > rules.degraded_share:
        return Move(after=State.DEGRADED)
    # Half of it, so that a share near the border does not send the pool to and fro.
    if seen.state is State.DEGRADED and seen.error_share < rules.degraded_share / 2:
        return Move(after=State.HEALTHY)
    return None


def judge_probe(seen: Seen, rules: Rules, *, is_answered: bool, chance: float) -> Move | None:
    """What a probe changes; None where the pool takes calls already."""
    if seen.state.takes_calls:
        return None
    if not is_answered:
        failed = seen.failed_probes + 1
        return Move(after=State.OPEN, rest_seconds=rest_seconds(failed, rules, chance=chance), failed_probes=failed)
    good = seen.good_probes + 1
    if good >= rules.probes:
        return Move(after=State.HEALTHY)
    # The next probe soon, but not at once: a server that has just come back is not yet warm.
    return Move(
        after=State.HALF_OPEN,
        rest_seconds=rest_seconds(0, rules, chance=chance) / max(1, rules.probes),
        failed_probes=seen.failed_probes,
        good_probes=good,
    )


def rest_seconds(failed_probes: int, rules: Rules, *, chance: float) -> float:
    """0 < seconds <= the longest rest and its jitter."""
    rest = min(rules.longest_rest_seconds, rules.rest_seconds * 2.0 ** min(failed_probes, 30))
    return rest * (1 + JITTER * (2 * chance - 1))


def is_rest_over(seen: Seen, rules: Rules) -> bool:
    """Also where the clock of Redis was set back, and the rest would seem to last for hours."""
    return seen.rest_left_seconds <= 0 or seen.rest_left_seconds > rules.longest_rest_seconds * (1 + JITTER)
