"""Kept answers in Redis: the one truth that all processes share. Least recently used ones go first.

Whatever fails here is a miss: Redis may be flushed or down at any time, and is then left alone for some seconds.
"""

import base64
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeVar

import numpy as np
import redis
from django.conf import settings

from knowledge.caches.kept import KeptAnswer, from_json, to_json
from knowledge.conf import KEPT_ANSWERS, KEPT_HOURS, KEPT_REDIS_REST_SECONDS, KEPT_REDIS_SECONDS
from knowledge.embedding import Vectors

logger = logging.getLogger(__name__)

_PREFIX: Final = "handrail:kept:"
_ENTRIES, _VECTORS, _USED = f"{_PREFIX}entries", f"{_PREFIX}vectors", f"{_PREFIX}used"
_BY_ARTICLE, _VERSION, _COUNTS = f"{_PREFIX}article:", f"{_PREFIX}version", f"{_PREFIX}counts"
Given = TypeVar("Given")

#: Stores one answer and lets the least recently used go, in one step: no reader sees more than there may be.
_ADD: Final = """
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
redis.call('ZADD', KEYS[3], ARGV[4], ARGV[1])
local over = redis.call('ZCARD', KEYS[3]) - tonumber(ARGV[5])
if over > 0 then
    local gone = redis.call('ZRANGE', KEYS[3], 0, over - 1)
    redis.call('HDEL', KEYS[1], unpack(gone))
    redis.call('HDEL', KEYS[2], unpack(gone))
    redis.call('ZREM', KEYS[3], unpack(gone))
end
for i = 7, #ARGV do
    redis.call('SADD', ARGV[6] .. ARGV[i], ARGV[1])
    redis.call('EXPIRE', ARGV[6] .. ARGV[i], 604800)
end
redis.call('INCR', KEYS[4])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Since the counts were last set to zero."""

    kept: int  #: answers that are kept now
    exact: int  #: hits by the same words
    near: int  #: hits by nearly the same question
    missed: int
    stale: int  #: found, but not given: an article, the audience or the embedder had changed
    saved_milliseconds: float

    @property
    def hit_rate(self) -> float:
        asked = self.exact + self.near + self.missed
        return (self.exact + self.near) / asked if asked else 0.0


