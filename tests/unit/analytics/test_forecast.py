"""Next month's forecast: whether its interval holds what it says, and when it says nothing."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.costs.forecast import LEAST_WEEKS, MOST_WEEKS, forecast, history, next_month


@pytest.mark.parametrize("growth", [0.0, 0.4, -0.2])
@pytest.mark.parametrize("weeks", [6, 12, 26])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(growth: float, weeks: int) -> None:
    """Days of random numbers of conversations, with weekdays that differ and a trend; the month is drawn as well."""
    chance = np.random.default_rng(11)
    today = date(2026, 3, 18)
    month = next_month(today)
    shares = np.array([1.3, 1.2, 1.1, 1.0, 1.0, 0.3, 0.2])
    held = 0
    for _ in range(200):
        first = today - timedelta(days=7 * weeks)
        whole = (month.last - first).days + 1
        if weeks < 8:
            growth = 0.0  # no trend is drawn from so few
        means = np.array(
            [shares[(first + timedelta(days=day)).weekday()] * (60 + growth * day) for day in range(whole)]
        )
        drawn = chance.poisson(np.maximum(means, 0))
        found = forecast(history(drawn[: 7 * weeks].tolist(), today=today), today=today, month=month)
        assert found is not None
        held += found.low <= drawn[-month.days :].sum() <= found.high
    assert held / 200 >= 0.88


def test_too_little_history_says_nothing() -> None:
    today = date(2026, 3, 18)
    assert forecast(history([5.0] * (7 * LEAST_WEEKS - 1), today=today), today=today, month=next_month(today)) is None
    assert forecast(history([0.0] * 300, today=today), today=today, month=next_month(today)) is None
    assert forecast(history([5.0] * 7 * LEAST_WEEKS, today=today), today=today, month=next_month(today)) is not None


def test_what_is_always_the_same_stays_so() -> None:
    today = date(2026, 3, 18)
    found = forecast(history([10.0] * 70, today=today), today=today, month=next_month(today))
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((300.0, 300.0, 300.0))


@given(st.lists(st.integers(0, 10_000), max_size=400), st.dates(date(2020, 1, 1), date(2030, 12, 31)))
def test_any_history_has_an_ordered_forecast_that_is_not_negative(days: list[int], today: date) -> None:
    past = history(days, today=today)
    assert len(past.weeks) <= MOST_WEEKS
    assert sum(past.weeks) <= sum(days)
    assert sum(past.shares) == pytest.approx(1.0)
    month = next_month(today)
    assert month.first.day == 1
    assert month.first > today
    found = forecast(past, today=today, month=month)
    if found is not None:
        assert 0 <= found.low <= found.value + 1e-6
        assert found.value <= found.high + 1e-6
