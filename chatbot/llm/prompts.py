"""What the model is told. Everything that customers and articles say is delimited data, never an instruction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chatbot.conf import MODEL_ROOM_FACTOR, PROMPT_EXAMPLES_TOKENS, PROMPT_PASSAGE_CHARACTERS, PROMPT_PASSAGES
from chatbot.llm.model import ChatMessage, Sampling
from chatbot.prompts.fitting import MESSAGE_TOKENS, LeftOut, PromptTooLong, fitted, tokens_in
from chatbot.prompts.shipped import DOES_NOT_KNOW, shipped
from chatbot.prompts.templates import PromptName, PromptText, rendered
from chatbot.rules.delimiting import neutral, neutral_attribute
from knowledge.retrieval import Passage
from sessions_app.context import ContextMessage
from sessions_app.models import Author

_SHIPPED = shipped(PromptName.ANSWER)
_LENGTH = "in at most six short sentences"
_TEAM = "The team's own instructions, which hold unless they contradict the above:\n"

#: Else a model takes facts from the examples, and learns from them to cite nothing.
_EXAMPLES = "So the team likes it said. Copy the manner, not the facts; the passages that these rested on are left out:"

_LANGUAGES = {"en": "English", "zh-hans": "Simplified Chinese", "zh-hant": "Traditional Chinese"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How the team wants the bot to speak; "" and () are the ordinary way."""

    tone: str = ""
    length: str = ""  #: for example "at most three sentences"
    guidance: tuple[str, ...] = ()  #: instructions, the most important first
    passages: int = PROMPT_PASSAGES  #: of those found, the model reads at most
    prompt: PromptText = _SHIPPED


ORDINARY_MANNER = Manner()


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A question and a good answer to it, approved by a person."""

    id: int
    question: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A prompt that fits, and what it is made of."""

    messages: tuple[ChatMessage, ...]
    sampling: Sampling  #: with fewer tokens where the window is small
    prompt: PromptText
    passages: tuple[Passage, ...]  #: those that stand in it, numbered from 1
    examples: tuple[int, ...]  #: ids
    tokens: int  #: estimated
    window: int  #: tokens that the model reads and writes together
    left_out: LeftOut


def composed(
    question: str,
    passages: Sequence[Passage],
    history: Sequence[ContextMessage],
    *,
    language: str,
    sampling: Sampling,
    window: int,
    manner: Manner = ORDINARY_MANNER,
    examples: Sequence[Example] = (),
) -> Composed:
    """Instructions, the last turns, then examples, passages and question in one message. Raises `PromptTooLong`.

    A fourth of `window` is the most that an answer gets, and twice the answer stays free: it may be asked for again
    with more room.
    """
    prompt = manner.prompt
    sampling = replace(sampling, maximum_tokens=min(sampling.maximum_tokens, window // (2 * MODEL_ROOM_FACTOR)))
    instructions = rendered(
        prompt.instructions,
        {
            "does_not_know": DOES_NOT_KNOW,
            "language": _language_name(language),
            "length": manner.length.rstrip(". ") or _LENGTH,
            "team": _told_by_the_team(manner),
        },
    ).strip()
    asked = f"<question>{neutral(question)}</question>"
    said = [_message(row) for row in history]
    shown_examples = _within_bounds(examples) if "{examples}" in prompt.message else []
    titled = passages[: manner.passages]
    texts = [passage.text[:PROMPT_PASSAGE_CHARACTERS] for passage in titled]
    longest = max((tokens_in(_element(0, passage.article_title, "")) for passage in titled), default=0)
    frame = rendered(prompt.message, {"examples": "", "passages": "", "question": asked})
    fit = fitted(
        fixed=tokens_in(instructions)
        + tokens_in(frame)
        + tokens_in(_EXAMPLES) * bool(shown_examples)
        + 2 * MESSAGE_TOKENS,
        examples=[tokens_in(text) + 1 for text in shown_examples],
        messages=[tokens_in(message.content) + MESSAGE_TOKENS for message in said],
        passages=texts,
        passage_tokens=lambda text: longest + tokens_in(text) + 1,
        room=window - sampling.maximum_tokens * MODEL_ROOM_FACTOR,
    )
    texts = texts[: fit.passages]
    if fit.last_passage_characters is not None:
        texts[-1] = texts[-1][: fit.last_passage_characters]
    listed = "\n".join(
        _element(number, passage.article_title, text)
        for number, (passage, text) in enumerate(zip(titled, texts, strict=False), start=1)
    )
    last = rendered(
        prompt.message,
        {"examples": _listed(shown_examples[: fit.examples]), "passages": listed, "question": asked},
    ).strip()
    told = said[len(said) - fit.messages :]
    return Composed(
        messages=(
            ChatMessage(role="system", content=instructions),
            *told,
            ChatMessage(role="user", content=last),
        ),
        sampling=sampling,
        prompt=prompt,
        passages=tuple(titled[: fit.passages]),
        examples=tuple(one.id for one in examples[: fit.examples]),
        tokens=fit.tokens,
        window=window,
        left_out=fit.left_out,
    )


def _message(row: ContextMessage) -> ChatMessage:
    return ChatMessage(role="user" if row.author == Author.CUSTOMER else "assistant", content=neutral(row.text))


def _element(number: int, title: str, text: str) -> str:
    return f'<passage id="{number}" title="{neutral_attribute(title)}">{neutral(text)}</passage>'


def _example(example: Example) -> str:
    asked, answered = neutral(example.question), neutral(example.answer)
    return f"<example><customer>{asked}</customer><support>{answered}</support></example>"


def _listed(examples: Sequence[str]) -> str:
    return "\n".join([_EXAMPLES, *examples]) if examples else ""


def _within_bounds(examples: Sequence[Example]) -> list[str]:
    """The first ones that fit into PROMPT_EXAMPLES_TOKENS together."""
    shown: list[str] = []
    tokens = 0
    for example in examples:
        text = _example(example)
        tokens += tokens_in(text)
        if tokens > PROMPT_EXAMPLES_TOKENS:
            break
        shown.append(text)
    return shown


def _told_by_the_team(manner: Manner) -> str:
    lines = ([f"Tone: {manner.tone}"] if manner.tone else []) + list(manner.guidance)
    return _TEAM + "\n".join(f"- {line}" for line in lines) if lines else ""


def _language_name(code: str) -> str:
    return _LANGUAGES.get(code, f"the language with the code {code}" if code else "the customer's language")


__all__ = [
    "DOES_NOT_KNOW",
    "ORDINARY_MANNER",
    "Composed",
    "Example",
    "Manner",
    "PromptTooLong",
    "composed",
]
