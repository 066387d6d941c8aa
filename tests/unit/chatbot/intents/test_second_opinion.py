"""Layers tuned to the intents have a say where they help on examples that they have not seen, and none elsewhere."""

from dataclasses import replace

import numpy as np
import pytest

from chatbot.intents import second_opinion as module
from chatbot.intents.readings import States, asked
from chatbot.intents.second_opinion import SecondOpinion, second_opinion
from chatbot.intents.storage import packed, unpacked
from chatbot.intents.training import train
from knowledge.minilm import weights_file
from tests.unit.chatbot.intents.test_training import EXAMPLES

needs_weights = pytest.mark.skipif(weights_file() is None, reason="the model's weights are not installed (make setup)")
CLASSES = np.repeat(np.arange(3), 6)
TEXTS = [text for texts in EXAMPLES.values() for text in texts]


@pytest.fixture(autouse=True)
def _few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEAST_EXAMPLES", len(CLASSES))


@pytest.fixture(scope="module")
def states() -> tuple[States, ...]:
    return asked(TEXTS).states


def noise() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(len(CLASSES), 3)).astype(np.float32)


@needs_weights
def test_it_is_heard_where_the_first_opinion_knows_nothing(states: tuple[States, ...]) -> None:
    shares: list[float] = []
    found = second_opinion(states, CLASSES, noise(), on_share=shares.append)
    assert found is not None
    assert found.of_tuned > 0
    assert (found.logits(noise(), states).argmax(axis=1) == CLASSES).mean() > 0.8
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@needs_weights
def test_it_is_left_out_where_the_first_opinion_is_right(states: tuple[States, ...]) -> None:
    assert second_opinion(states, CLASSES, 9 * np.eye(3, dtype=np.float32)[CLASSES]) is None


def test_few_examples_are_not_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEAST_EXAMPLES", len(CLASSES) + 1)
    assert second_opinion([], CLASSES, noise()) is None


@needs_weights
def test_a_stored_model_keeps_it(states: tuple[States, ...]) -> None:
    found = second_opinion(states, CLASSES, noise())
    assert isinstance(found, SecondOpinion)
    classifier = train(TEXTS, [str(number) + "x" * number for number in CLASSES]).classifier
    again = unpacked(packed(replace(classifier, second=found)))
    assert again.second is not None
    np.testing.assert_allclose(again.second.logits(noise(), states), found.logits(noise(), states), atol=0.05)
    assert unpacked(packed(classifier)).second is None
