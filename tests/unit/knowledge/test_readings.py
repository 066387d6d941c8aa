"""What is stored of a passage is what was read, number by number; anything else is told from it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from knowledge.minilm import SHAPE
from knowledge.readings import Reading, packed, unpacked

spans = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), max_size=20).map(tuple)
states = st.integers(0, 6).flatmap(lambda tokens: arrays(np.int8, (tokens, SHAPE.dimensions)))
TEXT = "Returns\n\nSend it back within 30 days."


@given(states=states, spans=spans, text=st.text())
def test_a_stored_reading_is_the_reading(states: np.ndarray, spans: tuple[tuple[int, int], ...], text: str) -> None:
    back = unpacked(packed(Reading(states=states, title_spans=spans), text), text)
    assert back is not None
    assert np.array_equal(back.states, states)
    assert back.title_spans == spans


@given(stored=st.binary(max_size=60))
def test_damage_is_read_anew_and_never_believed(stored: bytes) -> None:
    whole = packed(Reading(states=np.ones((3, SHAPE.dimensions), dtype=np.int8), title_spans=((0, 7),)), TEXT)
    assert unpacked(stored, TEXT) is None
    assert unpacked(whole[:8] + stored, TEXT) is None
    assert unpacked(whole[:-1], TEXT) is None


def test_the_reading_of_another_text_is_not_taken() -> None:
    stored = packed(Reading(states=np.ones((3, SHAPE.dimensions), dtype=np.int8), title_spans=()), TEXT)
    assert unpacked(stored, TEXT + "!") is None
