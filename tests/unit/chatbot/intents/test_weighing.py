"""The weight of words is learned: high where meaning says nothing, low where it says all."""

import numpy as np
import pytest

from chatbot.intents.ridge import fit_ridge
from chatbot.intents.weighing import WORDS, _left_out, chosen_weighing, double_centred

CLASSES = np.repeat(np.arange(5), 12)


def telling(noise: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rows = np.eye(5, 20)[CLASSES] + rng.normal(scale=noise, size=(len(CLASSES), 20))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_words_count_more_where_meaning_is_noise_and_least_where_words_are() -> None:
    clear, noise = telling(0.45, 1), telling(5.0, 2)
    assert chosen_weighing(clear[:, None], noise, CLASSES, 5).words == min(WORDS)
    assert chosen_weighing(noise[:, None], clear, CLASSES, 5).words > min(WORDS)


@pytest.mark.parametrize("penalty", [0.1, 1.0])
def test_both_closed_forms_say_the_same_of_an_example_left_out(penalty: float) -> None:
    features = telling(0.5, 3)
    by_rows = _left_out(double_centred(features @ features.T), np.eye(5, dtype=np.float32)[CLASSES], penalty)
    by_features = fit_ridge(features, CLASSES, 5, penalty=penalty).without_itself
    assert np.allclose(by_rows, by_features, atol=5e-3)


def test_an_earlier_layer_is_compared_only_where_it_helps() -> None:
    clear, noise, other = telling(0.45, 1), telling(5.0, 2), telling(0.45, 4)
    assert chosen_weighing(np.stack([noise, clear], axis=1), noise, CLASSES, 5).layers == 1
    assert chosen_weighing(np.stack([other, clear], axis=1), noise, CLASSES, 5).layers == 2
