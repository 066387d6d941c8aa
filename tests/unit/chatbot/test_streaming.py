"""A blocked word never leaves in a streamed draft, however the stream was cut; an innocent draft leaves whole."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.rules.matching.matcher import MASK, Kind, Matcher, Rule, RuleAction, Scope
from chatbot.rules.streaming import OutgoingStream

BLOCKING = Matcher(
    [
        Rule(id=1, pattern="refund", kind=Kind.LITERAL, action=RuleAction.BLOCK),
        Rule(id=2, pattern="money back", kind=Kind.LITERAL, action=RuleAction.REVIEW),
        Rule(id=3, pattern="敏感", kind=Kind.LITERAL, action=RuleAction.HAND_OFF),
        Rule(id=4, pattern=r"\d{3,4}\s*percent", kind=Kind.EXPRESSION, action=RuleAction.BLOCK),
    ]
)
MASKING = Matcher(
    [
        Rule(id=1, pattern="refund", kind=Kind.LITERAL, action=RuleAction.MASK),
        Rule(id=2, pattern="敏感", kind=Kind.LITERAL, action=RuleAction.MASK),
        Rule(id=3, pattern=r"\d{4}-\d{4}", kind=Kind.EXPRESSION, action=RuleAction.MASK),
    ]
)
HIDDEN = [
    "refund", "r e f u n d", "ｒｅｆｕｎｄ", "re\u200bfund", "rеfund", "refuuuuuuuund", "r3fund", "re*fund",
    "r.e.f.u.n.d",
    "敏 感", "敏*感", "敏感", "1234-5678", "money  back", "m o n e y  b a c k", "500 percent",
]  # fmt: skip
INNOCENT = [
    "Send it back within 30 days. ", "refunds are prefunded ", "the money, back then, ", "敏捷的感觉", "ref", "re",
    "r e f ",
    "class of 1234 ", "\n\n", "a ", ". ", "percent ", "money ", "退款",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(HIDDEN + INNOCENT * 3), max_size=14).map(" ".join)
CUTS = st.lists(st.integers(1, 90), max_size=60)


def streamed(matcher: Matcher, text: str, cuts: list[int]) -> tuple[str, OutgoingStream]:
    """What leaves of `text`, cut into pieces of these lengths."""
    stream = OutgoingStream(matcher)
    shown, place = "", 0
    for length in (*cuts, *([7] * len(text))):
        if place >= len(text):
            break
        shown += stream.feed(text[place : place + length])
        place += length
    return shown + stream.finish(), stream


@given(TEXTS, CUTS)
@settings(max_examples=200)
def test_a_blocked_word_never_leaves_however_the_stream_is_cut(text: str, cuts: list[int]) -> None:
    shown, stream = streamed(BLOCKING, text, cuts)
    assert BLOCKING.check(shown, scope=Scope.OUTGOING).decisive is None
    assert text.startswith(shown)
    if BLOCKING.check(text, scope=Scope.OUTGOING).decisive is not None:
        assert stream.is_stopped
    else:
        assert shown == text


@given(TEXTS, CUTS)
@settings(max_examples=200)
def test_a_masked_word_leaves_as_its_mask_however_the_stream_is_cut(text: str, cuts: list[int]) -> None:
    shown, stream = streamed(MASKING, text, cuts)
    assert MASKING.check(shown, scope=Scope.OUTGOING).masks == ()
    if not stream.is_stopped:
        assert (MASK in shown) == bool(MASKING.check(text, scope=Scope.OUTGOING).masks)


@pytest.mark.parametrize("word", HIDDEN[:12])
def test_not_even_the_beginning_of_a_blocked_word_leaves(word: str) -> None:
    text = f"{'All is well, and we answer at length. ' * 4}You get a {word} today. {'More words follow here. ' * 4}"
    for size in (1, 3, 17):
        shown, stream = streamed(BLOCKING, text, [size] * len(text))
        assert stream.stopped_by is not None
        assert text.index(word) >= len(shown.rstrip())


def test_words_leave_long_before_the_draft_is_whole() -> None:
    stream = OutgoingStream(BLOCKING)
    assert len(stream.feed("Send the blender back within thirty days, please. " * 4)) > 100


def test_a_draft_that_is_stopped_stays_stopped() -> None:
    stream = OutgoingStream(BLOCKING)
    assert stream.feed("a refund " + "and more words " * 10) + stream.feed("innocent " * 20) + stream.finish() == ""
    assert stream.stopped_by is not None
    assert stream.stopped_by.id == 1
