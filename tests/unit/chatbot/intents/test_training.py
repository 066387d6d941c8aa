"""A few examples teach intents; what belongs to none is said to belong to none; a stored model says the same."""

import numpy as np
import pytest

from chatbot.intents.classifier import IntentClassifier
from chatbot.intents.errors import ModelUnreadable, TooFewExamples
from chatbot.intents.readings import asked
from chatbot.intents.storage import packed, unpacked
from chatbot.intents.training import Trained, train
from knowledge.minilm import weights_file

needs_weights = pytest.mark.skipif(weights_file() is None, reason="the model's weights are not installed (make setup)")

EXAMPLES = {
    "delivery date": [
        "when will my parcel arrive",
        "where is my order",
        "how long does delivery take",
        "has my package been shipped yet",
        "my order has not arrived",
        "我的包裹什么时候到",
    ],
    "return": [
        "how do I return a blender",
        "I want to send this back",
        "can I get my money back",
        "return label please",
        "the grinder is not for me, how can I return it",
        "我想退货",
    ],
    "invoice": [
        "please send me an invoice",
        "I need a receipt with VAT",
        "where can I download my bill",
        "the invoice has the wrong address",
        "can you put our tax number on the invoice",
        "怎么开发票",
    ],
}


def trained(**options: object) -> Trained:
    pairs = [(text, name) for name, texts in EXAMPLES.items() for text in texts]
    return train([text for text, _ in pairs], [name for _, name in pairs], **options)


@pytest.fixture(scope="module")
def model() -> IntentClassifier:
    return trained().classifier


@needs_weights
@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("has the parcel with my order left yet?", "delivery date"),
        ("I would like to return my coffee grinder", "return"),
        ("could I have an invoice please", "invoice"),
    ],
)
def test_other_words_of_the_same_wish_find_its_intent(model: IntentClassifier, text: str, intent: str) -> None:
    guess = model.guess(text)
    assert guess.nearest == intent
    assert guess.probability > 0.5


@needs_weights
def test_what_is_far_from_all_examples_has_no_intent(model: IntentClassifier) -> None:
    assert model.guess("who won the football match last night").intent == ""


@needs_weights
def test_a_stored_model_says_what_the_trained_one_said(model: IntentClassifier) -> None:
    again = unpacked(packed(model))
    for text in ("where is my order", "return this", "qwertz"):
        one, other = model.guess(text), again.guess(text)
        assert (one.intent, one.nearest) == (other.intent, other.nearest)
        assert one.probability == pytest.approx(other.probability, abs=0.01)


def test_bytes_that_are_no_model_are_refused() -> None:
    with pytest.raises(ModelUnreadable, match="train again"):
        unpacked(b"PK\x03\x04 no model")


@needs_weights
def test_an_intent_with_too_few_examples_is_left_out_and_named() -> None:
    pairs = [(text, name) for name, texts in EXAMPLES.items() for text in texts] + [("hello", "greeting")]
    found = train([text for text, _ in pairs], [name for _, name in pairs])
    assert found.left_out == {"greeting": 1}
    assert "greeting" not in found.classifier.names


@needs_weights
def test_names_teach_but_nobody_judges_the_model_by_them() -> None:
    found = trained()
    assert len(found.true) == len(found.nearest) == len(found.guessed) == 18
    assert len(found.classifier.landmarks.vectors[0]) == 18 + 3


def test_one_intent_alone_cannot_be_trained() -> None:
    with pytest.raises(TooFewExamples, match="two intents"):
        train(["a", "b", "c", "d", "e"], ["one"] * 5)


@needs_weights
def test_a_message_alone_is_read_as_it_is_among_others() -> None:
    """Training reads many texts at once, in threads; a customer's message comes alone."""
    texts = [
        "ok",
        *(text for texts in EXAMPLES.values() for text in texts),
        "a long one: " + "my parcel did not come, " * 40,
    ]
    together = asked(texts)
    for row, text in enumerate(texts):
        alone = asked([text])
        np.testing.assert_allclose(alone.vectors[0], together.vectors[row], atol=1e-5)
        np.testing.assert_array_equal(alone.states[0], together.states[row])
