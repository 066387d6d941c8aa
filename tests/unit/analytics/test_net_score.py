"""The net promoter score and its interval."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.business.statistics import BY_NAME, figure, net_interval
from analytics.business.words import change_in_words, detail_in_words, value_in_words


def sums(promoters: int, detractors: int, answers: int) -> dict[str, float]:
    return {"promoters": promoters, "detractors": detractors, "survey_answers": answers}


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_the_score_is_the_share_of_promoters_less_that_of_detractors(more: int, less: int, between: int) -> None:
    found = figure(BY_NAME["nps"], sums(more, less, more + less + between))
    if not more + less + between:
        assert (found.value, value_in_words(found)) == (None, "–")
        return
    answers = [1] * more + [-1] * less + [0] * between
    assert found.value == pytest.approx(100 * sum(answers) / len(answers))
    assert found.low is not None
    assert found.high is not None
    assert -100 <= found.low <= found.value <= found.high <= 100
    assert found.high > found.low, "nobody is ever certain"


def test_its_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    draw = random.Random(7)
    for shares in ((0.5, 0.2, 0.3), (0.9, 0.1, 0.0), (0.1, 0.3, 0.6)):
        truth, hits = 100 * (shares[0] - shares[2]), 0
        for _ in range(1_000):
            answers = draw.choices((1, 0, -1), shares, k=40)
            low, high = net_interval(answers.count(1), answers.count(-1), 40)
            hits += low <= truth <= high
        assert 925 <= hits <= 985


def test_few_answers_are_called_too_early_and_are_not_compared() -> None:
    few, many = figure(BY_NAME["nps"], sums(5, 1, 7)), figure(BY_NAME["nps"], sums(60, 60, 200))
    assert value_in_words(few) == "+57"
    assert "too early" in detail_in_words(few)
    assert value_in_words(many) == "0"
    assert change_in_words(few, many) == ("", None)
    better = figure(BY_NAME["nps"], sums(150, 10, 200))
    assert change_in_words(better, many) == ("+70 points", True), "0 before is a figure like any other"
