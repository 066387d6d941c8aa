from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from knowledge.ranking import Candidate, fuse, same_language

CANDIDATES = st.lists(
    st.builds(
        Candidate,
        chunk_id=st.integers(1, 10_000),
        article_id=st.integers(1, 5),
        position=st.integers(0, 5),
        language=st.sampled_from(["", "en", "zh-hans", "zh-hant", "de"]),
        similarity=st.sampled_from([-0.2, 0.0, 0.3, 0.3, 0.9]),
        lexical=st.sampled_from([0.0, 0.4, 0.4, 1.3]),
    ),
    max_size=30,
    unique_by=lambda one: one.chunk_id,
)


@given(CANDIDATES, st.randoms(use_true_random=False), st.sampled_from([None, "en", "zh-hans"]))
def test_order_does_not_depend_on_how_candidates_come_in(candidates, random, language) -> None:
    shuffled = list(candidates)
    random.shuffle(shuffled)
    assert fuse(candidates, language=language) == fuse(shuffled, language=language)


@given(CANDIDATES)
def test_each_candidate_has_one_place_and_scores_never_rise(candidates) -> None:
    ranked = fuse(candidates)
    assert [one.rank for one in ranked] == list(range(1, len(candidates) + 1))
    assert {one.chunk_id for one in ranked} == {one.chunk_id for one in candidates}
    assert all(one.score >= other.score for one, other in pairwise(ranked))
    assert all(0.0 <= one.score <= 1.0 for one in ranked)


@given(CANDIDATES)
def test_a_score_does_not_depend_on_the_other_candidates(candidates) -> None:
    together = {one.chunk_id: one.score for one in fuse(candidates)}
    assert all(fuse([one])[0].score == together[one.chunk_id] for one in candidates)


def test_the_customers_language_comes_first_among_equals() -> None:
    shared = {"article_id": 1, "position": 0, "similarity": 0.8, "lexical": 0.5}
    candidates = [Candidate(chunk_id=n, language=code, **shared) for n, code in enumerate(["en", "zh-hans"], start=1)]
    assert fuse(candidates, language="zh-hant")[0].chunk_id == 2
    assert len(fuse(candidates, language="zh-hant")) == 2


def test_an_unknown_language_is_not_punished() -> None:
    assert same_language("", "en") and same_language("de", None) and not same_language("de", "en")
