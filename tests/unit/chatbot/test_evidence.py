"""What speaks for a passage does not depend on what the articles are about, nor on their order of arrival."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.pipeline.evidence import IS_UNREAD, READ, UNREAD, evidence, joint_score
from chatbot.rules.words import asked_words
from knowledge.closeness import Closeness
from knowledge.retrieval import Passage


@pytest.fixture(scope="module", autouse=True)
def _dictionary() -> None:
    """The Chinese dictionary takes a second to load, which is no property's own time."""
    asked_words("退货")


PASSAGE = Passage(
    chunk_id=1, article_id=1, article_external_id="a", article_title="Descale the kettle", article_url="",
    heading_path="", text="Fill it with vinegar and boil it twice.", start=0, end=39, language="en", internal=False,
    similarity=0.8, lexical_score=0.9, score=0.85, rank=1,
)  # fmt: skip
OTHER = replace(
    PASSAGE, chunk_id=2, article_id=2, article_title="Parcels", text="Parcels leave at noon.", similarity=0.3,
    lexical_score=0.1, score=0.2, rank=2,
)  # fmt: skip
passages = st.builds(
    lambda number, article, similarity, lexical, text: replace(
        PASSAGE, chunk_id=number, article_id=article, similarity=similarity, lexical_score=lexical, text=text or "x",
        score=(similarity + lexical) / 2,
    ),
    st.integers(2, 99), st.integers(1, 9), st.floats(-1, 1), st.floats(0, 1.5), st.text(max_size=80),
)  # fmt: skip


@given(question=st.text(max_size=200), field=st.lists(passages, max_size=12), close=st.floats(-1, 1))
def test_every_figure_is_finite_whatever_is_asked(question: str, field: list[Passage], close: float) -> None:
    closeness = {
        passage.chunk_id: Closeness(mean=close, weakest=close, whole=close, title=close)
        for passage in [PASSAGE, *field[:3]]
    }
    found = evidence(question, PASSAGE, [PASSAGE, *field], closeness=closeness)
    assert set(found) == {*READ, IS_UNREAD}
    assert all(abs(value) < 1000 for value in found.values())
    assert 0 <= found["word_coverage"] <= 1 + 1e-9
    assert 0 < found["share"] <= 1


@given(question=st.text(max_size=200), field=st.lists(passages, max_size=12))
def test_a_question_that_the_embedder_cannot_read_is_judged_by_words_alone(question: str, field: list[Passage]) -> None:
    field = [PASSAGE, *field]
    found = evidence(question, PASSAGE, field, is_read=False)
    assert set(found) == {*UNREAD, IS_UNREAD}
    blind = evidence(question, replace(PASSAGE, similarity=0.0), field, is_read=False)
    assert found == blind


def test_what_was_not_compared_word_by_word_is_left_out() -> None:
    found = evidence("descale kettle", PASSAGE, [PASSAGE, OTHER])
    assert set(found) == {*READ[:6], IS_UNREAD}


def test_a_rival_that_is_closer_word_by_word_speaks_against_a_passage() -> None:
    near = Closeness(mean=0.9, weakest=0.8, whole=0.8, title=None)
    far = Closeness(mean=0.5, weakest=0.3, whole=0.4, title=0.9)
    ahead = evidence("descale", PASSAGE, [PASSAGE, OTHER], closeness={1: near, 2: far})
    behind = evidence("descale", PASSAGE, [PASSAGE, OTHER], closeness={1: near, 2: replace(near, mean=1.0)})
    assert ahead["close_margin"] > 0 > behind["close_margin"]
    assert "close_title" not in ahead  # its title has no words that carry meaning
    assert ahead["joint_margin"] > behind["joint_margin"]


def test_a_passage_that_alone_has_the_words_is_ahead_of_one_that_shares_them() -> None:
    twin = replace(PASSAGE, chunk_id=7, article_id=7)
    for name, is_read in (("word_coverage_margin", True), ("unread_word_coverage_margin", False)):
        alone = evidence("vinegar", PASSAGE, [PASSAGE, OTHER], is_read=is_read)[name]
        assert alone > evidence("vinegar", PASSAGE, [PASSAGE, twin, OTHER], is_read=is_read)[name] == 0
        assert alone > evidence("vinegar lemon", PASSAGE, [PASSAGE, OTHER], is_read=is_read)[name]


def test_the_title_and_the_whole_question_count_when_passages_are_put_in_order() -> None:
    plain = Closeness(mean=0.6, weakest=0.5, whole=0.5, title=0.3)
    assert joint_score(PASSAGE, replace(plain, title=0.7)) > joint_score(PASSAGE, plain)
    assert joint_score(PASSAGE, replace(plain, whole=0.6)) > joint_score(PASSAGE, plain)
    assert joint_score(PASSAGE, replace(plain, title=None)) == joint_score(PASSAGE, plain)


def test_a_passage_far_ahead_of_the_field_leads_more_than_one_in_its_middle() -> None:
    ahead = evidence(
        "descale kettle", PASSAGE, [PASSAGE, *[replace(OTHER, chunk_id=n, article_id=n) for n in range(2, 30)]]
    )
    same = [replace(PASSAGE, chunk_id=n, article_id=n) for n in range(2, 30)]
    level = evidence("descale kettle", PASSAGE, [PASSAGE, *same])
    assert ahead["lead"] > level["lead"]
    assert ahead["margin"] > level["margin"] == 0
    assert ahead["share"] > level["share"]


def test_words_that_only_this_passage_has_weigh_most() -> None:
    common = [replace(OTHER, chunk_id=n, article_id=n, text="boil parcels") for n in range(2, 30)]
    rare = evidence("vinegar boil", PASSAGE, [PASSAGE, *common])
    without = evidence("lemon boil", PASSAGE, [PASSAGE, *common])
    assert rare["word_coverage"] == 1.0
    assert without["word_coverage"] < 0.1


def test_another_piece_of_the_same_article_is_no_rival() -> None:
    piece = replace(PASSAGE, chunk_id=5, score=0.84)
    assert evidence("kettle", PASSAGE, [PASSAGE, piece, OTHER])["margin"] == PASSAGE.score - OTHER.score
