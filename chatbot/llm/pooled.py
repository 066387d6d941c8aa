"""Pools of model servers behind one `TextModel`: asked in order, the next one at once where one fails or rests."""

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from chatbot.llm.breaker import State
from chatbot.llm.errors import Asked, ModelError, NoPoolLeft, Outcome
from chatbot.llm.model import ChatMessage, Listener, ModelReply, Sampling
from chatbot.llm.pool_health import Pool, PoolHealth, refusal

logger = logging.getLogger(__name__)

#: No further pool is asked after so many seconds: a customer waits, and the quotation is there.
PATIENCE_SECONDS: Final = 40.0
#: Share of the tokens that a degraded pool may use.
DEGRADED_TOKENS: Final = 0.5


class PooledModel:
    """`pools` in the order in which they are asked; at least one."""

    def __init__(self, pools: Sequence[Pool], health: PoolHealth) -> None:
        self.pools = tuple(pools)
        self.name = self.pools[0].model.name
        self._health = health

    @property
    def is_degraded(self) -> bool:
        """Of the pool that would be asked first now."""
        for pool in self.pools:
            seen = self._health.look(pool)
            if seen.state.takes_calls:
                return seen.state is State.DEGRADED
        return False

    def reply(
        self, messages: Sequence[ChatMessage], sampling: Sampling, listener: Listener | None = None
    ) -> ModelReply:
        """The first answer. Raises `ModelError`, whose `asked` says what each pool did.

        The listener hears the text of each pool that speaks; a later one's is begun anew.
        """
        started = time.monotonic()
        asked: list[Asked] = []
        refused: list[tuple[Pool, ModelError]] = []
        last: ModelError | None = None
        for pool in self.pools:
            if asked and time.monotonic() - started > PATIENCE_SECONDS:
                asked.append(Asked(pool=pool.name, outcome=Outcome.TOO_LATE))
                continue
            seen, call = self._health.admit(pool)
            if call is None:
                asked.append(Asked(pool=pool.name, outcome=refusal(seen)))
                continue
            begun = time.monotonic()
            is_degraded = seen.state is State.DEGRADED
            try:
                reply = pool.model.reply(messages, _allowed(sampling, pool, is_degraded=is_degraded), listener)
            except ModelError as error:
                last = error
                milliseconds = (time.monotonic() - begun) * 1000
                asked.append(Asked(pool=pool.name, outcome=Outcome.FAILED, error=str(error), milliseconds=milliseconds))
                logger.warning(
                    "model pool failed",
                    extra={"action": "model_pool_failed", "pool": pool.name, "error": type(error).__name__},
                )
                if error.counts:
                    self._health.failed(pool, error)
                elif error.retry_elsewhere:
                    refused.append((pool, error))
                else:
                    self._health.passed_over(pool, error)
                if not error.retry_elsewhere:
                    break
            else:
                self._health.succeeded(pool, reply)
                for other, refusal_of_it in refused:  # what this pool took
                    self._health.failed(other, refusal_of_it)
                asked.append(Asked(pool=pool.name, outcome=Outcome.ANSWERED, milliseconds=reply.milliseconds))
                return replace(reply, pool=pool.name, is_degraded=is_degraded, asked=tuple(asked))
            finally:
                self._health.leave(pool, call)
        for other, refusal_of_it in refused:
            self._health.passed_over(other, refusal_of_it)
        raise _summed_up(asked, last)


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
}
