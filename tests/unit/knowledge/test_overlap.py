from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.duplicates import Likeness, overlap

TEXTS = st.lists(st.sampled_from(["refund", "blender", "days", "30", "退款流程", "not"]), max_size=30).map(" ".join)


@settings(deadline=None)  # the first Chinese word loads a dictionary
@given(TEXTS, TEXTS)
def test_overlap_is_a_share_and_the_same_in_both_directions(first: str, second: str) -> None:
    assert 0.0 <= overlap(first, second) <= 1.0
    assert overlap(first, second) == overlap(second, first)


@settings(deadline=None)
@given(TEXTS.filter(bool))
def test_a_text_overlaps_itself_wholly(text: str) -> None:
    assert overlap(text, text) == 1.0


def test_near_vectors_alone_make_no_duplicate() -> None:
    assert not Likeness(similarity=0.99, overlap=0.0).is_near_duplicate
    assert Likeness(similarity=0.95, overlap=0.2).is_near_duplicate
    assert Likeness(similarity=0.5, overlap=0.6).is_near_duplicate
