"""How fast a model server answers through our own client, and what goes wrong meanwhile.

`errors_by_kind` of the report counts failures by the words of our own error tree, which hold no prompt and no answer.
"""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import count, islice
from typing import Final

import numpy as np

from chatbot.llm.errors import ModelError
from chatbot.llm.model import ChatMessage, ModelReply, Sampling, TextModel

#: So many failures, and no answer at all, and the benchmark is given up: it would measure nothing.
GIVE_UP_AFTER: Final = 5
#: Where a server does not say how many tokens it wrote.
_CHARACTERS_PER_TOKEN: Final = 4

_INSTRUCTIONS: Final = ChatMessage(
    role="system", content="You answer a customer in two or three sentences, from the passage alone."
)
_PASSAGE: Final = (
    '<passage id="1" title="Returns">Send a product back within 30 days of delivery, in its box. Print the label '
    "from your account under Orders, and bring the parcel to any post office. The money is returned to the card you "
    "paid with within five working days after the parcel arrives. Opened food cannot be returned.</passage>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """Times in milliseconds, of the calls that were answered; None where there was none."""

    ttft_p50_ms: float | None  #: from the call to the first visible token
    ttft_p99_ms: float | None
    latency_p50_ms: float | None  #: to the last token
    latency_p99_ms: float | None
    tokens_per_second: float  #: all calls together
    tokens_estimated: bool  #: the server did not count them; a token is taken for four characters
    requests_per_second: float  #: answered ones
    requests: int  #: made; fewer than wanted when the time was over
    errors: int
    errors_by_kind: dict[str, int]
    seconds: float

    def as_json(self) -> dict[str, object]:
        return asdict(self)


@dataclass(slots=True)
class _Seen:
    replies: list[ModelReply] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)

    def add(self, call: "Future[ModelReply]") -> None:
        try:
            self.replies.append(call.result())
        except ModelError as error:
            self.kinds[str(error)] += 1

    @property
    def is_hopeless(self) -> bool:
        return not self.replies and self.kinds.total() >= GIVE_UP_AFTER


def benchmark(
    model: TextModel,
    *,
    requests: int,
    concurrency: int,
    maximum_tokens: int,
    seconds: float,
    on_call: Callable[[], object] = lambda: None,
) -> Benchmark:
    """Asks `requests` times, `concurrency` calls at once, and begins no call after `seconds`.

    One call before them is not counted: it builds the connection. Given up after `GIVE_UP_AFTER` failures without any
    answer. A call takes as long as the model client lets it.
    """
    sampling = Sampling(temperature=0.0, maximum_tokens=maximum_tokens)
    with suppress(ModelError):
        model.reply(question_number(0), sampling)
    seen = _Seen()
    numbers = islice(count(1), requests)
    started = time.perf_counter()
    with ThreadPoolExecutor(concurrency, thread_name_prefix="benchmark") as pool:
        running: set[Future[ModelReply]] = set()
        while True:
            if time.perf_counter() - started < seconds and not seen.is_hopeless:
                for number in islice(numbers, concurrency - len(running)):
                    running.add(pool.submit(model.reply, question_number(number), sampling))
            if not running:
                break
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for call in finished:
                seen.add(call)
                on_call()
    return _report(seen, time.perf_counter() - started)


def question_number(number: int) -> list[ChatMessage]:
    """Each another one, so that no server answers from a memory of the last."""
    asked = f"Order {number}: how do I send my blender back, and when do I get my money?"
    return [_INSTRUCTIONS, ChatMessage(role="user", content=f"{_PASSAGE}\n<question>{asked}</question>")]


def _report(seen: _Seen, seconds: float) -> Benchmark:
    replies = seen.replies
    first = [reply.first_token_milliseconds for reply in replies]
    whole = [reply.milliseconds for reply in replies]
    return Benchmark(
        ttft_p50_ms=_percentile(first, 50),
        ttft_p99_ms=_percentile(first, 99),
        latency_p50_ms=_percentile(whole, 50),
        latency_p99_ms=_percentile(whole, 99),
        tokens_per_second=round(sum(map(_tokens, replies)) / seconds, 2),
        tokens_estimated=any(reply.completion_tokens is None for reply in replies),
        requests_per_second=round(len(replies) / seconds, 3),
        requests=len(replies) + seen.kinds.total(),
        errors=seen.kinds.total(),
        errors_by_kind=dict(seen.kinds.most_common()),
        seconds=round(seconds, 3),
    )


def _tokens(reply: ModelReply) -> float:
    return len(reply.text) / _CHARACTERS_PER_TOKEN if reply.completion_tokens is None else reply.completion_tokens


def _percentile(values: list[float], share: float) -> float | None:
    return round(float(np.percentile(values, share)), 2) if values else None
