"""The queueing simulation: against what queueing theory knows exactly, and what must hold of any queue."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.costs.queueing import drawn, quantile, serve, settled
from analytics.costs.what_if import Load, answer

gaps = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 200)), max_size=40)


def erlang_mean_wait(rate: float, service: float, servers: int) -> float:
    """Seconds that a call waits on average, with random arrivals and exponential work (Erlang C)."""
    load = rate * service
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    waiting = last / (sum(load**k / math.factorial(k) for k in range(servers)) + last)
    return waiting * service / (servers - load)


@pytest.mark.parametrize(("servers", "rate"), [(1, 0.6), (2, 1.5), (5, 4.2)])
def test_waits_are_those_of_queueing_theory(servers: int, rate: float) -> None:
    chance = random.Random(5)
    arrivals, _ = drawn(rate=rate, works=[1.0], calls=30_000, seed=7)
    works = [chance.expovariate(1.0) for _ in arrivals]
    waits = settled(serve(arrivals, works, servers=servers)).waits
    assert sum(waits) / len(waits) == pytest.approx(erlang_mean_wait(rate, 1.0, servers), rel=0.15)


def test_one_server_with_places_is_as_many_servers_where_nothing_slows_down() -> None:
    arrivals, works = drawn(rate=3.0, works=[0.5, 1.0, 1.5], calls=2_000, seed=2)
    assert serve(arrivals, works, servers=1, places=4).times == pytest.approx(
        serve(arrivals, works, servers=4, places=1).times
    )


def test_calls_that_are_worked_on_together_slow_each_other_down() -> None:
    served = serve([0.0, 0.0], [1.0, 1.0], servers=1, places=2, slowdown=0.5)
    assert served.times == pytest.approx((1.5, 1.5))
    late = serve([0.0, 0.5], [1.0, 1.0], servers=1, places=2, slowdown=1.0)
    # Alone until 0.5; both at half the speed until the first ends at 1.5; the second then alone.
    assert late.times == pytest.approx((1.5, 1.5))


@given(gaps, st.integers(1, 4), st.integers(1, 3), st.sampled_from((0.0, 0.3)))
def test_nobody_waits_for_a_free_place_and_none_ends_before_its_work(
    drawn_gaps: list[tuple[int, int]], servers: int, places: int, slowdown: float
) -> None:
    now, arrivals, works = 0.0, [], []
    for gap, work in drawn_gaps:
        now += gap / 10
        arrivals.append(now)
        works.append(work / 10)
    served = serve(arrivals, works, servers=servers, places=places, slowdown=slowdown)
    for place, arrival in enumerate(arrivals):
        begun = arrival + served.waits[place]
        assert served.waits[place] >= 0
        assert served.times[place] >= served.waits[place] + works[place] - 1e-6
        if served.waits[place] > 1e-9:  # all places were taken while it waited
            others = [
                other
                for other in range(len(arrivals))
                if other != place
                and arrivals[other] + served.waits[other] <= arrival + 1e-9
                and arrivals[other] + served.times[other] >= begun - 1e-6
            ]
            assert arrival + served.times[place] >= begun
            assert len(others) <= servers * places
    starts = [arrival + wait for arrival, wait in zip(arrivals, served.waits, strict=True)]
    assert starts == sorted(starts)  # first come, first served


@given(st.lists(st.floats(0, 100), min_size=1, max_size=30), st.floats(0.01, 1.0))
def test_a_quantile_has_its_share_at_or_under_it(values: list[float], share: float) -> None:
    found = quantile(values, share)
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9


@pytest.mark.parametrize(
    ("arrivals", "works", "servers"), [([1.0, 0.5], [1, 1], 1), ([1.0], [-1.0], 1), ([1.0], [], 1), ([1.0], [1.0], 0)]
)
def test_what_cannot_be_is_refused(arrivals: list[float], works: list[float], servers: int) -> None:
    with pytest.raises(ValueError, match=r"arrivals|works|servers"):
        serve(arrivals, works, servers=servers)


def test_twice_the_traffic_needs_more_and_fewer_than_needed_break_the_promise() -> None:
    load = Load(an_hour=1_800, works=(1.0, 2.0, 6.0), is_assumed=False)
    once, twice = (answer(load, factor=factor, promise=1.0, have=1) for factor in (1.0, 2.0))
    assert once.needed is not None
    assert twice.needed is not None
    assert once.needed < twice.needed <= 2 * once.needed
    for found in (once, twice):
        for run in found.runs:
            assert run.keeps == (run.count >= (found.needed or 0))
            assert (run.wait is None) == (run.utilisation >= 1)


def test_no_traffic_needs_one_and_what_nothing_keeps_is_said() -> None:
    idle = answer(Load(an_hour=0, works=(1.0,), is_assumed=True), factor=2.0, promise=1.0, have=2)
    assert idle.needed == 1
    hopeless = answer(Load(an_hour=1_000_000, works=(5.0,), is_assumed=False), factor=1.0, promise=1.0, have=3)
    assert hopeless.needed is None
    assert [run.keeps for run in hopeless.runs] == [False]
