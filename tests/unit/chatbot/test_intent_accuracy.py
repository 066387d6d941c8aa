"""Accuracy by people's labels: counted right, never without its interval, the surely bad ones first."""

from hypothesis import given
from hypothesis import strategies as st

from analytics.business.statistics import LEAST as LEAST_OF_STATISTICS
from chatbot.sampling.intent_accuracy import LEAST, accuracy_of

NAMES = st.sampled_from(["refund", "parcel", "login", ""])


@st.composite
def labels(draw: st.DrawFn) -> tuple[str, str, str, int]:
    guess, verdict = draw(NAMES), draw(st.sampled_from(["right", "wrong", "unclear", ""]))
    intent = guess if verdict == "right" else draw(NAMES.filter(lambda name: name != guess))
    return guess, intent, verdict, draw(st.integers(1, 40))


@given(st.lists(labels(), max_size=30))
def test_each_label_counts_once_and_each_share_lies_in_its_interval(rows: list[tuple[str, str, str, int]]) -> None:
    found = accuracy_of(rows)
    right = sum(count for _, _, verdict, count in rows if verdict == "right")
    assert found.whole.right == right == sum(line.right for line in found.lines)
    assert found.whole.labelled == right + sum(count for _, _, verdict, count in rows if verdict == "wrong")
    assert found.unclear == sum(count for _, _, verdict, count in rows if verdict == "unclear")
    for line in found.lines:
        assert line.share is not None
        assert 0.0 <= line.share.low <= line.share.value <= line.share.high <= 1.0
    highest = [line.share.high for line in found.lines if line.share]
    assert highest == sorted(highest)


def test_seven_right_of_seven_is_no_proof() -> None:
    seven = accuracy_of([("refund", "refund", "right", 7)]).whole
    assert seven.is_early
    assert seven.share is not None
    assert seven.share.low < 0.65
    assert not accuracy_of([("refund", "refund", "right", LEAST)]).whole.is_early


def test_what_is_surely_bad_stands_before_what_only_may_be() -> None:
    rows = [("sure", "parcel", "wrong", 50), ("sure", "sure", "right", 50), ("maybe", "", "wrong", 2)]
    rows += [("maybe", "maybe", "right", 1), ("good", "good", "right", 100)]
    found = accuracy_of(rows)
    assert [line.intent for line in found.lines] == ["sure", "maybe", "good"]
    assert found.lines[0].instead == (("parcel", 50),)
    assert found.lines[1].instead == (("", 2),)


def test_pages_and_statistics_call_the_same_number_too_early() -> None:
    assert LEAST == LEAST_OF_STATISTICS
