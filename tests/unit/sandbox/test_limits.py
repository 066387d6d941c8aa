"""The rate limit's windows, and the call list's end."""

from sandbox.calls import MAX_KEPT_BODY, Call, CallLog
from sandbox.deliveries import percentile
from sandbox.ratelimit import RateLimiter


def call(path: str = "/me", conversation: str | None = None, size: int = 0) -> Call:
    return Call(
        method="GET",
        path=path,
        query="",
        body=None,
        status=200,
        at=0.0,
        conversation=conversation,
        fault=None,
        size=size,
    )


def test_calls_over_the_limit_wait_for_the_next_window_of_ten_seconds() -> None:
    now = [1_000_003.0]
    limiter = RateLimiter(2, clock=lambda: now[0])
    answers = [limiter.take() for _ in range(3)]
    assert [answer.allowed for answer in answers] == [True, True, False]
    assert [answer.remaining for answer in answers] == [1, 0, 0]
    assert answers[-1].reset == 1_000_010
    now[0] = 1_000_010.0
    assert limiter.take().allowed


def test_a_limit_of_zero_lets_everything_through() -> None:
    limiter = RateLimiter(0, clock=lambda: 5.0)
    assert all(limiter.take().allowed for _ in range(10_000))


def test_only_the_newest_calls_are_kept_and_all_are_counted() -> None:
    log = CallLog(3)
    for number in range(5):
        log.add(call(f"/{number}", conversation=str(number % 2)))
    assert [each.path for each in log.list(conversation=None, limit=10)] == ["/2", "/3", "/4"]
    assert [each.path for each in log.list(conversation="0", limit=10)] == ["/2", "/4"]
    assert [each.path for each in log.list(conversation=None, limit=1)] == ["/4"]
    assert (len(log), log.total) == (3, 5)
    log.clear()
    assert (len(log), log.total) == (0, 0)


def test_kept_bodies_have_an_end_in_bytes() -> None:
    log = CallLog(1_000_000)
    for _ in range(20_000):
        log.add(call(size=MAX_KEPT_BODY * 10))
    assert len(log) < 9000


def test_percentiles_are_nearest_ranks() -> None:
    ordered = [float(number) for number in range(1, 101)]
    assert (percentile(ordered, 0.5), percentile(ordered, 0.99), percentile([7.0], 0.99)) == (50.0, 99.0, 7.0)
    assert percentile([], 0.5) is None
