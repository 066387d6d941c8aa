"""The fit learns what is there to learn, and refuses what cannot teach."""

import random

import pytest

from analytics.calibration import Label, TooFewLabels, fit
from analytics.decisions import was_right
from analytics.reliability import expected_calibration_error
from chatbot.pipeline.confidence import (
    SHIPPED,
    WeightsUnusable,
    probability,
    read_weights,
    shipped_weights,
)
from chatbot.pipeline.evidence import FEATURES


def labels(count: int, *, seed: int = 1, backwards: bool = False) -> list[Label]:
    """Drafts whose chance of being right grows with what speaks for them."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        strength = chance.random()
        is_right = chance.random() < (1 - strength if backwards else strength)
        found.append(Label(features={name: strength + chance.gauss(0, 0.1) for name in FEATURES}, is_right=is_right))
    return found


def test_what_is_stated_is_what_comes_true() -> None:
    found = fit(labels(1500))
    assert expected_calibration_error(found.stated, found.was_right) < 0.05
    weights = read_weights(found.weights, name="new")
    assert probability(dict.fromkeys(FEATURES, 1.0), weights) > 0.85
    assert probability(dict.fromkeys(FEATURES, 0.0), weights) < 0.15


def test_no_feature_ever_counts_against_a_draft() -> None:
    found = fit(labels(300, backwards=True))
    assert all(row["weight"] >= 0 for row in found.weights["features"].values())


def test_more_of_any_feature_never_makes_the_shipped_weights_less_sure() -> None:
    weights = shipped_weights()
    middle = {name: mean for name, (_, mean, _) in weights.features.items()}
    for name, (_, mean, scale) in weights.features.items():
        assert probability({**middle, name: mean + scale}, weights) >= probability(middle, weights)


def test_few_labels_move_the_weights_they_start_from_only_a_little() -> None:
    few = read_weights(fit(labels(80, backwards=True), start=shipped_weights()).weights, name="few")
    many = read_weights(fit(labels(2000, backwards=True), start=shipped_weights()).weights, name="many")
    strong = {name: mean + 2 * scale for name, (_, mean, scale) in shipped_weights().features.items()}
    before = probability(strong, shipped_weights())
    assert abs(probability(strong, few) - before) < abs(probability(strong, many) - before)


@pytest.mark.parametrize("wrong", [0, 29, 40])
def test_too_few_or_one_sided_labels_are_refused(wrong: int) -> None:
    """40 wrong ones are enough of them, but not beside a thousand right ones."""
    chosen = [label for label in labels(4000) if label.is_right][:1000]
    chosen += [label for label in labels(4000, seed=2) if not label.is_right][:wrong]
    with pytest.raises(TooFewLabels, match="1000 right"):
        fit(chosen)


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"intercept": 1, "features": {"similarity": {"weight": 1, "mean": 0}}},
        {"intercept": 1, "features": {"similarity": {"weight": 1, "mean": 0, "scale": 0}}},
        {"intercept": 1, "features": {"moon": {"weight": 1, "mean": 0, "scale": 1}}},
        {"intercept": "high", "features": {}},
        {"intercept": 1, "features": []},
    ],
)
def test_weights_that_cannot_be_used_are_told_apart(stored: dict[str, object]) -> None:
    with pytest.raises(WeightsUnusable):
        read_weights(stored, name=SHIPPED)


def test_an_edited_answer_that_keeps_the_draft_was_right_and_another_text_was_not() -> None:
    draft = "Send the blender back within 30 days."
    assert was_right("approved", draft=draft, answer=draft)
    assert was_right("edited", draft=draft, answer=f"Dear Anna, {draft}")
    assert not was_right("edited", draft=draft, answer="Please call the repair centre in Venlo.")
    assert not was_right("rejected", draft=draft, answer="")
