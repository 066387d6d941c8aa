"""Whether a pool takes calls, what its calls change, and the probes that bring it back."""

import logging
import random
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chatbot.llm.breaker import Rules, Seen, State, is_rest_over, judge, judge_probe
from chatbot.llm.errors import ModelError, NoAnswer, Outcome
from chatbot.llm.model import ChatMessage, ModelReply, Sampling, TextModel
from chatbot.llm.shared_records import SharedRecords

logger = logging.getLogger(__name__)

#: Shown to no customer, kept by nobody, and answered with a word.
_PROBE: Final = [ChatMessage(role="user", content="Answer in one word: what colour is snow?")]
_PROBE_SAMPLING: Final = Sampling(temperature=0.0, maximum_tokens=64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Servers behind one address, as the team has set them."""

    key: str  #: under which its records stand
    name: str
    region: str
    model: TextModel  #: the client
    maximum_tokens: int  #: an answer has at most; 0: what the profile says
    parallel_calls: int  #: of all workers together at most; 0: no limit
    longest_seconds: float  #: that one call may take


class Why(StrEnum):
    """What moved a pool, or raised the alert."""

    ERRORS = "errors"  #: their share in the window
    IN_A_ROW = "in_a_row"
    FEWER_ERRORS = "fewer_errors"
    PROBE_ANSWERED = "probe_answered"
    PROBE_FAILED = "probe_failed"
    SLOW = "slow"  #: no move: so many answers in a row were slow


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Worth telling people."""

    pool: Pool
    before: State
    after: State
    why: Why
    seen: Seen  #: what was counted then


class PoolHealth:
    """`tell` hears of each change once, from the worker that made it; it must be quick and must not raise."""

    def __init__(
        self,
        records: SharedRecords,
        rules: Rules,
        tell: Callable[[Change], None],
        *,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.records = records
        self.rules = rules
        self._tell = tell
        self._chance = chance
        self._probing = threading.Semaphore(1)

    def look(self, pool: Pool) -> Seen:
        return self.records.look(pool.key)

    def admit(self, pool: Pool, known: Seen | None = None) -> tuple[Seen, str | None]:
        """What is known, and the call's name to give to `leave`; None where the pool must not be asked now.

        `known` is what somebody has looked up just now.
        """
        seen = known or self.look(pool)
        if not seen.state.takes_calls:
            if is_rest_over(seen, self.rules):
                self._probe_soon(pool)
            return seen, None
        call = uuid.uuid4().hex
        if pool.parallel_calls and not self.records.enter(
            pool.key, call, most=pool.parallel_calls, seconds=pool.longest_seconds + 5
        ):
            return seen, None
        return seen, call

    def leave(self, pool: Pool, call: str) -> None:
        if pool.parallel_calls:
            self.records.leave(pool.key, call)

    def succeeded(self, pool: Pool, reply: ModelReply) -> None:
        seen = self.records.record(
            pool.key,
            is_failed=False,
            milliseconds=reply.milliseconds,
            first_token_milliseconds=reply.first_token_milliseconds,
        )
        if self.rules.slow_answers and seen.slow_in_a_row == self.rules.slow_answers:
            self._tell(Change(pool=pool, before=seen.state, after=seen.state, why=Why.SLOW, seen=seen))
        self._judge(pool, seen)

    def failed(self, pool: Pool, error: ModelError) -> None:
        """Counts a call that this pool is to blame for."""
        self._judge(pool, self.records.record(pool.key, is_failed=True, error=str(error)[:200]))

    def passed_over(self, pool: Pool, error: ModelError) -> None:
        """Counts a call that failed for another reason than the pool."""
        self._judge(pool, self.records.record(pool.key, is_failed=False, error=str(error)[:200]))

    def probe(self, pool: Pool) -> bool | None:
        """Asks the open pool once, if its rest is over and no other worker does. True: answered; None: not asked."""
        seen = self.look(pool)
        if seen.state.takes_calls or not is_rest_over(seen, self.rules):
            return None
        if not self.records.lease(pool.key, pool.longest_seconds + 5):
            return None
        try:
            is_answered, error = _is_answered(pool.model)
            seen = self.look(pool)
            move = judge_probe(seen, self.rules, is_answered=is_answered, chance=self._chance())
            if move is not None and self.records.move(pool.key, seen.state, move) and move.after is not seen.state:
                why = Why.PROBE_ANSWERED if is_answered else Why.PROBE_FAILED
                self._tell(Change(pool=pool, before=seen.state, after=move.after, why=why, seen=seen))
            if not is_answered:
                logger.info(
                    "probe of a model pool failed",
                    extra={"action": "model_probe_failed", "pool": pool.name, "error": error},
                )
            return is_answered
        finally:
            self.records.give_back(pool.key)

    def probe_all(self, pools: Sequence[Pool]) -> None:
        for pool in pools:
            self.probe(pool)

    def _probe_soon(self, pool: Pool) -> None:
        """In a thread of its own: no customer waits for a probe. One at a time in a process."""
        if not self._probing.acquire(blocking=False):
            return

        def work() -> None:
            try:
                self.probe(pool)
            finally:
                self._probing.release()

        threading.Thread(target=work, name="model-probe", daemon=True).start()

    def _judge(self, pool: Pool, seen: Seen) -> None:
        move = judge(seen, self.rules, chance=self._chance())
        if move is None or not self.records.move(pool.key, seen.state, move):
            return
        if move.after is State.HEALTHY:
            why = Why.FEWER_ERRORS
        elif move.after is State.OPEN and seen.failed_in_a_row >= self.rules.failures_in_a_row:
            why = Why.IN_A_ROW
        else:
            why = Why.ERRORS
        self._tell(Change(pool=pool, before=seen.state, after=move.after, why=why, seen=seen))


def refusal(seen: Seen) -> Outcome:
    """Why a pool was not asked."""
    return Outcome.FULL if seen.state.takes_calls else Outcome.RESTS


def _is_answered(model: TextModel) -> tuple[bool, str]:
    try:
        model.reply(_PROBE, _PROBE_SAMPLING)
    except NoAnswer:
        return True, ""  # it works: its few tokens went into hidden reasoning
    except ModelError as error:
        return False, str(error)
    return True, ""
