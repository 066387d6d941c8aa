"""How probable a model's words were to itself is taken where a server tells, and never costs an answer."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.llm.client import _Written

json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["content", "logprob", "x"]), inner),
    max_leaves=8,
)


def event(piece: str, logprobs: object, **delta: str) -> dict[str, object]:
    return {"choices": [{"delta": {"content": piece, **delta}, "logprobs": logprobs}]}


def told(*values: float) -> dict[str, object]:
    return {"content": [{"token": "x", "logprob": value} for value in values]}


def test_it_is_the_geometric_mean_over_visible_tokens() -> None:
    written = _Written(model="m")
    written.take(event("", told(math.log(0.01)), reasoning="hidden"))
    written.take(event("Within ", told(math.log(0.9))))
    written.take(event("30 days.", told(math.log(0.4), math.log(0.9))))
    assert written.token_probability() == pytest.approx((0.9 * 0.4 * 0.9) ** (1 / 3))


@pytest.mark.parametrize("logprobs", [None, {}, [], {"content": None}, {"content": [None, {"logprob": "high"}]}])
def test_a_server_that_does_not_tell_leaves_it_open(logprobs: object) -> None:
    written = _Written(model="m")
    assert written.take(event("Yes.", logprobs)) == "Yes."
    assert written.token_probability() is None


@given(json_values)
def test_whatever_a_server_says_the_words_are_kept(logprobs: object) -> None:
    written = _Written(model="m")
    assert written.take(event("Yes.", logprobs)) == "Yes."
    known = written.token_probability()
    assert known is None or 0.0 <= known <= 1.0
