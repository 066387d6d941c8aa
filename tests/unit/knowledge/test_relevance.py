import pytest

from knowledge.relevance import ndcg, recall, reciprocal_rank

RIGHT = {"a": 1.0, "b": 1.0}


def test_a_perfect_order_scores_one() -> None:
    assert ndcg(["a", "b", "c"], RIGHT, depth=10) == recall(["b", "a"], RIGHT, depth=10) == 1.0


def test_measures_look_no_deeper_than_asked() -> None:
    assert reciprocal_rank(["x", "y", "z", "a"], RIGHT, depth=3) == 0.0
    assert reciprocal_rank(["x", "y", "z", "a"], RIGHT, depth=10) == 0.25


def test_ndcg_of_a_known_order() -> None:
    assert ndcg(["x", "a"], {"a": 1.0}, depth=10) == pytest.approx(0.6309, abs=1e-4)
