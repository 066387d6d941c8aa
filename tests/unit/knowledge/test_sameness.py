"""The same question in other clothes is the same; another question is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.sameness import normalised, numbers, same_language


@given(st.text(max_size=80))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


@given(st.lists(st.sampled_from(["how", "long", "Zürich", "退款", "30", "c++"]), min_size=1, max_size=6))
def test_case_blanks_and_punctuation_make_no_other_question(words: list[str]) -> None:
    assert normalised("  ".join(word.upper() for word in words) + " ?!") == normalised(" ".join(words))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Do you ship C++ books?", "Do you ship C books?"),
        ("costs 5 €", "costs 5 $"),
        ("30 days", "60 days"),
        ("a", "not a"),
    ],
)
def test_signs_that_carry_meaning_are_kept(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


def test_chinese_punctuation_is_no_difference() -> None:
    assert normalised("怎么退款？") == normalised("怎么退款")


def test_numbers_are_told_apart() -> None:
    assert numbers("Refund after 30 days?") != numbers("Refund after 60 days?")
    assert numbers("The EM-15, please") == numbers("please: em-15")
    assert numbers("no digits") == frozenset()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("en", "en", True),
        ("zh", "zh-hans", True),
        ("zh-hans", "zh-hant", False),
        ("en", "", False),
        ("en-us", "EN", True),
        ("de", "deu", False),
    ],
)
def test_languages_are_the_same_in_both_directions(one: str, other: str, same: bool) -> None:
    assert same_language(one, other) is same
    assert same_language(other, one) is same
