"""What all workers together know of the pools, in Redis. It may be flushed or away at any time: nothing is lost then.

One hash a pool holds its state and, in slices of the window, its calls and errors; times are Redis's own, so workers
need no common clock. A hash that is gone is filled again by each worker with what that worker counted itself.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any, Final, TypeVar

import redis

from chatbot.llm.breaker import BUCKETS, Move, Rules, Seen, State
from chatbot.llm.own_records import OwnRecords

logger = logging.getLogger(__name__)

Given = TypeVar("Given")
_PREFIX: Final = "handrail:pools:"
#: A pool that nobody asks for a day is forgotten.
_KEPT_SECONDS: Final = 86_400
#: Longer than this nobody waits for Redis; after a failure it is left alone for a while.
REDIS_SECONDS: Final = 0.25
REDIS_RESTS_SECONDS: Final = 2.0

_NOW: Final = """
redis.replicate_commands()
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local key = KEYS[1]
"""
#: Arguments: milliseconds of a slice, slices, generation to give a new hash, seconds to keep,
#: then calls, errors, failed (1, 0 or '' to count nothing), slow, milliseconds, first token, words of the error.
_LOOK: Final = (
    _NOW
    + """
local slice = math.floor(now / tonumber(ARGV[1]))
local oldest = slice - tonumber(ARGV[2])
local is_new = redis.call('HSETNX', key, 'generation', ARGV[3])
redis.call('EXPIRE', key, ARGV[4])
if ARGV[7] ~= '' then
    redis.call('HINCRBY', key, 'c:' .. slice, ARGV[5])
    redis.call('HINCRBY', key, 'e:' .. slice, ARGV[6])
    for place, name in ipairs({'failed_in_a_row', 'slow_in_a_row'}) do
        if ARGV[6 + place] == '1' then redis.call('HINCRBY', key, name, 1) else redis.call('HSET', key, name, 0) end
    end
    redis.call('HSET', key, 'last', string.format('%.0f', now), 'ms', ARGV[9], 'first', ARGV[10], 'error', ARGV[11])
