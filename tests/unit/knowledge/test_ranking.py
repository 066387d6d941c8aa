import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.article_signals import NO_SIGNALS, citation_share, freshness
from knowledge.ranking import (
    ENTRY_CHARACTERS,
    NO_SIGNAL_WEIGHTS,
    PASSAGE_CHARACTERS,
    Candidate,
    EmbedderWeights,
    Ranked,
    Shares,
    SignalWeights,
    fuse,
    fuse_by_rank,
    fused_score,
    is_latin,
    language_factor,
    parts_of,
    rank_parts,
    read_weights,
    same_language,
    share_among,
    stored_weights,
    vector_share,
    weights_of,
)
from knowledge.ranking_learning import Judged, JudgedSet, learn, report, write_weights

CANDIDATES = st.lists(
    st.builds(
        Candidate,
        chunk_id=st.integers(1, 10_000),
        article_id=st.integers(1, 5),
        position=st.integers(0, 5),
        characters=st.sampled_from([1, ENTRY_CHARACTERS, 150, PASSAGE_CHARACTERS, 1_800]),
        language=st.sampled_from(["", "en", "zh-hans", "zh-hant", "de"]),
        similarity=st.sampled_from([-0.2, 0.0, 0.3, 0.3, 0.9]),
        lexical=st.sampled_from([0.0, 0.4, 0.4, 1.3]),
        freshness=st.sampled_from([0.0, 0.5, 1.0]),
        citations=st.sampled_from([0.25, 0.9]),
    ),
    max_size=30,
    unique_by=lambda one: one.chunk_id,
)

SHARES = Shares(passages=0.7, entries=0.9, unread=0.1)


def in_order(candidates: list[Candidate], *, language: str | None = None) -> list[Ranked]:
    return fuse(candidates, share=share_among(candidates, SHARES, is_read=True), language=language)


@given(CANDIDATES, st.randoms(use_true_random=False), st.sampled_from([None, "en", "zh-hans"]))
def test_order_does_not_depend_on_how_candidates_come_in(candidates, random, language) -> None:
    shuffled = list(candidates)
    random.shuffle(shuffled)
    assert in_order(candidates, language=language) == in_order(shuffled, language=language)
    assert fuse_by_rank(candidates, language=language) == fuse_by_rank(shuffled, language=language)


SIGNALS = st.builds(SignalWeights, freshness=st.floats(0.0, 0.1), citations=st.floats(0.0, 0.1))


@given(CANDIDATES, st.sampled_from([None, "en", "zh-hans"]), st.floats(0.0, 1.0), SIGNALS)
def test_the_parts_of_a_score_add_up_to_it(candidates, language, share, signals) -> None:
    for one in candidates:
        points = sum(part.points for part in parts_of(one, share=share, signals=signals))
        score = fused_score(one, share=share, language=language, signals=signals)
        assert points * language_factor(one.language, language) == pytest.approx(score)
        assert 0.0 <= score <= 1.0
    parts = rank_parts(candidates)
    for ranked in fuse_by_rank(candidates):
        assert sum(part.points for part in parts[ranked.chunk_id]) == pytest.approx(ranked.score)


@given(CANDIDATES, st.floats(0.0, 1.0), st.randoms(use_true_random=False))
def test_signals_that_count_for_nothing_change_no_score_and_no_order(candidates, share, random) -> None:
    others = [replace(one, freshness=random.random(), citations=random.random()) for one in candidates]
    assert fuse(others, share=share) == fuse(candidates, share=share)


@given(CANDIDATES, st.floats(0.0, 1.0), SIGNALS)
def test_articles_that_are_equally_fresh_and_cited_keep_their_order(candidates, share, signals) -> None:
    alike = [replace(one, freshness=0.5, citations=0.25) for one in candidates]
    before = {one.chunk_id: one.score for one in fuse(alike, share=share)}
    after = [before[one.chunk_id] for one in fuse(alike, share=share, signals=signals)]
    assert all(first >= second - 1e-9 for first, second in pairwise(after))


