"""What the closed form says of an example left out is what a second training without it would say."""

import numpy as np
import pytest

from chatbot.intents.ridge import fit_ridge

PENALTY = 0.5


def examples(seed: int, classes: int = 4, each: int = 6, width: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), each)
    return (rng.normal(size=(len(labels), width)) + 2 * np.eye(classes, width)[labels]).astype(np.float32), labels


def trained_without(features: np.ndarray, labels: np.ndarray, left: np.ndarray, classes: int) -> np.ndarray:
    """Scores of the rows `left` by a fit in which they have no part; middle and shares are those of all rows."""
    targets = np.eye(classes)[labels]
    share = targets.mean(axis=0)
    centred = features - features.mean(axis=0)
    kept = ~left
    products = centred[kept].T @ centred[kept] + PENALTY * np.eye(features.shape[1])
    weights = np.linalg.solve(products, centred[kept].T @ (targets - share)[kept])
    return centred[left] @ weights + share


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_example_left_out_is_scored_as_by_a_training_without_it(seed: int) -> None:
    features, labels = examples(seed)
    fit = fit_ridge(features, labels, 4, penalty=PENALTY)
    for row in range(len(labels)):
        left = np.arange(len(labels)) == row
        assert np.allclose(fit.without_itself[row], trained_without(features, labels, left, 4)[0], atol=2e-3)


def test_a_class_left_out_is_scored_as_by_a_training_without_it() -> None:
    features, labels = examples(4)
    fit = fit_ridge(features, labels, 4, penalty=PENALTY)
    for number in range(4):
        left = labels == number
        others = [column for column in range(4) if column != number]
        wanted = trained_without(features, labels, left, 4)[:, others]
        assert np.allclose(fit.without_class[left][:, others], wanted, atol=5e-3)
        assert np.isneginf(fit.without_class[left][:, number]).all()