class KeptAnswers:
    """This process' way to them. Safe to share between threads."""

    def __init__(self, address: str) -> None:
        self._redis: Any = redis.Redis.from_url(
            address, socket_timeout=KEPT_REDIS_SECONDS, socket_connect_timeout=KEPT_REDIS_SECONDS
        )
        self._add: Any = self._redis.register_script(_ADD)
        self._rests_until = 0.0
        self._lock = threading.Lock()

    def look(self, kept_id: str) -> tuple[int, KeptAnswer | None]:
        """The version of the whole, 0 if nothing is kept or Redis is away; and the answer of this id."""

        def ask() -> tuple[int, KeptAnswer | None]:
            version, text = self._redis.pipeline(transaction=False).get(_VERSION).hget(_ENTRIES, kept_id).execute()
            return int(version or 0), _fresh(text)

        nothing: tuple[int, KeptAnswer | None] = (0, None)
        return self._guarded(ask, nothing)

    def get(self, kept_id: str) -> KeptAnswer | None:
        return self._guarded(lambda: _fresh(self._redis.hget(_ENTRIES, kept_id)), None)

    def add(self, kept: KeptAnswer, vector: Vectors) -> bool:
        """False where Redis did not take it."""

        def ask() -> bool:
            packed = base64.b64encode(np.asarray(vector, dtype=np.float16).tobytes()).decode()
            about = "\t".join((kept.audience, kept.language, kept.embedder, packed, kept.question))
            self._add(
                keys=[_ENTRIES, _VECTORS, _USED, _VERSION],
                args=[kept.id, to_json(kept), about, time.time(), KEPT_ANSWERS, _BY_ARTICLE, *kept.articles],
            )
            return True

        return self._guarded(ask, False)

    def vectors(self, known: set[str]) -> tuple[set[str], dict[str, tuple[str, str, str, str, Vectors]]] | None:
        """All ids, and for those not in `known`: audience, language, embedder, question, vector. None without Redis."""

        def ask() -> tuple[set[str], dict[str, tuple[str, str, str, str, Vectors]]]:
            ids = {one.decode() for one in self._redis.hkeys(_VECTORS)}
            wanted = sorted(ids - known)
            rows = self._redis.hmget(_VECTORS, wanted) if wanted else []
            return ids, {one: _unpacked(row.decode()) for one, row in zip(wanted, rows, strict=True) if row}

        return self._guarded(ask, None)

    def count(self, what: str, *, kept_id: str = "", saved_milliseconds: float = 0.0) -> None:
        def ask() -> None:
            pipe = self._redis.pipeline(transaction=False)
            pipe.hincrby(_COUNTS, what, 1)
            if kept_id:
                pipe.zadd(_USED, {kept_id: time.time()}, xx=True)
                pipe.hincrbyfloat(_COUNTS, "saved", round(saved_milliseconds, 1))
            pipe.execute()

        self._guarded(ask, None)

    def remove(self, kept_ids: Sequence[str]) -> None:
        def ask() -> None:
            pipe = self._redis.pipeline()
            pipe.hdel(_ENTRIES, *kept_ids).hdel(_VECTORS, *kept_ids).zrem(_USED, *kept_ids).incr(_VERSION).execute()

        if kept_ids:
            self._guarded(ask, None)

    def remove_article(self, article_id: int) -> int:
        """How many answers that cite the article went."""

        def ask() -> int:
            ids = [one.decode() for one in self._redis.smembers(f"{_BY_ARTICLE}{article_id}")]
            there = [one for one in ids if self._redis.hexists(_ENTRIES, one)] if ids else []
            self._redis.delete(f"{_BY_ARTICLE}{article_id}")
            self.remove(there)
            return len(there)

        return self._guarded(ask, 0)

    def clear(self, *, and_counts: bool) -> int:
        """All answers go; how many it were."""

        def ask() -> int:
            count = int(self._redis.hlen(_ENTRIES))
            pipe = self._redis.pipeline()
            pipe.delete(_ENTRIES, _VECTORS, _USED, *([_COUNTS] if and_counts else [])).incr(_VERSION).execute()
            return count

        return self._guarded(ask, 0)

    def counts(self) -> Counts | None:
        """None where Redis is away."""

        def ask() -> Counts:
            pipe = self._redis.pipeline(transaction=False).hlen(_ENTRIES).hgetall(_COUNTS)
            kept, rows = pipe.execute()
            found = {key.decode(): float(value) for key, value in rows.items()}
            return Counts(
                kept=int(kept),
                exact=int(found.get("exact", 0)),
                near=int(found.get("near", 0)),
                missed=int(found.get("missed", 0)),
                stale=int(found.get("stale", 0)),
                saved_milliseconds=found.get("saved", 0.0),
            )

        return self._guarded(ask, None)

    def _guarded(self, ask: Callable[[], Given], otherwise: Given) -> Given:
        if time.monotonic() < self._rests_until:
            return otherwise
        try:
            return ask()
        except redis.RedisError as error:
            with self._lock:
                self._rests_until = time.monotonic() + KEPT_REDIS_REST_SECONDS
            logger.warning(
                "kept answers not reached", extra={"action": "kept_answers_away", "error": type(error).__name__}
            )
            return otherwise


def _fresh(text: bytes | None) -> KeptAnswer | None:
    kept = from_json(text.decode()) if text else None
    return kept if kept and time.time() - kept.kept_at < KEPT_HOURS * 3600 else None


def _unpacked(row: str) -> tuple[str, str, str, str, Vectors]:
    audience, language, embedder, packed, question = row.split("\t", 4)
    return (
        audience,
        language,
        embedder,
        question,
        np.frombuffer(base64.b64decode(packed), np.float16).astype(np.float32),
    )


@cache
def store() -> KeptAnswers:
    return KeptAnswers(settings.REDIS_ADDRESS)
