"""Streams of events are read whole, however the network cuts them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.llm.event_stream import DONE, EVENT_BYTES, StreamUnreadable, events

OBJECTS = st.lists(st.dictionaries(st.text(max_size=8), st.text(max_size=20) | st.integers(), max_size=3), max_size=6)


@given(OBJECTS, st.sampled_from(["data: ", "data:", "data:   "]), st.sampled_from(["\n\n", "\r\n\r\n"]), st.data())
def test_what_was_sent_is_read_wherever_it_is_cut(
    sent: list[dict[str, object]], opens: str, ends: str, data: st.DataObject
) -> None:
    text = "".join(f"{opens}{json.dumps(one)}{ends}: keep-alive{ends}" for one in sent) + f"{opens}[DONE]{ends}"
    whole = text.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    chunks = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert [one for one in events(chunks) if one is not None] == [*sent, DONE]


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_anything_at_all_is_read_or_refused(chunks: list[bytes]) -> None:
    try:
        found = list(events(chunks))
    except StreamUnreadable:
        return
    assert all(one is None or one == DONE or isinstance(one, dict) for one in found)


def test_signs_of_life_are_told_from_words() -> None:
    assert list(events([b": ping\n\n", b"event: x\n\n"])) == [None, None]


@pytest.mark.parametrize("text", [b"data: [1]\n", b"data: {\n", b"data: " + b"[" * 5_000 + b"\n"])
def test_what_is_no_object_is_refused_without_repeating_it(text: bytes) -> None:
    with pytest.raises(StreamUnreadable, match="an event is no"):
        list(events([text]))


def test_a_line_without_end_is_given_up() -> None:
    with pytest.raises(StreamUnreadable, match="too long"):
        list(events([b"data: " + b"x" * 1_000] * (EVENT_BYTES // 1_000 + 2)))
