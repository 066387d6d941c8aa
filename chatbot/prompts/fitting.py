"""Pure: a prompt that fits the model's window, and what had to be left out for it.

First go the examples, the least alike first; then the oldest messages; then the passages, the lowest-ranked first, but
for one; then the end of that one. Never the instructions, never the question.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

#: Characters of the last passage that are left at least; with less there is nothing to answer from.
LEAST_PASSAGE_CHARACTERS: Final = 200
#: A message's own marks.
MESSAGE_TOKENS: Final = 6
#: Tokenisers make fewer tokens than this of English, German or Chinese; rows of digits and signs they make more of.
_ASCII_CHARACTERS_A_TOKEN: Final = 3.2
#: Of each byte that UTF-8 needs beyond one a character: Chinese 1.2 tokens a character, Cyrillic 0.6, an emoji 1.8.
_TOKENS_A_FURTHER_BYTE: Final = 0.6


class PromptTooLong(Exception):
    """Instructions and question alone leave no room for a passage."""


def tokens_in(text: str) -> int:
    """An estimate, rather too high than too low, in next to no time."""
    further = len(text.encode("utf-8", "surrogatepass")) - len(text)
    ascii_characters = len(text.encode("ascii", "ignore"))
    return math.ceil(ascii_characters / _ASCII_CHARACTERS_A_TOKEN + further * _TOKENS_A_FURTHER_BYTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What did not fit."""

    examples: int = 0
    messages: int = 0  #: of the conversation before, the oldest
    passages: int = 0  #: the lowest-ranked
    characters: int = 0  #: of the last passage, at its end


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """How much of each there is room for."""

    examples: int  #: the first so many
    messages: int  #: the last so many
    passages: int  #: the first so many
    last_passage_characters: int | None  #: None: the whole
    tokens: int  #: of all that stays, estimated
    left_out: LeftOut


def fitted(
    *,
    fixed: int,
    examples: Sequence[int],
    messages: Sequence[int],
    passages: Sequence[str],
    passage_tokens: Callable[[str], int],
    room: int,
) -> Fitted:
    """`fixed` are the tokens of what always stays; `examples` and `messages` are theirs, the best and the oldest first.

    `passages` are texts, the best first; `passage_tokens` says what one costs. Raises `PromptTooLong`.
    """
    kept_examples, oldest, kept_passages = len(examples), 0, len(passages)
    costs = [passage_tokens(text) for text in passages]
    tokens = fixed + sum(examples) + sum(messages) + sum(costs)
    while tokens > room and kept_examples:
        kept_examples -= 1
        tokens -= examples[kept_examples]
    while tokens > room and oldest < len(messages):
        tokens -= messages[oldest]
        oldest += 1
    while tokens > room and kept_passages > 1:
        kept_passages -= 1
        tokens -= costs[kept_passages]
    length: int | None = None
    if tokens > room:
        if not kept_passages:
            raise PromptTooLong
        text = passages[0]
        length = _longest(text, lambda part: fixed + passage_tokens(part) <= room)
        if length < min(LEAST_PASSAGE_CHARACTERS, len(text)):
            raise PromptTooLong
        tokens = fixed + passage_tokens(text[:length])
    return Fitted(
        examples=kept_examples,
        messages=len(messages) - oldest,
        passages=kept_passages,
        last_passage_characters=length,
        tokens=tokens,
        left_out=LeftOut(
            examples=len(examples) - kept_examples,
            messages=oldest,
            passages=len(passages) - kept_passages,
            characters=0 if length is None else len(passages[0]) - length,
        ),
    )


def _longest(text: str, fits: Callable[[str], bool]) -> int:
    """How many characters of the beginning of `text` fit."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if fits(text[:middle]):
            low = middle
        else:
            high = middle - 1
    return low