end
local found = {'now', string.format('%.0f', now)}
local calls, errors = 0, 0
local row = redis.call('HGETALL', key)
for i = 1, #row, 2 do
    local kind, number = string.match(row[i], '^([ce]):(%d+)$')
    if kind then
        number = tonumber(number)
        -- A slice that lies ahead was counted before the clock was set back.
        if number <= oldest or number > slice then redis.call('HDEL', key, row[i])
        elseif kind == 'c' then calls = calls + row[i + 1]
        else errors = errors + row[i + 1] end
    else
        found[#found + 1] = row[i]
        found[#found + 1] = row[i + 1]
    end
end
found[#found + 1] = 'calls'
found[#found + 1] = string.format('%.0f', calls)
found[#found + 1] = 'errors'
found[#found + 1] = string.format('%.0f', errors)
return found
"""
)
#: Arguments: state before, state after, milliseconds of rest, failed probes, good probes, '1' to empty the window.
_MOVE: Final = (
    _NOW
    + """
if (redis.call('HGET', key, 'state') or 'healthy') ~= ARGV[1] then return 0 end
if ARGV[6] == '1' then
    for _, name in ipairs(redis.call('HKEYS', key)) do
        if string.match(name, '^[ce]:') then redis.call('HDEL', key, name) end
    end
    redis.call('HSET', key, 'failed_in_a_row', 0)
end
redis.call('HSET', key, 'state', ARGV[2], 'rest_until', string.format('%.0f', now + tonumber(ARGV[3])),
           'failed_probes', ARGV[4], 'good_probes', ARGV[5])
return 1
"""
)
#: What a worker knew adds to a hash that was lost. Arguments: milliseconds of a slice, calls, errors, then as _MOVE's.
_RESTORE: Final = (
    _NOW
    + """
local slice = math.floor(now / tonumber(ARGV[1]))
redis.call('HINCRBY', key, 'c:' .. slice, ARGV[2])
redis.call('HINCRBY', key, 'e:' .. slice, ARGV[3])
if redis.call('HSETNX', key, 'state', ARGV[4]) == 1 then
    redis.call('HSET', key, 'rest_until', string.format('%.0f', now + tonumber(ARGV[5])),
               'failed_probes', ARGV[6], 'good_probes', ARGV[7])
end
"""
)
#: Arguments: name of the call, most at a time, milliseconds that it counts at most.
_ENTER: Final = (
    _NOW
    + """
redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
if redis.call('ZCARD', key) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', key, now + tonumber(ARGV[3]), ARGV[1])
redis.call('PEXPIRE', key, ARGV[3])
return 1
"""
)


class SharedRecords:
    """This process' way to them. Thread-safe; never raises for Redis, whose place its own records take meanwhile."""

    def __init__(self, address: str, rules: Rules) -> None:
        self._rules = rules
        self.own = OwnRecords(rules)
        self._redis: Any = redis.Redis.from_url(
            address, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
        )
        self._look: Any = self._redis.register_script(_LOOK)
        self._move: Any = self._redis.register_script(_MOVE)
        self._restore: Any = self._redis.register_script(_RESTORE)
        self._enter: Any = self._redis.register_script(_ENTER)
        self._generations: dict[str, str] = {}  #: of the hash that this process has last added to
        self._lock = threading.Lock()
        self._rests_until = 0.0

    def look(self, key: str) -> Seen:
        return self._guarded(lambda: self._seen(key, ["0", "0", "", "", "", "", ""]), lambda: self.own.look(key))

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
        before = self.own.look(key)
        own = self.own.record(
            key,
            is_failed=is_failed,
            milliseconds=milliseconds,
            first_token_milliseconds=first_token_milliseconds,
            error=error,
        )
        is_slow = milliseconds is not None and milliseconds > self._rules.slow_seconds * 1000
        outcome = [
            "1",
            str(int(is_failed)),
            str(int(is_failed)),
            str(int(is_slow)),
            _text(milliseconds),
            _text(first_token_milliseconds),
            error,
        ]
        return self._guarded(lambda: self._seen(key, outcome, known=before), lambda: own)

    def move(self, key: str, before: State, move: Move) -> bool:
        """True for the one worker that moved it; False where another was quicker."""
        empties = move.after is State.HEALTHY and not before.takes_calls

        def ask() -> bool:
            arguments = [*_state_arguments(move), str(int(empties))]
            is_moved = bool(self._move(keys=[_PREFIX + key], args=[before.value, *arguments]))
            if is_moved:
                self.own.move(key, before, move)
            return is_moved

        return self._guarded(ask, lambda: self.own.move(key, before, move))

    def lease(self, key: str, seconds: float) -> bool:
        """True for one worker in so many seconds."""
        return self._guarded(
            lambda: bool(self._redis.set(f"{_PREFIX}{key}:probe", "1", nx=True, px=max(1, round(seconds * 1000)))),
            lambda: self.own.lease(key, seconds),
        )

    def give_back(self, key: str) -> None:
        self.own.give_back(key)
        self._guarded(lambda: self._redis.delete(f"{_PREFIX}{key}:probe"), lambda: None)

    def enter(self, key: str, call: str, *, most: int, seconds: float) -> bool:
        """Whether one more call may run beside those of all workers; it counts for `seconds` at most."""
        return self._guarded(
            lambda: bool(self._enter(keys=[f"{_PREFIX}{key}:running"], args=[call, most, round(seconds * 1000)])),
            lambda: self.own.enter(key, call, most=most, seconds=seconds),
        )

    def leave(self, key: str, call: str) -> None:
        self.own.leave(key, call)
        self._guarded(lambda: self._redis.zrem(f"{_PREFIX}{key}:running", call), lambda: None)

    def running(self, key: str) -> int:
        """Calls under way, of a pool that has a limit."""
        return self._guarded(
            lambda: int(self._redis.zcard(f"{_PREFIX}{key}:running")), lambda: self.own.look(key).running
        )

    def forget(self, key: str) -> None:
        """As if the pool had never been asked."""
        self.own.forget(key)
        self._generations.pop(key, None)
        names = [_PREFIX + key, f"{_PREFIX}{key}:probe", f"{_PREFIX}{key}:running"]
        self._guarded(lambda: self._redis.delete(*names), lambda: None)

    def _seen(self, key: str, outcome: list[str], *, known: Seen | None = None) -> Seen:
        """`known` is what this process counted before `outcome`, which is in it already otherwise."""
        known = known or self.own.look(key)
        row = self._read(key, outcome)
        generation = row["generation"]
        if self._generations.get(key) != generation:
            self._generations[key] = generation
            if known.calls or not known.state.takes_calls:
                move = Move(
                    after=known.state,
                    rest_seconds=known.rest_left_seconds,
                    failed_probes=known.failed_probes,
                    good_probes=known.good_probes,
                )
                slice_milliseconds = _slice_milliseconds(self._rules)
                self._restore(
                    keys=[_PREFIX + key],
                    args=[slice_milliseconds, known.calls, known.errors, *_state_arguments(move)],
                )
                row = self._read(key, ["0", "0", "", "", "", "", ""])
        seen = _as_seen(row)
        self.own.take_over(key, seen)
        return seen

    def _read(self, key: str, outcome: list[str]) -> dict[str, str]:
        found = self._look(
            keys=[_PREFIX + key],
            args=[_slice_milliseconds(self._rules), BUCKETS, uuid.uuid4().hex, _KEPT_SECONDS, *outcome],
        )
        words = [one.decode("utf-8", "replace") for one in found]
        return dict(zip(words[::2], words[1::2], strict=True))

    def _guarded(self, ask: Callable[[], Given], otherwise: Callable[[], Given]) -> Given:
        if time.monotonic() < self._rests_until:
            return otherwise()
        try:
            return ask()
        except redis.RedisError as error:
            with self._lock:
                self._rests_until = time.monotonic() + REDIS_RESTS_SECONDS
            logger.warning(
                "records of model pools not reached",
                extra={"action": "model_pools_alone", "error": type(error).__name__},
            )
            return otherwise()


def _slice_milliseconds(rules: Rules) -> int:
    return max(1, round(rules.bucket_seconds * 1000))


def _state_arguments(move: Move) -> list[str]:
    return [
        move.after.value,
        str(round(move.rest_seconds * 1000)),
        str(move.failed_probes),
        str(move.good_probes),
    ]


def _text(number: float | None) -> str:
    return "" if number is None else f"{number:.1f}"


def _number(text: str | None) -> float | None:
    return float(text) if text else None


def _as_seen(row: dict[str, str]) -> Seen:
    now, last = float(row["now"]), _number(row.get("last"))
    return Seen(
        state=State(row.get("state", State.HEALTHY.value)),
        calls=int(row["calls"]),
        errors=int(row["errors"]),
        failed_in_a_row=int(row.get("failed_in_a_row", 0)),
        slow_in_a_row=int(row.get("slow_in_a_row", 0)),
        rest_left_seconds=max(0.0, (float(row.get("rest_until", 0)) - now) / 1000),
        failed_probes=int(row.get("failed_probes", 0)),
        good_probes=int(row.get("good_probes", 0)),
        last_milliseconds=_number(row.get("ms")),
        last_first_token_milliseconds=_number(row.get("first")),
        last_error=row.get("error", ""),
        seconds_since_last=None if last is None else max(0.0, (now - last) / 1000),
    )
