"""Grouping and naming, without a database: what holds for any vectors and any words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.topics.evaluation import compared
from analytics.topics.grouping import BY_MEANING, LOOSE, Matrix, group, no_centres
from analytics.topics.naming import NAME_WORDS, name_of, shared_terms, telling, terms

DIMENSIONS = 8


def vectors(seed: int, clusters: int, each: int, spread: float = 0.25) -> Matrix:
    """Rows of length 1 around a few directions, mixed."""
    random = np.random.default_rng(seed)
    middles = random.normal(size=(clusters, DIMENSIONS))
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    found = np.repeat(middles, each, axis=0) + random.normal(scale=spread, size=(clusters * each, DIMENSIONS))
    random.shuffle(found)
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), clusters=st.integers(1, 6), each=st.integers(1, 12), cut=st.integers(0, 72))
def test_grouping_on_keeps_the_groups_and_again_changes_nothing(seed: int, clusters: int, each: int, cut: int) -> None:
    rows = vectors(seed, clusters, each)
    people = list(range(len(rows)))
    first = group(rows[:cut], people[:cut], no_centres(DIMENSIONS), least_questions=3, least_people=2)
    second = group(rows, people, first.centres, least_questions=3, least_people=2)
    assert len(second.centres) >= len(first.centres)
    again = group(rows, people, second.centres, least_questions=3, least_people=2)
    assert len(again.labels) == len(rows)
    for found in (first, second, again):
        assert all(LOOSE <= label < len(found.centres) for label in found.labels)
    for label, row in zip(again.labels, rows, strict=True):
        cosines = again.centres @ row
        if label != LOOSE:
            assert cosines[label] == pytest.approx(cosines.max(), abs=1e-5)
            assert cosines[label] >= BY_MEANING.near - 1e-5


@given(seed=st.integers(0, 1_000))
@settings(max_examples=20, deadline=None)
def test_the_same_questions_give_the_same_groups(seed: int) -> None:
    rows = vectors(seed, 3, 8)
    found = [group(rows, range(24), no_centres(DIMENSIONS), least_questions=3, least_people=2) for _ in range(2)]
    assert found[0].labels == found[1].labels


def test_a_group_needs_enough_questions_of_enough_people() -> None:
    rows = np.tile(vectors(1, 1, 1), (4, 1))
    for people, least_questions, least_people, groups in (
        ([1, 1, 1, 1], 3, 2, 0),
        ([1, 1, 1, 2], 3, 2, 1),
        ([1, 2, 3, 4], 5, 2, 0),
        ([1, 1, 1, 1], 2, 1, 1),
    ):
        found = group(rows, people, no_centres(DIMENSIONS), least_questions=least_questions, least_people=least_people)
        assert len(found.centres) == groups


def test_nothing_asked_is_no_group() -> None:
    found = group(no_centres(DIMENSIONS), [], no_centres(DIMENSIONS), least_questions=3, least_people=2)
    assert (found.labels, len(found.centres)) == ((), 0)


def test_clear_groups_are_found_as_they_are() -> None:
    rows = np.repeat(np.eye(DIMENSIONS, dtype=np.float32)[:4], 10, axis=0)
    labels = [str(number // 10) for number in range(40)]
    found = compared(rows, labels, days=4).day_by_day
    assert (found.groups, found.grouped, found.purity) == (4, 1.0, 1.0)
    assert found.adjusted_mutual_information == pytest.approx(1.0)


def test_a_name_tells_a_group_from_the_others() -> None:
    cards = [(number, f"Where is my new card, {word}?") for number, word in enumerate(("please", "thanks", "hello"))]
    rates = [(number, "Which exchange rate do you use for my card?") for number in range(3)]
    words = telling({1: shared_terms(cards, language="en"), 2: shared_terms(rates, language="en")})
    assert name_of(words[1], otherwise="?") == "new card"
    assert name_of(words[2], otherwise="?").startswith("exchange rate")


def test_what_one_customer_alone_said_names_nothing() -> None:
    asked = [(1, "My cockatoo"), (1, "The cockatoo again"), (2, "My parrot"), (3, "A parrot")]
    assert set(shared_terms(asked, language="en")) == {"parrot"}
    assert name_of([], otherwise="My parrot") == "My parrot"


def test_placeholders_numbers_and_stop_words_are_no_terms() -> None:
    assert terms("Hi, I am [PERSON_1], where is order 4711 of [DATE_2] now?", language="en") == ["order"]
    assert "[" not in "".join(terms("[ORDER_1]", language="en"))


def test_chinese_is_named_by_words() -> None:
    asked = [(number, "退货的运费由谁承担？") for number in range(2)]
    assert "运费" in shared_terms(asked, language="zh")


@given(st.lists(st.text(max_size=30), max_size=8))
def test_a_name_is_short_whatever_the_words_are(texts: list[str]) -> None:
    counts = shared_terms([(number % 3, text) for number, text in enumerate(texts)], language="en")
    name = name_of(telling({1: counts})[1], otherwise="x")
    assert 0 < len(name) <= 120
    assert name.count(", ") < NAME_WORDS
