"""A difference tells both texts completely, and points at the words that changed."""

from hypothesis import given
from hypothesis import strategies as st

from knowledge.differences import Kind, difference, with_context

TEXTS = st.text(st.sampled_from("ab \n\r\u2028退é😀"), max_size=60)


def side(lines, hidden: Kind) -> str:
    return "".join(line.text for line in lines if line.kind != hidden)


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_back_from_their_difference(before: str, after: str) -> None:
    lines = difference(before, after)
    assert side(lines, Kind.ADDED) == before
    assert side(lines, Kind.REMOVED) == after


@given(TEXTS)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert all(line.kind == Kind.SAME for line in difference(text, text))


def test_the_changed_word_is_marked_and_the_others_are_not() -> None:
    removed, added = difference("Refunds take 14 days.\n", "Refunds take 30 days.\n")
    assert [piece.text for piece in removed.pieces if piece.kind == Kind.REMOVED] == ["14"]
    assert [piece.text for piece in added.pieces if piece.kind == Kind.ADDED] == ["30"]


def test_chinese_is_compared_sign_by_sign() -> None:
    removed, _ = difference("退款需要七天。", "退款需要十天。")
    assert [piece.text for piece in removed.pieces if piece.kind == Kind.REMOVED] == ["七"]


def test_unchanged_lines_far_from_a_change_are_counted_instead_of_shown() -> None:
    before = "".join(f"line {number}\n" for number in range(100))
    lines = with_context(difference(before, before.replace("line 50\n", "other\n")), around=2)
    assert [line.lines for line in lines if line.kind == Kind.SKIPPED] == [48, 47]
    assert sum(line.kind == Kind.SAME for line in lines) == 4


@given(TEXTS, TEXTS)
def test_context_counts_every_line_once(before: str, after: str) -> None:
    lines = difference(before, after)
    assert sum(line.lines for line in with_context(lines, around=1, most=5)) == len(lines)


def test_two_long_unlike_texts_end_in_time() -> None:
    lines = difference("a b c\n" * 20_000, "x y z\n" * 20_000)
    assert len(lines) == 40_000
