"""A score in a customer's words: found however it is written, and never where it could be a question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.survey.scores import MOST_CHARACTERS, score_in

ENGLISH = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
CHINESE = "零一二三四五六七八九十"
FULL_WIDTH = ("０", "１", "２", "３", "４", "５", "６", "７", "８", "９", "１０")
WRITTEN = (
    "{digits}", "{digits}/10", "{digits} / 10", "{digits} out of 10", "{digits}.", "{digits}!!",
    "**{digits}**", "({digits})", "{wide}", "{wide}／１０", "{wide}。", "{word}", "{word}!", "{word}/ten",
    "{chinese}", "{chinese}分", "{digits}分", "给{digits}分", "I'd say {digits}", "i would give you a {digits}",
    "My score is {digits}", "  {digits}\n", "{digits} points",
)  # fmt: skip
SEPARATORS = (" - ", ", ", ". ", "\n", ": ", " – ", "! ", "，", "。")
COMMENTS = ("great help", "too slow for me", "客服很耐心", "es war gut", "the parcel came late", "👍", "not bad at all")
NO_SCORES = (
    "9 items are missing from my order", "9-10", "9 or 10", "8/9", "9.5", "9,5", "11", "100", "-1", "10%",
    "7/5", "3 months", "9th", "9 days ago", "ten years", "one more thing", "tennis", "none", "9分钟", "6个月",
    "7点", "十分感谢", "十分满意", "三分之二", "How do I return a blender?", "Hello", "thanks", "", "   ", "5 €",
    "1,000",
    "2 the order is late", "1 I can't log in", "10x", "?", "/10", "out of 10", "#9", "9 @ home", "order 9",
)  # fmt: skip


@given(st.integers(0, 10), st.sampled_from(WRITTEN), st.sampled_from(SEPARATORS), st.sampled_from(("", *COMMENTS)))
def test_a_score_is_found_however_it_is_written(value: int, how: str, separator: str, comment: str) -> None:
    written = how.format(digits=value, wide=FULL_WIDTH[value], word=ENGLISH[value], chinese=CHINESE[value])
    found = score_in(written.rstrip() + (separator + comment if comment else ""))
    assert found is not None
    assert (found.value, found.comment) == (value, comment)


@pytest.mark.parametrize("text", NO_SCORES)
def test_what_could_be_anything_else_is_no_score(text: str) -> None:
    assert score_in(text) is None


@pytest.mark.parametrize(
    ("text", "value", "comment"),
    [
        ("9️⃣", 9, ""),
        ("🔟", 10, ""),
        ("9 👍", 9, "👍"),
        ("9 great help", 9, "great help"),
        ("0/10 never again", 0, "never again"),
        ("7 because it took long", 7, "because it took long"),
        ("10 :)", 10, ""),
        ("9分很好", 9, "很好"),
    ],
)
def test_what_customers_write_without_thinking_of_us(text: str, value: int, comment: str) -> None:
    found = score_in(text)
    assert found is not None
    assert (found.value, found.comment) == (value, comment)


@given(st.text(max_size=MOST_CHARACTERS + 50))
def test_no_text_breaks_it_and_no_score_leaves_its_bounds(text: str) -> None:
    found = score_in(text)
    assert found is None or 0 <= found.value <= 10


@given(st.integers(11, 10**12) | st.integers(-(10**6), -1))
def test_a_number_out_of_bounds_is_no_score(number: int) -> None:
    assert score_in(str(number)) is None


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("9", False),
        ("9 - great help", False),
        ("3, where is my parcel?", True),
        ("0 - I want to talk to a human", True),
        ("1. I want a refund", True),
        ("2分，请帮我退货", True),
        ("8 - nobody had to ask twice", False),
    ],
)
def test_a_comment_that_wants_an_answer_is_seen(text: str, asks: bool) -> None:
    found = score_in(text)
    assert found is not None
    assert found.asks_more is asks
