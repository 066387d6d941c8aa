"""What an edit of a draft changed: guessed from its words, in any language, for any text."""

from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.learning.edits import judged


@given(draft=st.text(max_size=300), answer=st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_every_edit_has_a_kind_and_a_share(draft: str, answer: str) -> None:
    edit = judged(draft, answer)
    assert 0.0 <= edit.kept <= 1.0
    assert judged(draft, answer) == edit


def test_a_changed_number_or_link_is_a_fact() -> None:
    assert judged("It costs 12,50 €.", "It costs 13,50 €.").kind == "fact"
    assert judged("See https://a.example/x.", "See https://a.example/y.").kind == "fact"
    assert judged("30天内退回。", "14天内退回。").kind == "fact"


def test_more_of_the_same_was_missing_and_nothing_new_is_wording() -> None:
    assert judged("Send it back.", "Send it back. Print the label from your account page first.").kind != "tone"
    assert judged("", "Anything.").kind == "missing"
    assert judged("Open the lid first.", "First open the lid.").kind == "wording"
