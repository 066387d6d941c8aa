"""The window ends at whole turns: it never begins with an answer whose question is cut off."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.context import ContextMessage, last_turns


def thread(letters: str) -> list[ContextMessage]:
    names = {"c": "customer", "b": "bot", "t": "teammate"}
    return [ContextMessage(message_id=place, author=names[letter], text="") for place, letter in enumerate(letters)]


def shown(letters: str, turns: int) -> str:
    return "".join(row.author[0] for row in last_turns(thread(letters), turns))


@pytest.mark.parametrize(
    ("letters", "turns", "expected"),
    [
        ("", 5, ""),
        ("cb", 5, "cb"),
        ("cbcbcbcbcbcb", 5, "cbcbcbcbcb"),
        ("ccbccb", 1, "ccb"),
        ("bcb", 1, "bcb"),
        ("bcb", 2, "bcb"),
        ("cbtc", 1, "c"),
        ("bbb", 1, "bbb"),
    ],
)
def test_a_turn_is_what_the_customer_wrote_and_what_was_answered(letters: str, turns: int, expected: str) -> None:
    assert shown(letters, turns) == expected


@given(letters=st.text(alphabet="cbt", max_size=60), turns=st.integers(min_value=1, max_value=6))
def test_the_window_is_a_tail_and_holds_at_most_so_many_turns(letters: str, turns: int) -> None:
    found = shown(letters, turns)
    assert letters.endswith(found)
    openings = sum(1 for place, letter in enumerate(found) if letter == "c" and found[place - 1 : place] != "c")
    assert openings <= turns