@given(st.integers(-5, 5_000), st.integers(0, 10_000), st.integers(0, 10_000))
def test_what_is_stored_of_an_article_is_a_share_and_more_is_more(days, found, cited) -> None:
    assert 0.0 < freshness(days) <= 1.0 and freshness(days + 1) <= freshness(days)
    assert 0.0 < citation_share(found, cited) <= 1.0
    found = found + cited
    assert citation_share(found + 1, cited + 1) >= citation_share(found, cited) >= citation_share(found + 1, cited)
    assert citation_share(0, 0) == NO_SIGNALS.citations


def signalled(*, right_first: bool, count: int = 30) -> JudgedSet:
    """Two documents that fit alike; the right one is fresher and more often cited, or not."""
    signals = np.array([[0.9, 0.8], [0.1, 0.2]])
    one = Judged(
        measures=np.array([[0.5, 0.5], [0.51, 0.51]]), signals=signals if right_first else signals[::-1],
        documents=("a", "b"), right={"a": 1.0}, is_read=True,
    )  # fmt: skip
    return JudgedSet(name="made", is_entries=False, questions=(one,) * count)


def test_freshness_and_citations_count_only_where_known_questions_gain_by_it() -> None:
    gained = learn([signalled(right_first=True)], before=BEFORE).signals
    assert 0.0 < gained.freshness <= 0.1 and 0.0 < gained.citations <= 0.1
    assert learn([signalled(right_first=False)], before=BEFORE).signals == NO_SIGNAL_WEIGHTS
    assert learn([signalled(right_first=True, count=5)], before=BEFORE).signals == NO_SIGNAL_WEIGHTS
    assert learn([judged(best_by=0)], before=BEFORE).signals == NO_SIGNAL_WEIGHTS, "nothing differs: nothing is learned"


def test_the_weights_that_ship_leave_both_out() -> None:
    assert {row.signals for row in stored_weights().values()} == {NO_SIGNAL_WEIGHTS}
    with pytest.raises(ValueError, match="freshness"):
        read_weights({"passages": 0.5, "entries": 0.5, "unread": 0.5, "reads_only_latin": False, "freshness": 0.5})


def test_reciprocal_rank_knows_places_only() -> None:
    shared = {"article_id": 1, "position": 0, "characters": 500, "language": ""}
    candidates = [
        Candidate(chunk_id=1, similarity=0.9, lexical=0.9, **shared),
        Candidate(chunk_id=2, similarity=0.1, lexical=0.0, **shared),
    ]
    first, second = fuse_by_rank(candidates)
    assert (first.chunk_id, first.score) == (1, 1.0)
    assert second.score == pytest.approx(61 / 62 / 2)


@given(CANDIDATES)
def test_each_candidate_has_one_place_and_scores_never_rise(candidates) -> None:
    ranked = in_order(candidates)
    assert [one.rank for one in ranked] == list(range(1, len(candidates) + 1))
    assert {one.chunk_id for one in ranked} == {one.chunk_id for one in candidates}
    assert all(one.score >= other.score for one, other in pairwise(ranked))
    assert all(0.0 <= one.score <= 1.0 for one in ranked)


@given(CANDIDATES)
def test_a_score_depends_on_the_other_candidates_only_through_their_length(candidates) -> None:
    alike = [replace(one, characters=500) for one in candidates]
    together = {one.chunk_id: one.score for one in in_order(alike)}
    assert all(in_order([one])[0].score == together[one.chunk_id] for one in alike)


def test_the_customers_language_comes_first_among_equals() -> None:
    shared = {"article_id": 1, "position": 0, "characters": 500, "similarity": 0.8, "lexical": 0.5}
    candidates = [Candidate(chunk_id=n, language=code, **shared) for n, code in enumerate(["en", "zh-hans"], start=1)]
    assert in_order(candidates, language="zh-hant")[0].chunk_id == 2
    assert len(in_order(candidates, language="zh-hant")) == 2


