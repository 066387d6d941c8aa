"""Pools of model servers behind one `TextModel`: asked in order, the next one at once where one fails or rests."""

import logging
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from chatbot.llm import hedging
from chatbot.llm.breaker import Seen, State
from chatbot.llm.errors import Asked, ModelError, ModelUnavailable, NoPoolLeft, Outcome
from chatbot.llm.hedging import Race
from chatbot.llm.model import ChatMessage, Listener, ModelReply, Sampling
from chatbot.llm.pool_health import Pool, PoolHealth, refusal

logger = logging.getLogger(__name__)

#: No further pool is asked after so many seconds: a customer waits, and the quotation is there.
PATIENCE_SECONDS: Final = 40.0
#: What is known of a pool may be so old when a call begins.
LOOK_SECONDS: Final = 0.1
#: Share of the tokens that a degraded pool may use.
DEGRADED_TOKENS: Final = 0.5


class PooledModel:
    """`pools` in the order in which they are asked; at least one.

    Where `hedge_seconds` is over 0, a pool whose first word is later than that competes with the next one.
    """

    def __init__(self, pools: Sequence[Pool], health: PoolHealth, *, hedge_seconds: float = 0.0) -> None:
        self.pools = tuple(pools)
        self.name = self.pools[0].model.name
        self._health = health
        self._hedge_seconds = hedge_seconds
        self._looked: tuple[str, Seen, float] | None = None

    @property
    def is_degraded(self) -> bool:
        """Of the pool that would be asked first now."""
        for pool in self.pools:
            seen = self._health.look(pool)
            if seen.state.takes_calls:
                self._looked = pool.key, seen, time.monotonic()
                return seen.state is State.DEGRADED
        return False

    def _just_looked(self) -> dict[str, Seen]:
        """What `is_degraded` found a moment ago: the call that the prompt was made short or long for asks no more."""
        looked, self._looked = self._looked, None
        if looked is None or time.monotonic() - looked[2] > LOOK_SECONDS:
            return {}
        return {looked[0]: looked[1]}

    def reply(
        self, messages: Sequence[ChatMessage], sampling: Sampling, listener: Listener | None = None
    ) -> ModelReply:
        """The first answer. Raises `ModelError`, whose `asked` says what each pool did.

        The listener hears the text of each pool that speaks; a later one's is begun anew.
        """
        one = _Asking(
            health=self._health,
            messages=messages,
            sampling=sampling,
            listener=listener,
            hedge_seconds=self._hedge_seconds,
            waiting=deque(self.pools),
            known=self._just_looked(),
        )
        try:
            while (admitted := one.next_pool()) is not None:
                reply = one.ask(admitted)
                if reply is not None:
                    return reply
        finally:
            one.settle()
        raise _summed_up(one.asked, one.last)


@dataclass(slots=True, kw_only=True)
class _Admitted:
    pool: Pool
    call: str  #: under which it counts as under way
    is_degraded: bool
    begun: float = field(default_factory=time.monotonic)

    @property
    def milliseconds(self) -> float:
        return (time.monotonic() - self.begun) * 1000


