"""The table of moves is all there is."""

from itertools import product

import pytest

from sessions_app.errors import IllegalTransition
from sessions_app.states import TRANSITIONS, State, checked

ALLOWED = {
    ("bot", "review"),
    ("bot", "person"),
    ("bot", "closed"),
    ("review", "bot"),
    ("review", "person"),
    ("review", "closed"),
    ("person", "bot"),
    ("person", "closed"),
    ("closed", "bot"),
    ("closed", "person"),
}


@pytest.mark.parametrize(("current", "wanted"), list(product(State.values, State.values)))
def test_every_move_is_allowed_or_refused_by_name(current: str, wanted: str) -> None:
    if current == wanted or (current, wanted) in ALLOWED:
        assert checked(current, wanted) == wanted
        return
    with pytest.raises(IllegalTransition) as caught:
        checked(current, wanted)
    assert (caught.value.current, caught.value.wanted) == (current, wanted)
    assert current in str(caught.value)
    assert wanted in str(caught.value)


def test_every_state_can_be_left() -> None:
    assert set(TRANSITIONS) == set(State)
    assert all(TRANSITIONS.values())


def test_a_held_draft_never_waits_where_a_person_or_nobody_has_the_conversation() -> None:
    assert "review" not in TRANSITIONS["person"]
    assert "review" not in TRANSITIONS["closed"]
