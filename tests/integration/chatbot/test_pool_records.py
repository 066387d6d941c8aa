"""What all workers share about the pools, in a Redis that may forget everything or be away."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from chatbot.llm.breaker import Move, State
from chatbot.llm.shared_records import SharedRecords
from tests.unit.chatbot.test_breaker import RULES


@pytest.fixture
def key() -> str:
    return f"test-{uuid.uuid4().hex}"


@pytest.fixture
def server(settings: Any) -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(settings.REDIS_ADDRESS)
    yield client
    client.close()


def worker(settings: Any) -> SharedRecords:
    return SharedRecords(settings.REDIS_ADDRESS, RULES)


def lost(server: redis.Redis, key: str) -> None:
    """As a flush, for this pool alone: tests run side by side."""
    server.delete(f"handrail:pools:{key}")


def test_workers_count_together(settings: Any, key: str) -> None:
    one, two = worker(settings), worker(settings)
    for records, is_failed in ((one, True), (two, False), (one, False), (two, True)):
        records.record(key, is_failed=is_failed)
    assert (one.look(key).calls, one.look(key).errors) == (4, 2)
    assert (two.look(key).calls, two.look(key).errors) == (4, 2)


def test_a_move_is_made_by_one_worker_only(settings: Any, key: str) -> None:
    one, two = worker(settings), worker(settings)
    move = Move(after=State.OPEN, rest_seconds=5.0)
    assert [records.move(key, State.HEALTHY, move) for records in (one, two)] == [True, False]
    assert two.look(key).state is State.OPEN
    assert 4.0 < two.look(key).rest_left_seconds <= 5.0


def test_a_pool_that_comes_back_begins_with_an_empty_window(settings: Any, key: str) -> None:
    records = worker(settings)
    for _ in range(6):
        records.record(key, is_failed=True)
    records.move(key, State.HEALTHY, Move(after=State.OPEN, rest_seconds=1.0))
    records.move(key, State.OPEN, Move(after=State.HEALTHY))
    seen = records.look(key)
    assert (seen.calls, seen.errors, seen.failed_in_a_row) == (0, 0, 0)


def test_what_redis_forgot_is_counted_again_from_what_the_workers_know(
    settings: Any, key: str, server: redis.Redis
) -> None:
    one, two = worker(settings), worker(settings)
    for _ in range(3):
        one.record(key, is_failed=True)
        two.record(key, is_failed=False)
    one.move(key, State.HEALTHY, Move(after=State.OPEN, rest_seconds=5.0))
    lost(server, key)
    assert one.look(key).state is State.OPEN
    two.record(key, is_failed=False)
    seen = two.look(key)
    assert (seen.state, seen.calls, seen.errors) == (State.OPEN, 7, 3)
    assert seen.rest_left_seconds > 3.0


def test_without_redis_a_worker_goes_on_by_its_own_records(key: str) -> None:
    alone = SharedRecords("redis://127.0.0.1:1/0", RULES)
    for _ in range(5):
        seen = alone.record(key, is_failed=True, error="no answer")
    assert (seen.calls, seen.failed_in_a_row, seen.last_error) == (5, 5, "no answer")
    assert alone.move(key, State.HEALTHY, Move(after=State.OPEN, rest_seconds=5.0))
    assert alone.look(key).state is State.OPEN
    assert [alone.lease(key, 5.0), alone.lease(key, 5.0)] == [True, False]
    assert [alone.enter(key, name, most=1, seconds=5.0) for name in "ab"] == [True, False]


def test_one_worker_at_a_time_holds_the_lease_of_a_probe(settings: Any, key: str) -> None:
    one, two = worker(settings), worker(settings)
    assert [one.lease(key, 5.0), two.lease(key, 5.0)] == [True, False]
    one.give_back(key)
    assert two.lease(key, 5.0)


def test_calls_under_way_are_counted_over_all_workers(settings: Any, key: str) -> None:
    one, two = worker(settings), worker(settings)
    assert one.enter(key, "a", most=2, seconds=30)
    assert two.enter(key, "b", most=2, seconds=30)
    assert not one.enter(key, "c", most=2, seconds=30)
    two.leave(key, "b")
    assert one.running(key) == 1
    assert one.enter(key, "c", most=2, seconds=30)
