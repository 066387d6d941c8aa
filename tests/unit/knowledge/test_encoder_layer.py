"""The slopes that train a layer are those of what it computes, and it computes what the embedder does."""

import numpy as np
import pytest

from knowledge.encoder_layer import Parameters, backward, forward, layer_parameters
from knowledge.minilm import SHAPE, read_question, tunable_layers, weights_file

HEADS = 2


def small_layer(rng: np.random.Generator, width: int = 4) -> Parameters:
    shapes = {
        "qkv": (width, 3 * width),
        "mix": (width, width),
        "widen": (width, 2 * width),
        "narrow": (2 * width, width),
    }
    found = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    found |= {name + "_bias": rng.normal(size=shape[1]) for name, shape in shapes.items()}
    for name in ("mix", "narrow"):
        found |= {name + "_gamma": rng.normal(size=width), name + "_beta": rng.normal(size=width)}
    return found


def test_each_slope_is_that_of_the_loss() -> None:
    rng = np.random.default_rng(3)
    of = small_layer(rng)
    states = rng.normal(size=(2, 3, 4))
    shown = np.array([[True, True, True], [True, True, False]])
    wanted = rng.normal(size=states.shape) * shown[:, :, np.newaxis]

    def loss() -> float:
        return float((forward(states, shown, of, heads=HEADS, epsilon=1e-12).second.result * wanted).sum())

    back, slopes = backward(wanted, forward(states, shown, of, heads=HEADS, epsilon=1e-12), of)
    assert slopes.keys() == of.keys()
    for array, slope in [(states, back), *((of[name], slopes[name]) for name in of)]:
        for place in rng.permutation(array.size)[:6]:
            before = array.flat[place]
            array.flat[place] = before + 1e-6
            above = loss()
            array.flat[place] = before - 1e-6
            below = loss()
            array.flat[place] = before
            assert slope.flat[place] == pytest.approx((above - below) / 2e-6, rel=1e-4, abs=1e-6)


@pytest.mark.skipif(weights_file() is None, reason="the model's weights are not installed (make setup)")
def test_untrained_layers_say_what_the_embedder_says() -> None:
    read = read_question("where is my parcel")
    states = read.name_states[np.newaxis, :, -SHAPE.dimensions :]
    for of in tunable_layers():
        states = forward(
            states, np.ones(states.shape[:2], dtype=bool), of, heads=SHAPE.heads, epsilon=SHAPE.epsilon
        ).second.result
    vector = states[0].mean(axis=0)
    assert float(vector @ read.vector / np.linalg.norm(vector)) > 0.99


def test_weights_that_lack_a_part_are_refused() -> None:
    with pytest.raises(KeyError, match="query"):
        layer_parameters({}, 4)
