"""The fit learns what is there to learn, and refuses what cannot teach."""

import random
from dataclasses import replace

import pytest

from analytics.calibration import Label, TooFewLabels, fit, labels_of_sets
from analytics.decisions import was_right
from analytics.reliability import expected_calibration_error
from analytics.trials import Case, Trial
from chatbot.pipeline.confidence import (
    SHIPPED,
    WeightsUnusable,
    probability,
    read_weights,
    shipped_weights,
)
from chatbot.pipeline.evidence import FEATURES, IS_UNREAD, TOKEN_PROBABILITY


def labels(count: int, *, seed: int = 1, backwards: bool = False) -> list[Label]:
    """Drafts whose chance of being right grows with what speaks for them."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        strength = chance.random()
        is_right = chance.random() < (1 - strength if backwards else strength)
        features = {name: strength + chance.gauss(0, 0.1) for name in FEATURES if name != IS_UNREAD}
        found.append(Label(features={**features, IS_UNREAD: 0.0}, is_right=is_right))
    return found


def test_what_is_stated_is_what_comes_true() -> None:
    found = fit(labels(1500))
    assert expected_calibration_error(found.stated, found.was_right) < 0.05
    weights = read_weights(found.weights, name="new")
    assert probability(dict.fromkeys(FEATURES, 1.0), weights) > 0.85
    assert probability(dict.fromkeys(FEATURES, 0.0), weights) < 0.15


def test_no_feature_ever_counts_against_a_draft() -> None:
    found = fit(labels(300, backwards=True))
    assert all(row["weight"] >= 0 for name, row in found.weights["features"].items() if name != IS_UNREAD)


def test_a_feature_that_is_missing_says_nothing() -> None:
    chance = random.Random(5)
    known = labels(1500)
    names = [name for name in FEATURES if name not in ("close", IS_UNREAD)]
    holed = [
        replace(
            label, features={name: label.features[name] for name in names} if chance.random() < 0.5 else label.features
        )
        for label in known
    ]
    weights = read_weights(fit(holed).weights, name="holed")
    middle = {name: mean for name, (_, mean, _) in weights.features.items()}
    without = {name: value for name, value in middle.items() if name != "close"}
    assert probability(without, weights) == pytest.approx(probability(middle, weights))
    complete = read_weights(fit(known).weights, name="complete").features["close"]
    assert weights.features["close"][1:] == pytest.approx(complete[1:], rel=0.1)


def test_what_the_model_thought_of_its_words_is_learned_from_decisions() -> None:
    """The shipped weights know nothing of it; where the server tells, decisions show what it is worth."""
    chance = random.Random(3)
    known = []
    for label in labels(1000):
        features = {**label.features, TOKEN_PROBABILITY: chance.uniform(0.7, 1.0)}
        known.append(
            replace(label, features=features, is_right=chance.random() < (features[TOKEN_PROBABILITY] - 0.7) / 0.3)
        )
    learned = read_weights(fit(known, start=shipped_weights()).weights, name="learned")
    sure, unsure = ({**known[0].features, TOKEN_PROBABILITY: value} for value in (0.99, 0.71))
    assert probability(sure, shipped_weights()) == probability(unsure, shipped_weights())
    assert probability(sure, learned) > probability(unsure, learned) + 0.1


def test_a_large_set_of_questions_does_not_drown_a_small_one() -> None:
    def trials(count: int) -> list[Trial]:
        case = Case(question="?", article_ids=frozenset("a"), tier="", kind="")
        one = Trial(
            case=case, features=dict.fromkeys(FEATURES, 0.5), features_without_answer={}, draft="Yes.",
            cited_ids=("a",),
            confidence=0.5, is_sent=False, milliseconds=1.0,
        )  # fmt: skip
        return [one] * count

    found = labels_of_sets([trials(3000), trials(150)])
    large, small = sum(label.weight for label in found[:3000]), sum(label.weight for label in found[3000:])
    assert len(found) == 3150
    assert small < large < 4 * small


def test_more_of_any_feature_never_makes_the_shipped_weights_less_sure() -> None:
    weights = shipped_weights()
    middle = {name: mean for name, (_, mean, _) in weights.features.items()}
    assert set(middle) == set(FEATURES) - {TOKEN_PROBABILITY}
    for name in set(middle) - {IS_UNREAD}:
        _, mean, scale = weights.features[name]
        assert probability({**middle, name: mean + scale}, weights) >= probability(middle, weights)


def test_few_labels_move_the_weights_they_start_from_only_a_little() -> None:
    few = read_weights(fit(labels(80, backwards=True), start=shipped_weights()).weights, name="few")
    many = read_weights(fit(labels(2000, backwards=True), start=shipped_weights()).weights, name="many")
    known = shipped_weights().features.items()
    strong = {name: mean + 2 * scale for name, (_, mean, scale) in known if name != IS_UNREAD}
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
