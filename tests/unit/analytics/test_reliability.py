"""What stated probabilities are worth."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.reliability import (
    at_threshold,
    bins,
    by_chance,
    debiased_error,
    equal_mass_error,
    expected_calibration_error,
    log_loss,
)

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
    truth = [value >= 0.5 for value in stated]
    few, many = by_chance(stated, truth), by_chance(stated * 50, truth * 50)
    assert few.mean > 2 * many.mean > 0
    assert few.low < few.mean < few.high
    assert by_chance(stated, truth) == few
    assert by_chance([0.0, 1.0] * 30, [False, True] * 30).mean == 0
    assert by_chance([], []).mean == 0


def test_chance_seldom_exceeds_the_error_of_wrong_words_and_often_that_of_true_ones() -> None:
    stated = [0.05, 0.35, 0.65, 0.95] * 40
    true = [place % 40 < value * 40 for place, value in zip(range(160), sorted(stated), strict=True)]
    assert by_chance(sorted(stated), true).exceeds > 0.9
    assert by_chance(sorted(stated), [not value for value in true]).exceeds < 0.01


def test_what_chance_adds_is_taken_off_and_what_is_wrong_stays() -> None:
    random = Random(7)
    stated = [random.random() for _ in range(150)]
    true = [[random.random() < value for value in stated] for _ in range(60)]
    usual = sum(expected_calibration_error(stated, one) for one in true) / 60
    debiased = sum(debiased_error(stated, one) for one in true) / 60
    assert debiased < 0.75 * usual
    assert debiased_error([0.9] * 400, [True] * 200 + [False] * 200) == pytest.approx(0.4)


@given(drafts)
def test_the_other_estimates_are_shares_too_and_never_over_the_usual_one(found: list[tuple[float, bool]]) -> None:
    stated, right = [value for value, _ in found], [truth for _, truth in found]
    assert 0 <= equal_mass_error(stated, right) <= 1
    assert 0 <= debiased_error(stated, right) <= expected_calibration_error(stated, right) + 1e-9


def test_bins_of_equally_many_drafts_see_what_one_wide_bin_hides() -> None:
    stated = [0.91] * 50 + [0.99] * 50
    right = [True] * 50 + [True] * 40 + [False] * 10
    assert equal_mass_error(stated, right, count=2) > expected_calibration_error(stated, right)
