"""A prompt's placeholders are filled once, as they are; a slip of the pen is refused at the field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.prompts.shipped import PROMPTS, problems_of
from chatbot.prompts.templates import PromptName, rendered

ANSWER = PROMPTS[PromptName.ANSWER].shipped
HOSTILE = st.text(alphabet="{}%$#abcquestion_ \n\\", max_size=40) | st.sampled_from(
    ["{{system}}", "{question}", "{{ question }}", "{% debug %}", "${question}", "{0}", "{question.__class__}"]
)  # fmt: skip


@pytest.mark.parametrize("name", list(PromptName))
def test_the_text_that_comes_with_handrail_is_usable(name: PromptName) -> None:
    text = PROMPTS[name].shipped
    assert problems_of(name, instructions=text.instructions, message=text.message) == {}


@given(HOSTILE, HOSTILE)
def test_what_stands_in_a_placeholders_place_is_never_looked_at_again(question: str, passages: str) -> None:
    told = rendered("A {question} B {passages} C", {"question": question, "passages": passages})
    assert told == f"A {question} B {passages} C"


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("{questoin}", "{questoin}"),
        ("{{system}}", "{system}"),
        ("{ question }", "{ question }"),
        ("{Question}", "{Question}"),
        ("{question.text}", "{question.text}"),
        ("{language}", "{language}"),
    ],
)
def test_an_unknown_placeholder_is_refused_and_named(written: str, named: str) -> None:
    problems = problems_of(PromptName.ANSWER, instructions=ANSWER.instructions, message=f"{ANSWER.message}\n{written}")
    assert set(problems) == {"message"}
    assert named in problems["message"]


@pytest.mark.parametrize("gone", ["does_not_know", "language", "length", "team"])
def test_a_missing_placeholder_is_refused_with_what_it_means(gone: str) -> None:
    problems = problems_of(
        PromptName.ANSWER, instructions=ANSWER.instructions.replace(f"{{{gone}}}", ""), message=ANSWER.message
    )
    assert set(problems) == {"instructions"}
    assert f"{{{gone}}}" in problems["instructions"]


@pytest.mark.parametrize("text", ["", "   ", "{question}{passages}{question}", "x" * 5_000, "{passages}{question}\x00"])
def test_an_unusable_message_is_refused(text: str) -> None:
    assert set(problems_of(PromptName.ANSWER, instructions=ANSWER.instructions, message=text)) == {"message"}


def test_braces_that_are_no_placeholder_stay_as_they_are() -> None:
    message = ANSWER.message + '\nAnswer like {"a": 1} or {} or {1}.'
    assert problems_of(PromptName.ANSWER, instructions=ANSWER.instructions, message=message) == {}
    assert rendered('{"a": 1} {question}', {"question": "q"}) == '{"a": 1} q'


def test_a_line_of_empty_placeholders_is_left_out_and_an_empty_line_stays() -> None:
    assert rendered("{examples}\n\n{passages}\nAsk: {question}", {"examples": "", "passages": "p", "question": ""}) == (
        "\np\nAsk: "
    )
