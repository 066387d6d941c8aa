"""A blocked word never leaves in a reply that was masked for the model and is restored while it is written."""

from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.rules.masking.masker import UnknownPlaceholder, masker_for
from chatbot.rules.masking.policy import DEFAULT_POLICY
from chatbot.rules.matching.matcher import Kind, Matcher, Rule, RuleAction, Scope
from chatbot.rules.streaming import OutgoingStream

BLOCKING = Matcher(
    [
        Rule(id=1, pattern="refund", kind=Kind.LITERAL, action=RuleAction.BLOCK),
        Rule(id=2, pattern="percy goldmine", kind=Kind.LITERAL, action=RuleAction.REVIEW),
        Rule(id=3, pattern="敏感", kind=Kind.LITERAL, action=RuleAction.HAND_OFF),
        Rule(id=4, pattern=r"4111[\s\d]{6,}", kind=Kind.EXPRESSION, action=RuleAction.BLOCK),
    ]
)
#: What the customer wrote: personal values that hold, or begin, what a rule stops.
MASKER = masker_for(
    ["Percy Goldmine here, refund@example.org or anna@example.org, card 4111 1111 1111 1111, phone +49 172 3456789."],
    policy=DEFAULT_POLICY,
    known_names=["Percy Goldmine"],
)
PLACEHOLDERS = sorted(set(MASKER.placeholders.values()))
WRITTEN = [
    *PLACEHOLDERS,
    *(mark.replace("[", "\\[").replace("]", "\\]") for mark in PLACEHOLDERS),
    *(mark.casefold().replace("[", "[ ") for mark in PLACEHOLDERS),
]
WORDS = ["refund", "r e f u n d", "re\u200bfund", "敏 感", "percy", "Goldmine", "4111", " 1111 1111 "]
INNOCENT = [
    "We write to you at ",
    "within 30 days. ",
    "ref",
    "re",
    "[",
    "]",
    "\\",
    " ",
    ". ",
    "敏",
    "a[1] ",
    "prefunded ",
]
TEXTS = st.lists(st.sampled_from([*WRITTEN * 2, *WORDS, *INNOCENT * 4]), max_size=16).map("".join)
CUTS = st.lists(st.integers(1, 90), max_size=60)


def written(text: str, cuts: list[int]) -> str:
    """What leaves of the model's `text` while it comes in pieces of these lengths, restored as it is shown."""
    stream = OutgoingStream(BLOCKING)
    shown, read, place = "", "", 0
    for length in (*cuts, *([7] * len(text))):
        place = min(place + length, len(text))
        restored = MASKER.restore_beginning(text[:place])
        assert restored.startswith(read)
        shown += stream.feed(restored[len(read) :])
        read = restored
    try:
        whole = MASKER.restore(text)
    except UnknownPlaceholder:
        return shown  # never finished: the draft as a whole is refused
    assert whole.startswith(read)
    return shown + stream.feed(whole[len(read) :]) + stream.finish()


@given(TEXTS, CUTS)
@settings(max_examples=300, deadline=None)
def test_a_blocked_word_never_leaves_a_restored_reply_however_the_stream_is_cut(text: str, cuts: list[int]) -> None:
    shown = written(text, cuts)
    assert BLOCKING.check(shown, scope=Scope.OUTGOING).decisive is None


def test_a_value_that_holds_a_blocked_word_is_stopped_as_soon_as_it_is_restored() -> None:
    [mark] = [mark for value, mark in MASKER.placeholders.items() if value == "refund@example.org"]
    text = f"{'All is well, and we answer at length. ' * 4}We write to {mark} today. {'More words follow. ' * 8}"
    for size in (1, 5, 40):
        shown = written(text, [size] * len(text))
        assert "All is well" in shown
        assert "@" not in shown