@dataclass(slots=True, kw_only=True)
class _Asking:
    """One reply being looked for."""

    health: PoolHealth
    messages: Sequence[ChatMessage]
    sampling: Sampling
    listener: Listener | None
    hedge_seconds: float
    waiting: deque[Pool]
    known: dict[str, Seen] = field(default_factory=dict)  #: of pools that were looked at just now
    started: float = field(default_factory=time.monotonic)
    asked: list[Asked] = field(default_factory=list)
    refused: list[tuple[Pool, ModelError]] = field(default_factory=list)
    last: ModelError | None = None
    answered: bool = False

    def next_pool(self) -> _Admitted | None:
        """The next that takes a call now; those passed by are noted."""
        while self.waiting:
            pool = self.waiting.popleft()
            if self.asked and time.monotonic() - self.started > PATIENCE_SECONDS:
                self.asked.append(Asked(pool=pool.name, outcome=Outcome.TOO_LATE))
                continue
            seen, call = self.health.admit(pool, self.known.pop(pool.key, None))
            if call is not None:
                return _admitted(pool, seen, call)
            self.asked.append(Asked(pool=pool.name, outcome=refusal(seen)))
        return None

    def ask(self, admitted: _Admitted) -> ModelReply | None:
        """None: go on with the next pool, if there is one."""
        if self.hedge_seconds > 0 and self.waiting:
            return self._raced(admitted)
        try:
            reply = self._called(admitted, self.listener)
        except ModelError as error:
            self._failed(admitted, error)
            return None
        finally:
            self.health.leave(admitted.pool, admitted.call)
        return self._answered(admitted, reply)

    def settle(self) -> None:
        """Whose fault the refused requests were is known now: another pool took it, or none did."""
        for pool, error in self.refused:
            if self.answered:
                self.health.failed(pool, error)
            else:
                self.health.passed_over(pool, error)

    def _called(self, admitted: _Admitted, listener: Listener | None) -> ModelReply:
        pool = admitted.pool
        return pool.model.reply(
            self.messages, _allowed(self.sampling, pool, is_degraded=admitted.is_degraded), listener
        )

    def _raced(self, first: _Admitted) -> ModelReply | None:
        race: Race[ModelReply] = Race(self.listener)
        runners = [(first, race.start(lambda heard: self._called(first, heard)))]
        has_budget = False
        try:
            if race.is_late(self.hedge_seconds):
                has_budget = hedging.budget.acquire(blocking=False)
                second = self.next_pool() if has_budget else None
                if second is not None:
                    hedge = second
                    runners.append((hedge, race.start(lambda heard: self._called(hedge, heard))))
            done = race.finish()
        finally:
            if has_budget:
                hedging.budget.release()
            for admitted, _ in runners:
                self.health.leave(admitted.pool, admitted.call)
        reply: ModelReply | None = None
        for admitted, runner in runners:
            if runner is not done and runner.call.is_cancelled:
                self._lost(admitted, is_late=admitted is first)
            elif isinstance(runner.error, ModelError):
                self._failed(admitted, runner.error)
            elif runner.error is not None:
                raise runner.error
            elif runner.given is not None:
                reply = self._answered(admitted, runner.given)
        if reply is None and isinstance(done.error, ModelError) and done.error.retry_elsewhere:
            # The one that was cancelled for the winner's sake is asked again.
            self.waiting.extendleft(admitted.pool for admitted, runner in runners if runner.call.is_cancelled)
        return reply

    def _answered(self, admitted: _Admitted, reply: ModelReply) -> ModelReply:
        self.answered = True
        pool = admitted.pool
        self.health.succeeded(pool, reply)
        self.asked.append(Asked(pool=pool.name, outcome=Outcome.ANSWERED, milliseconds=reply.milliseconds))
        return replace(reply, pool=pool.name, is_degraded=admitted.is_degraded, asked=tuple(self.asked))

    def _failed(self, admitted: _Admitted, error: ModelError) -> None:
        self.last, pool = error, admitted.pool
        self.asked.append(
            Asked(pool=pool.name, outcome=Outcome.FAILED, error=str(error), milliseconds=admitted.milliseconds)
        )
        logger.warning(
            "model pool failed",
            extra={"action": "model_pool_failed", "pool": pool.name, "error": type(error).__name__},
        )
        if error.counts:
            self.health.failed(pool, error)
        elif error.retry_elsewhere:
            self.refused.append((pool, error))
        else:
            self.health.passed_over(pool, error)
        if not error.retry_elsewhere:
            self.waiting.clear()

    def _lost(self, admitted: _Admitted, *, is_late: bool) -> None:
        """Another was quicker. Whoever was late has failed; else the race would hide a silent pool from the breaker."""
        pool = admitted.pool
        late = f"no word came for {self.hedge_seconds:g} s, so the next pool was asked too" if is_late else ""
        self.asked.append(Asked(pool=pool.name, outcome=Outcome.LOST, error=late, milliseconds=admitted.milliseconds))
        if is_late:
            self.health.failed(pool, ModelUnavailable(late))


def _admitted(pool: Pool, seen: Seen, call: str) -> _Admitted:
    return _Admitted(pool=pool, call=call, is_degraded=seen.state is State.DEGRADED)


def _allowed(sampling: Sampling, pool: Pool, *, is_degraded: bool) -> Sampling:
    most = min(sampling.maximum_tokens, pool.maximum_tokens or sampling.maximum_tokens)
    if is_degraded:
        most = max(1, round(most * DEGRADED_TOKENS))
    return replace(sampling, maximum_tokens=most)


def _summed_up(asked: Sequence[Asked], last: ModelError | None) -> ModelError:
    """The one error there was, else one that names each pool; with what each did."""
    failed = [one for one in asked if one.outcome is Outcome.FAILED]
    if last is not None and (len(asked) == 1 or (not last.retry_elsewhere and len(failed) == 1)):
        last.asked = tuple(asked)
        return last
    words = "; ".join(f"{one.pool}: {one.error or _IN_WORDS[one.outcome]}" for one in asked)
    error = NoPoolLeft(f"no pool of model servers answered ({words})")
    error.asked = tuple(asked)
    error.__cause__ = last
    return error


_IN_WORDS: Final = {
    Outcome.RESTS: "rests after errors",
    Outcome.FULL: "has as many calls as it may",
    Outcome.TOO_LATE: "not asked, as the time was used up",
    Outcome.LOST: "was slower",
}
