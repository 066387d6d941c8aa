"""An optional second opinion on the order of passages, from a text-embeddings-inference server's `/rerank`.

It reads question and passage together, which is more exact than comparing vectors and much slower. So it sees only the
best few, has a time limit of its own, and is left out, with a note, whenever it does not answer in time.
"""

import json
import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

import httpx2
from django.conf import settings

from knowledge.breaker import Breaker
from knowledge.conf import (
    RERANKER_ANSWER_MAX_BYTES,
    RERANKER_FAILURES,
    RERANKER_PASSAGE_CHARACTERS,
    RERANKER_REST_SECONDS,
)
from knowledge.storable import storable_text

logger = logging.getLogger(__name__)


class RerankNote(StrEnum):
    """What became of the reranker in one search."""

    OFF = ""  #: none is configured, or there was nothing to put in order
    USED = "reranked"
    SLOW = "reranker_slow"  #: no answer within RERANKER_SECONDS
    FAILED = "reranker_failed"  #: not reached, an error, or an answer that cannot be read
    RESTING = "reranker_resting"  #: it failed several times in a row and is not asked for a while


@dataclass(frozen=True, slots=True, kw_only=True)
class Reranking:
    """`order` holds each index of the texts once, best first; without the reranker's word it is as it was."""

    order: tuple[int, ...]
    scores: tuple[float | None, ...]  #: by index of the text, 0.0..1.0; None where not asked
    note: RerankNote


def passages_to_rerank() -> int:
    """How many of the best passages the reranker shall see; 0 without one."""
    return int(settings.RERANKER_PASSAGES) if settings.RERANKER_URL else 0


def rerank(question: str, texts: Sequence[str]) -> Reranking:
    """The order of `texts` (at most `passages_to_rerank()` are sent, the others follow as they are). Never raises."""
    count = min(len(texts), passages_to_rerank())
    if count < 2:
        return _unchanged(len(texts), RerankNote.OFF)
    server = _server(
        url=settings.RERANKER_URL.rstrip("/"), token=settings.RERANKER_TOKEN, seconds=settings.RERANKER_SECONDS
    )
    return server.rerank(question, texts, count)


class _Server:
    def __init__(self, *, url: str, token: str, seconds: float) -> None:
        self._url = f"{url}/rerank"
        self._seconds = seconds
        self._breaker = Breaker(failures=RERANKER_FAILURES, rest_seconds=RERANKER_REST_SECONDS)
        self._client = httpx2.Client(
            headers={"authorization": f"Bearer {token}"} if token else {},
            timeout=seconds,
            limits=httpx2.Limits(max_connections=32, max_keepalive_connections=8),
        )

    def rerank(self, question: str, texts: Sequence[str], count: int) -> Reranking:
        if not self._breaker.may_ask():
            return _unchanged(len(texts), RerankNote.RESTING)
        try:
            scores = self._ask(question, [storable_text(text[:RERANKER_PASSAGE_CHARACTERS]) for text in texts[:count]])
        except (TimeoutError, httpx2.TimeoutException):
            return self._without(len(texts), RerankNote.SLOW, "timeout")
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL, OSError, ValueError) as error:
            return self._without(len(texts), RerankNote.FAILED, str(error) if isinstance(error, _Unreadable) else "")
        self._breaker.succeeded()
        first = sorted(range(count), key=lambda index: (-scores[index], index))
        return Reranking(
            order=(*first, *range(count, len(texts))),
            scores=(*scores, *(None for _ in texts[count:])),
            note=RerankNote.USED,
        )

    def _without(self, count: int, note: RerankNote, reason: str) -> Reranking:
        self._breaker.failed()
        logger.warning("reranker left out", extra={"action": "reranker_left_out", "kind": note.value, "reason": reason})
        return _unchanged(count, note)

    def _ask(self, question: str, texts: list[str]) -> list[float]:
        """Scores by index. The limit holds for the whole answer, also for one that drips."""
        ends = time.monotonic() + self._seconds
        body = bytearray()
        wanted = {"query": question, "texts": texts, "raw_scores": False, "truncate": True}
        with self._client.stream("POST", self._url, json=wanted) as response:
            if response.status_code != 200:
                raise _Unreadable(f"status {response.status_code}")
            for piece in response.iter_bytes():
                body += piece
                if len(body) > RERANKER_ANSWER_MAX_BYTES:
                    raise _Unreadable("too long an answer")
                if time.monotonic() > ends:
                    raise TimeoutError
        return _scores(body, len(texts))


class _Unreadable(ValueError):
    """An answer that is no ranking; its message holds no text of a customer."""


def _scores(body: bytes | bytearray, count: int) -> list[float]:
    try:
        ranks = json.loads(body)
        by_index = {int(rank["index"]): float(rank["score"]) for rank in ranks}
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _Unreadable("not a list of index and score") from error
    if sorted(by_index) != list(range(count)) or not all(map(math.isfinite, by_index.values())):
        raise _Unreadable("not one finite score for each passage")
    return [by_index[index] for index in range(count)]


def _unchanged(count: int, note: RerankNote) -> Reranking:
    return Reranking(order=tuple(range(count)), scores=(None,) * count, note=note)


@lru_cache(maxsize=4)
def _server(*, url: str, token: str, seconds: float) -> _Server:
    """This process' client of one server; the settings of a process do not change, those of tests do."""
    return _Server(url=url, token=token, seconds=seconds)


#: Notes that mean: this search was worse than it could have been.
DEGRADED: Final = frozenset({RerankNote.SLOW, RerankNote.FAILED, RerankNote.RESTING})
