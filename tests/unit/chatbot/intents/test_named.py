"""An intent's name is an example of it where it says something."""

import pytest

from chatbot.intents.named import named_examples


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("card_arrival", "card arrival"),
        ("GetWeather", "get weather"),
        ("Refund_not_showing_up", "refund not showing up"),
        ("delivery date", "delivery date"),
        ("退货", "退货"),
        ("退", "退"),
        ("2fa-reset", "fa reset"),
    ],
)
def test_a_name_is_read_as_words(name: str, said: str) -> None:
    assert named_examples([name, "other"]) == {name: said, "other": "other"}


def test_names_that_say_nothing_teach_nothing() -> None:
    assert named_examples(["17", "intent_1", "intent_2", "a", "--", "refund"]) == {"refund": "refund"}
