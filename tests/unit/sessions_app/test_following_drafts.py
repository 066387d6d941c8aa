"""A watcher is told every character of a draft once and in order, whatever pieces are lost, late or doubled."""

from hypothesis import given
from hypothesis import strategies as st

from sessions_app.live_drafts import Following, LiveDraft, PiecesMissing

#: For each piece: its length, and whether it arrives, twice, or not at all.
PIECES = st.lists(st.tuples(st.text(min_size=1, max_size=5), st.integers(0, 2)), max_size=12)


@given(st.lists(PIECES, min_size=1, max_size=3))
def test_nothing_is_missing_and_nothing_comes_twice(runs: list[list[tuple[str, int]]]) -> None:
    following, screen = Following(), ""

    def show(told: dict[str, object] | None) -> None:
        nonlocal screen
        if told is not None:
            assert told["at"] in (0, len(screen))
            screen = screen[: int(str(told["at"]))] + str(told["text"])

    for number, pieces in enumerate(runs):
        shown = ""
        for text, times in pieces:
            at, shown = len(shown), shown + text
            for _ in range(times):
                try:
                    show(following.piece(turn=1, run=str(number), at=at, text=text))
                except PiecesMissing:
                    show(following.whole(LiveDraft(turn=1, run=str(number), text=shown)))
                assert screen == shown
        if shown:
            show(following.whole(LiveDraft(turn=1, run=str(number), text=shown)))
            assert screen == shown


def test_a_late_piece_of_an_ended_draft_is_asked_for_and_not_shown_in_part() -> None:
    following = Following()
    following.piece(turn=1, run="a", at=0, text="Send it ")
    following.ended()
    assert following.turn is None
    try:
        following.piece(turn=1, run="a", at=8, text="back.")
    except PiecesMissing:
        return
    raise AssertionError("half a draft was shown")