def test_an_unknown_language_is_not_punished() -> None:
    assert same_language("", "en") and same_language("de", None) and not same_language("de", "en")


def test_the_share_moves_evenly_from_short_entries_to_passages() -> None:
    shares = [vector_share(characters, SHARES) for characters in range(2_000)]
    assert (shares[0], shares[-1]) == (SHARES.entries, pytest.approx(SHARES.passages))
    assert all(before >= after for before, after in pairwise(shares))


def test_a_question_that_the_embedder_does_not_read_is_ranked_by_its_words() -> None:
    like_words = Candidate(
        chunk_id=1, article_id=1, position=0, characters=500, language="", similarity=0.1, lexical=0.9
    )
    like_vectors = Candidate(
        chunk_id=2, article_id=2, position=0, characters=500, language="", similarity=0.9, lexical=0.1
    )
    both = [like_words, like_vectors]
    assert [one.chunk_id for one in fuse(both, share=share_among(both, SHARES, is_read=False))] == [1, 2]
    assert [one.chunk_id for one in in_order(both)] == [2, 1]


@pytest.mark.parametrize(
    ("question", "latin"),
    [("Where is it?", True), ("¿Dónde está?", True), ("在哪里", False), ("SV-410 充满电要几个小时", False),
     ("где", False), ("Does 支付宝 work as a means of payment", True)],
)  # fmt: skip
def test_the_script_of_most_of_a_question_counts(question: str, latin: bool) -> None:
    assert is_latin(question) is latin


def test_the_shipped_weights_can_be_read_and_serve_every_embedder() -> None:
    assert set(stored_weights()) >= {"minilm", "other"}
    assert weights_of("minilm-int8") == weights_of("minilm") != weights_of("bge-m3")
    assert weights_of("minilm").reads("Where?") and not weights_of("minilm").reads("在哪里？")
    assert weights_of("bge-m3").reads("在哪里？")


@pytest.mark.parametrize("wrong", [{"passages": 1.2}, {"entries": -0.1}, {"unread": "much"}])
def test_shares_beyond_their_bounds_are_refused(wrong) -> None:
    row = {"passages": 0.5, "entries": 0.5, "unread": 0.5, "reads_only_latin": True} | wrong
    with pytest.raises(ValueError):
        read_weights(row)


def judged(*, best_by: int, is_read: bool = True, count: int = 30, is_entries: bool = False) -> JudgedSet:
    """Questions whose right document is first by vectors (0) or by words (1), and last by the other."""
    rows = [[0.9, 0.1], [0.1, 0.9]]
    right = "a" if best_by == 0 else "b"
    one = Judged(
        measures=np.array(rows), signals=np.zeros((2, 2)), documents=("a", "b"), right={right: 1.0}, is_read=is_read
    )
    return JudgedSet(name="made", is_entries=is_entries, questions=(one,) * count)


BEFORE = EmbedderWeights(shares=SHARES, reads_only_latin=True)


def test_the_search_that_is_right_gets_the_larger_share() -> None:
    learned = learn(
        [judged(best_by=0), judged(best_by=1, is_entries=True), judged(best_by=1, is_read=False)], before=BEFORE
    )
    assert learned.shares.passages > 0.5 > learned.shares.entries and learned.shares.unread < 0.5
    assert [row.fused for row in report([judged(best_by=0)], learned)] == [(1.0, 1.0)]


def test_few_questions_teach_nothing() -> None:
    assert learn([judged(best_by=1, count=3)], before=BEFORE) == BEFORE


def test_learned_weights_replace_one_embedders_row_and_are_read_again(tmp_path: Path) -> None:
    file = tmp_path / "weights.json"
    write_weights("first", BEFORE, file)
    write_weights("second", BEFORE, file)
    rows = json.loads(file.read_text())
    assert list(rows) == ["first", "second"] and read_weights(rows["second"]) == BEFORE
