"""What speaks for a passage does not depend on what the articles are about, nor on their order of arrival."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from chatbot.pipeline.evidence import FEATURES, evidence
from knowledge.retrieval import Passage

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


@given(question=st.text(max_size=200), field=st.lists(passages, max_size=12))
def test_every_figure_is_there_and_finite_whatever_is_asked(question: str, field: list[Passage]) -> None:
    found = evidence(question, PASSAGE, [PASSAGE, *field])
    assert set(found) == set(FEATURES)
    assert all(abs(value) < 1000 for value in found.values())
    assert 0 <= found["word_coverage"] <= found["article_coverage"] <= 1 + 1e-9


def test_a_passage_far_ahead_of_the_field_leads_more_than_one_in_its_middle() -> None:
    ahead = evidence(
        "descale kettle", PASSAGE, [PASSAGE, *[replace(OTHER, chunk_id=n, article_id=n) for n in range(2, 30)]]
    )
    same = [replace(PASSAGE, chunk_id=n, article_id=n) for n in range(2, 30)]
    level = evidence("descale kettle", PASSAGE, [PASSAGE, *same])
    assert ahead["lead"] > level["lead"]
    assert ahead["margin"] > level["margin"] == 0
    assert ahead["lead_in_deviations"] > level["lead_in_deviations"]


def test_words_that_only_this_passage_has_weigh_most() -> None:
    common = [replace(OTHER, chunk_id=n, article_id=n, text="boil parcels") for n in range(2, 30)]
    rare = evidence("vinegar boil", PASSAGE, [PASSAGE, *common])
    without = evidence("lemon boil", PASSAGE, [PASSAGE, *common])
    assert rare["word_coverage"] == 1.0
    assert without["word_coverage"] < 0.1


def test_another_piece_of_the_same_article_is_no_rival() -> None:
    piece = replace(PASSAGE, chunk_id=5, score=0.84)
    assert evidence("kettle", PASSAGE, [PASSAGE, piece, OTHER])["margin"] == PASSAGE.score - OTHER.score
