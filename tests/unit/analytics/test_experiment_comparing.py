"""When a difference between two arms may be called one, however often somebody looks."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.business.statistics import BY_NAME
from analytics.experiments.comparing import (
    LEAST,
    Sums,
    Verdict,
    are_shares_suspicious,
    compared,
    variance,
    width,
)
from analytics.experiments.reading import COMPARED, COMPARED_WITHOUT_BOT, GUARDS
from chatbot.models import Experiment

RESOLUTION, HANDOVERS, FIRST_WORD = BY_NAME["resolution"], BY_NAME["handovers"], BY_NAME["first_response"]


def arm(
    above: "np.ndarray[tuple[int], np.dtype[np.float64]]", below: "np.ndarray[tuple[int], np.dtype[np.float64]]"
) -> Sums:
    """Of one row a customer."""
    return Sums(
        customers=len(above),
        counted=int((below > 0).sum()),
        above=float(above.sum()),
        below=float(below.sum()),
        above_squares=float((above**2).sum()),
        below_squares=float((below**2).sum()),
        products=float((above * below).sum()),
    )


def share(right: int, of: int) -> Sums:
    """Customers with one conversation each."""
    drawn = np.zeros(of)
    drawn[:right] = 1
    return arm(drawn, np.ones(of))


def alarms(*, runs: int, looks: int, difference: float, seed: int) -> tuple[float, float]:
    """Share of runs in which some look calls a difference: with our interval, and with the usual one."""
    random = np.random.default_rng(seed)
    ours = usual = 0
    for _ in range(runs):
        counts = random.integers(1, 4, (2, looks * 20)).astype(float)  # one to three conversations a customer
        chance = random.beta(4, 4, (2, looks * 20)) + np.array([[0.0], [difference]])
        above = random.binomial(counts.astype(int), np.clip(chance, 0, 1)).astype(float)
        is_ours = is_usual = False
        for end in range(60, looks * 20 + 1, 20):
            control, tried = (arm(above[place, :end], counts[place, :end]) for place in (0, 1))
            found = compared(RESOLUTION, control, tried, planned=400)
            is_ours |= found.verdict is not Verdict.UNDECIDED
            error = math.sqrt(variance(RESOLUTION, control) + variance(RESOLUTION, tried))
            is_usual |= abs(found.difference or 0) > 1.96 * error
        ours, usual = ours + is_ours, usual + is_usual
    return ours / runs, usual / runs


def test_looking_after_every_twenty_customers_raises_no_false_alarm() -> None:
    ours, usual = alarms(runs=400, looks=40, difference=0.0, seed=7)
    assert ours <= 0.05
    assert usual > 0.15, "else the test would not show what it is about"


def test_a_real_difference_is_found() -> None:
    ours, _usual = alarms(runs=40, looks=40, difference=0.15, seed=8)
    assert ours > 0.9


def test_nothing_is_said_of_few_customers_whatever_they_do() -> None:
    found = compared(RESOLUTION, share(0, LEAST - 1), share(LEAST - 1, LEAST - 1), planned=100)
    assert (found.verdict, found.low, found.difference) == (Verdict.EARLY, None, 1.0)
    assert compared(RESOLUTION, Sums(), share(3, 9), planned=100).difference is None


def test_which_way_is_better_depends_on_the_figure() -> None:
    assert compared(RESOLUTION, share(100, 1000), share(500, 1000), planned=400).verdict is Verdict.BETTER
    assert compared(HANDOVERS, share(100, 1000), share(500, 1000), planned=400).verdict is Verdict.WORSE
    slow, quick = np.full(500, 90.0) + np.arange(500) % 7, np.full(500, 5.0) + np.arange(500) % 7
    assert (
        compared(FIRST_WORD, arm(slow, np.ones(500)), arm(quick, np.ones(500)), planned=400).verdict is Verdict.BETTER
    )


@given(st.integers(LEAST, 3_000), st.integers(LEAST, 3_000), st.floats(0, 1), st.floats(0, 1), st.integers(50, 5_000))
def test_the_interval_holds_the_difference_and_arms_that_are_alike_are_never_told_apart(
    one: int, other: int, first: float, second: float, planned: int
) -> None:
    found = compared(RESOLUTION, share(int(first * one), one), share(int(second * other), other), planned=planned)
    assert found.low is not None
    assert found.high is not None
    assert found.difference is not None
    assert found.low < found.difference < found.high
    same = share(int(first * one), one)
    assert compared(RESOLUTION, same, same, planned=planned).verdict is Verdict.UNDECIDED


@given(st.integers(LEAST, 500), st.integers(1, 6))
def test_conversations_of_one_customer_are_not_counted_as_if_they_were_of_many(people: int, each: int) -> None:
    """Customers who always or never are satisfied: as many more conversations say nothing more."""
    below = np.full(people, float(each))
    above = below * (np.arange(people) % 2)
    alone = arm(above / each, below / each)
    assert variance(RESOLUTION, arm(above, below)) == pytest.approx(variance(RESOLUTION, alone), rel=0.25)


def test_no_spread_at_all_is_no_certainty() -> None:
    assert compared(HANDOVERS, share(0, 60), share(0, 60), planned=400).verdict is Verdict.UNDECIDED
    assert variance(HANDOVERS, share(0, 60)) > 0


@given(st.integers(50, 100_000), st.sampled_from((0.05, 0.01)))
def test_the_interval_is_narrowest_about_the_planned_size(planned: int, alpha: float) -> None:
    there = width(planned, planned=planned, alpha=alpha)
    assert there < width(planned // 10 or 1, planned=planned, alpha=alpha)
    assert there < width(planned * 20, planned=planned, alpha=alpha)
    assert there < 3.7


def test_arms_of_the_wrong_size_are_noticed_and_chance_is_not() -> None:
    assert are_shares_suspicious(control=800, tried=300, share=0.2)
    assert not are_shares_suspicious(control=800, tried=200, share=0.2)
    assert not are_shares_suspicious(control=0, tried=10, share=0.2)


def test_all_that_is_compared_is_declared() -> None:
    assert {*COMPARED, *COMPARED_WITHOUT_BOT, *GUARDS, *Experiment.Goal.values} <= set(BY_NAME)
    assert set(Experiment.Goal.values) <= {*COMPARED}
    assert set(Experiment.WITHOUT_BOT) <= set(COMPARED_WITHOUT_BOT)
