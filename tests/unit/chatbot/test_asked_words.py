"""Which words of a question a passage should have."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.rules.words import asked_words, content_spans, content_words


@pytest.fixture(scope="module", autouse=True)
def _dictionary() -> None:
    """The Chinese dictionary takes a second to load, which is no property's own time."""
    asked_words("退货")


def test_a_question_typed_in_haste_asks_for_the_same_as_a_careful_one() -> None:
    careful = asked_words("My discount code doesn’t work. What’s wrong?")
    assert careful == asked_words("my discount code doesnt work whats wrong") == {"discount", "code", "work", "wrong"}


def test_what_an_answer_denies_still_counts_in_answers() -> None:
    assert content_words("you can't return it") != content_words("you return it")


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("保修多长时间", {"保修"}),
        ("运费多少钱？", {"运费"}),
        ("能退钱吗", {"退钱"}),
        ("Stock 怎么退订", {"stock", "退订"}),
        ("怎么办", {"怎么办"}),
    ],
)
def test_chinese_is_asked_for_by_the_words_that_carry_meaning(question: str, asked: set[str]) -> None:
    assert asked_words(question) == asked


def test_a_question_of_nothing_but_small_words_keeps_some() -> None:
    text = "anything else?"
    assert [text[start:end] for start, end in content_spans(text, most=9)] == ["anything", "else"]
    text = "can I return something?"
    assert [text[start:end] for start, end in content_spans(text, most=9)] == ["return"]


@given(st.text(max_size=200), st.integers(1, 9))
def test_spans_stand_in_the_text_one_behind_the_other(text: str, most: int) -> None:
    found = content_spans(text, most=most)
    assert len(found) <= most
    assert all(0 <= start < end <= len(text) for start, end in found)
    assert all(one[1] <= other[0] for one, other in pairwise(found))


@given(st.text(alphabet="退货多久可以的吗ab ", max_size=40))
def test_any_mixture_has_asked_words_if_it_has_words(text: str) -> None:
    assert all(word.strip() for word in asked_words(text))
