"""A prompt fits the model's window; what is dropped, is dropped in the stated order, and the trace can say it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.llm.model import Sampling
from chatbot.llm.prompts import Composed, Example, Manner, composed
from chatbot.prompts.fitting import MESSAGE_TOKENS, PromptTooLong, tokens_in
from sessions_app.context import ContextMessage
from tests.unit.chatbot.prompts.test_delimiting import passage

LENGTHS = st.lists(st.integers(1, 2_000), max_size=8)


def prompt(
    *, question: int, history: list[int], passages: list[int], examples: list[int], window: int, tokens: int = 200
) -> Composed:
    return composed(
        "q" * question,
        [passage(f"{number}" * length) for number, length in enumerate(passages)],
        [
            ContextMessage(message_id=number, author="bot" if number % 2 else "customer", text="h" * length)
            for number, length in enumerate(history)
        ],
        language="en",
        sampling=Sampling(temperature=0.0, maximum_tokens=tokens),
        window=window,
        manner=Manner(passages=8),
        examples=[Example(id=number, question="e" * length, answer="a") for number, length in enumerate(examples)],
    )


#: Of examples, within PROMPT_EXAMPLES_TOKENS together.
SHORT = st.lists(st.integers(1, 400), max_size=4)


@given(st.integers(0, 3_000), LENGTHS, LENGTHS, SHORT, st.integers(2_048, 8_192), st.integers(1, 4_000))
def test_a_prompt_fits_and_is_cut_in_the_stated_order(
    question: int, history: list[int], passages: list[int], examples: list[int], window: int, tokens: int
) -> None:
    try:
        made = prompt(
            question=question, history=history, passages=passages, examples=examples, window=window, tokens=tokens
        )
    except PromptTooLong:
        return
    room = window - 2 * made.sampling.maximum_tokens
    assert made.sampling.maximum_tokens == min(tokens, window // 4)
    assert sum(tokens_in(message.content) + MESSAGE_TOKENS for message in made.messages) <= made.tokens <= room
    system, *told, last = made.messages
    assert f"<question>{'q' * question}</question>" in last.content
    assert system.content.startswith("You answer customers")
    left = made.left_out
    # Each kind is only touched when nothing is left of the one before.
    assert not left.messages or left.examples == len(examples)
    assert not left.passages or left.messages == len(history)
    assert not left.characters or left.passages == len(passages) - 1
    # The oldest messages go, the best passages and examples stay.
    assert [len(message.content) for message in told] == history[left.messages :]
    assert len(made.passages) == len(passages) - left.passages
    assert made.examples == tuple(range(len(examples) - left.examples))


def test_a_short_prompt_loses_nothing() -> None:
    made = prompt(question=50, history=[100] * 10, passages=[500] * 5, examples=[50], window=8_192)
    assert made.left_out == type(made.left_out)()


def test_the_end_of_the_last_passage_goes_last() -> None:
    made = prompt(question=3_000, history=[900] * 4, passages=[2_000] * 3, examples=[9], window=2_048)
    assert (made.left_out.examples, made.left_out.messages, made.left_out.passages) == (1, 4, 2)
    assert 0 < made.left_out.characters < 1_800


def test_a_question_that_leaves_no_room_is_not_cut() -> None:
    with pytest.raises(PromptTooLong):
        prompt(question=8_000, history=[], passages=[500], examples=[], window=2_048)


@pytest.mark.parametrize(
    ("text", "most", "least"),
    [
        ("How do I return a blender that I bought last week? " * 20, 330, 220),
        ("如何退回我上周买的搅拌机？" * 20, 330, 180),
    ],
)
def test_the_estimate_is_rather_too_high(text: str, most: int, least: int) -> None:
    """`least` is what tokenisers of today's models make of it."""
    assert least <= tokens_in(text) <= most
