"""Word by word, a passage that has what is asked for is closer than one that only sounds like it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.closeness import Compared, closeness
from knowledge.minilm import read_question

QUESTION = "How do I strike text through in GitHub?"
WORDS = [(9, 15), (16, 20), (32, 38)]  # strike, text, GitHub


def passage(text: str, *title_words: tuple[int, int]) -> Compared:
    return Compared(text=text, title_words=title_words)


def test_the_word_that_is_missing_shows_in_the_weakest() -> None:
    github, gmail = closeness(
        QUESTION,
        WORDS,
        [
            passage("Strike text through in GitHub\n\nPut two tildes around it.", (23, 29)),
            passage("Strike text through in Gmail\n\nUse a word processor.", (23, 28)),
        ],
    )
    assert github.mean > gmail.mean
    assert github.weakest > gmail.weakest + 0.1
    assert github.whole > gmail.whole
    assert github.title is not None and gmail.title is not None and github.title > gmail.title + 0.1


def test_every_word_of_a_text_is_found_in_itself() -> None:
    """Punctuation has no say, and eight bits a number are enough."""
    [same] = closeness(QUESTION, WORDS, [passage(QUESTION)])
    assert same.weakest == pytest.approx(1.0, abs=0.02)


def test_a_question_without_words_is_compared_with_nothing() -> None:
    assert closeness("???", [], [passage("Strike text through.")]) == []
    assert closeness("", [(0, 4)], [passage("Strike text through.")]) == []


def test_words_behind_what_the_model_reads_are_left_out() -> None:
    long = "word " * 2_000
    assert closeness(long, [(9_000, 9_004)], [passage("word")]) == []
    assert len(closeness(long, [(0, 4), (9_000, 9_004)], [passage(text) for text in ("word", "", "\ud800")])) == 3


@settings(max_examples=20, deadline=None)
@given(question=st.text(max_size=60), text=st.text(max_size=120), data=st.data())
def test_likenesses_are_cosines_whatever_is_read(question: str, text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(question)))
    end = data.draw(st.integers(start, len(question)))
    for one in closeness(question, [(start, end)], [passage(text)]):
        assert -1.01 <= one.weakest <= one.mean <= 1.01


def test_comparing_reads_the_question_no_second_time() -> None:
    before = read_question.cache_info().misses
    closeness("Is the kettle dishwasher safe?", [(7, 13)], [passage("Wipe the kettle.")])
    closeness("Is the kettle dishwasher safe?", [(7, 13)], [passage("Boil the kettle.")])
    assert read_question.cache_info().misses == before + 1
