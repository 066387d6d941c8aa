"""Keys, guards and the measurement of answers given before: pure."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.audience import Audience
from knowledge.caches.environment import audience_key
from knowledge.caches.kept import KeptAnswer, Origin, from_json, kept_id, to_json
from knowledge.caches.measuring import BOUNDS, chosen_bound, measure
from knowledge.caches.nearest import says_the_same

TEXT = st.text(st.characters(codec=None), max_size=40)
TIERS = st.sampled_from([None, "", "gold", "free"])
ATTRIBUTES = st.dictionaries(st.sampled_from(["country", "plan", "id"]), st.sampled_from(["de", "cn", ""]))


@given(TEXT, TEXT, TEXT, TEXT)
def test_a_kept_answer_comes_back_as_it_went(question: str, answer: str, language: str, embedder: str) -> None:
    kept = KeptAnswer(
        question=question, answer=answer, audience="key", language=language, embedder=embedder, articles={7: "hash"},
        cited=(), origin=Origin.SENT, confidence=0.9, milliseconds=12.5, kept_at=1.0,
    )  # fmt: skip
    assert from_json(to_json(kept)) == kept


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"question": "?"}', "null"])
def test_what_another_version_has_written_is_no_answer(text: str) -> None:
    assert from_json(text) is None


@given(TIERS, ATTRIBUTES, TIERS, ATTRIBUTES, st.sets(st.sampled_from(["country", "plan"])))
def test_two_customers_share_a_key_exactly_if_articles_cannot_tell_them_apart(
    tier, attributes, other_tier, others, asked
) -> None:
    first, second = Audience(tier=tier, attributes=attributes), Audience(tier=other_tier, attributes=others)
    alike = tier == other_tier and all(attributes.get(name) == others.get(name) for name in asked)
    same_key = audience_key(first, attributes=asked) == audience_key(second, attributes=asked)
    assert same_key is alike


def test_case_blanks_and_punctuation_make_no_other_question_but_audience_and_language_do() -> None:
    first = kept_id("How much is it?", audience="a", language="en")
    assert kept_id("  how MUCH is it ", audience="a", language="en") == first
    assert kept_id("How much is it?", audience="b", language="en") != first
    assert kept_id("How much is it?", audience="a", language="de") != first


@pytest.mark.parametrize(
    ("asked", "kept"),
    [("within 30 days?", "within 60 days?"), ("the K-170 leaks", "the K-160 leaks"), ("I can pay", "I cannot pay"),
     ("it works", "it doesn't work"), ("能退", "不能退")],
)  # fmt: skip
def test_other_numbers_and_a_negation_make_another_question(asked: str, kept: str) -> None:
    assert not says_the_same(asked, kept) and says_the_same(asked, asked)


class Plane:
    """Questions as angles in degrees."""

    name, dimensions = "plane", 2

    def embed_passages(self, texts):
        angles = np.radians([float(text.split()[0].replace("x", "")) for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)

    embed_questions = embed_passages


def test_hits_and_wrong_hits_are_counted_at_each_bound() -> None:
    measured = measure([("0", "a"), ("90", "b"), ("0", "a"), ("90", "c")], embedder=Plane())
    assert [one.bound for one in measured.at] == list(BOUNDS)
    assert (measured.at[-1].hit_rate, measured.at[-1].wrong_hit_rate) == (0.5, 0.5)
    assert [one.wrong_rate for one in measured.at] == [0.25] * len(BOUNDS)
    assert chosen_bound([measured], most_wrong=0.2) is None
    assert chosen_bound([measured], most_wrong=0.25) == BOUNDS[0]
