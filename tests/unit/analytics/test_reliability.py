"""What stated probabilities are worth."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.reliability import at_threshold, bins, error_by_chance, expected_calibration_error, log_loss

drafts = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=200)


@given(drafts)
def test_every_draft_is_in_one_bin_and_the_error_is_a_share(found: list[tuple[float, bool]]) -> None:
    stated, right = [value for value, _ in found], [truth for _, truth in found]
    assert sum(one.count for one in bins(stated, right)) == len(found)
    assert all(one.low <= one.stated <= one.high + 1e-9 for one in bins(stated, right))
    assert 0 <= expected_calibration_error(stated, right) <= 1


@given(drafts, st.floats(0, 1), st.floats(0, 1))
def test_a_higher_threshold_never_sends_more(found: list[tuple[float, bool]], one: float, two: float) -> None:
    stated, right = [value for value, _ in found], [truth for _, truth in found]
    low, high = (at_threshold(stated, right, value) for value in sorted((one, two)))
    assert low.sent >= high.sent
    assert low.coverage >= high.coverage


def test_the_error_is_the_distance_between_word_and_truth() -> None:
    assert expected_calibration_error([0.9] * 10, [True] * 9 + [False]) == pytest.approx(0)
    assert expected_calibration_error([0.9] * 10, [True] * 4 + [False] * 6) == pytest.approx(0.5)
    assert expected_calibration_error([], []) == 0


def test_nothing_sent_has_no_precision() -> None:
    found = at_threshold([0.1, 0.2], [True, False], 0.85)
    assert (found.sent, found.precision, found.coverage) == (0, None, 0.0)


def test_a_sure_word_that_was_wrong_surprises_more_and_never_without_end() -> None:
    assert log_loss([0.9], [False]) > log_loss([0.6], [False])
    assert math.isfinite(log_loss([1.0], [False]))


def test_few_drafts_err_by_chance_many_hardly() -> None:
    stated = [place / 20 for place in range(20)]
    few, many = error_by_chance(stated), error_by_chance(stated * 50)
    assert few > 2 * many > 0
    assert error_by_chance(stated) == few
    assert error_by_chance([0.0, 1.0] * 30) == 0
    assert error_by_chance([]) == 0
