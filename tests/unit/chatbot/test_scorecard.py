"""The scorecard's figures: each check stands for as many answers as its chance says, and few checks say little."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.sampling.scorecard import scored


def row(verdict: str, chance: float = 1.0, **fields: Any) -> dict[str, Any]:
    return {
        "verdict": verdict,
        "chance": chance,
        "faults": ["fact"] if verdict == "wrong" else [],
        "turn__scenario": "",
        "turn__intent": "",
        "turn__confidence": 0.9,
        "turn__conversation__language": "en",
        **fields,
    }


def test_answers_that_are_drawn_rarely_count_for_more() -> None:
    """All of 10 wrong refunds were drawn, and a hundredth of the other answers: those are a thousand."""
    rows = [row("wrong", 1.0)] * 10 + [row("right", 0.01)] * 10
    right = scored(rows, days=7).whole.right
    assert right is not None
    assert right.value == pytest.approx(1000 / 1010, abs=1e-3)


def test_what_cannot_be_told_and_what_waits_is_neither_right_nor_wrong() -> None:
    card = scored([row("right"), row("wrong"), row("unclear"), row("")], days=7)
    assert (card.whole.drawn, card.whole.checked, card.whole.wrong, card.waiting, card.unclear) == (4, 2, 1, 1, 1)


def test_nothing_checked_is_no_share() -> None:
    assert scored([row("")], days=7).whole.right is None
    assert scored([], days=7).whole.right is None


def test_groups_and_faults_stand_in_the_order_of_their_size() -> None:
    rows = [row("right", turn__intent="refund")] * 3 + [row("wrong", turn__intent="parcel")]
    card = scored(rows, days=7)
    assert [line.label for line in dict(card.groups)["By intent"]] == ["refund", "parcel"]
    assert [count for _, count in card.faults] == [1]


VERDICTS = st.sampled_from(["right", "wrong", "unclear", ""])
CHANCES = st.sampled_from([0.001, 0.05, 0.3, 1.0])


@given(st.lists(st.builds(row, VERDICTS, CHANCES), max_size=60))
def test_the_share_lies_in_its_interval_and_the_groups_add_up(rows: list[dict[str, Any]]) -> None:
    card = scored(rows, days=7)
    if card.whole.right is not None:
        assert 0.0 <= card.whole.right.low <= card.whole.right.value <= card.whole.right.high <= 1.0
    for _, lines in card.groups:
        assert sum(line.drawn for line in lines) == card.whole.drawn == len(rows)
        assert sum(line.wrong for line in lines) == card.whole.wrong


@given(st.integers(min_value=1, max_value=40))
def test_more_checks_make_the_interval_narrower(times: int) -> None:
    few, many = (scored([row("right"), row("wrong")] * count, days=7).whole.right for count in (times, 2 * times))
    assert few is not None and many is not None
    assert many.high - many.low < few.high - few.low
