"""How close the words of a question are to a passage, word by word.

One vector for a whole passage says what it is about; whether it has what is asked for shows in single words. Each word
of the question is compared, as MiniLM reads it where it stands, with every word of the passage, and keeps the best
likeness (late interaction). So "in GitHub" counts against a passage about Gmail that is otherwise the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from knowledge.conf import READ_PASSAGES_KEPT
from knowledge.minilm import read_passage, read_question

#: States are kept in eight bits; they are L2-normalised, so no number is over 1.
_STEPS: Final = 127.0
#: That the model puts around every text; nothing is compared with them.
_OWN_TOKENS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Closeness:
    """Cosine similarities of words to the nearest words of the other text, -1.0..1.0."""

    mean: float  #: of the question's words that carry meaning
    weakest: float  #: mean of the weakest third of them, at least one
    whole: float  #: of all that the question is made of, little words included
    title: float | None  #: the other way round: of the title's words to the question; None without such words


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A passage as it is read."""

    text: str  #: begins with its title
    title_words: tuple[tuple[int, int], ...]  #: words of the title that carry meaning, in characters of `text`


def closeness(question: str, words: Sequence[tuple[int, int]], passages: Sequence[Compared]) -> list[Closeness]:
    """One for each passage; `words` of `question` carry meaning, in characters. [] without such words.

    A question costs nothing beside its vector; a passage that was not read lately some milliseconds of the processor.
    Only the first 256 tokens of either are read, and MiniLM reads little but Latin script.
    Raises `EmbeddingUnavailable`.
    """
    read = read_question(question)
    asked = _Text(states=_normalised(read.states), words=_tokens(read.spans, words))
    return [_compared(asked, _passage(passage)) for passage in passages] if asked.words else []


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    states: NDArray[Any]  #: [tokens, dimensions]: float32 and L2-normalised, or int8 and _STEPS times as large
    words: tuple[tuple[int, ...], ...]  #: tokens of each


def _tokens(spans: Sequence[tuple[int, int]], words: Sequence[tuple[int, int]]) -> tuple[tuple[int, ...], ...]:
    found = (
        tuple(place for place, (first, last) in enumerate(spans) if start <= first < last <= end)
        for start, end in words
    )
    return tuple(tokens for tokens in found if tokens)


def _compared(asked: _Text, passage: _Text) -> Closeness:
    likeness = asked.states @ passage.states.astype(np.float32).T / _STEPS
    inner = likeness[:, 1:-1] if likeness.shape[1] > _OWN_TOKENS else likeness
    nearest = inner.max(axis=1)
    each = np.sort([nearest[list(word)].mean() for word in asked.words])
    back = likeness[1:-1].max(axis=0)
    return Closeness(
        mean=float(each.mean()),
        weakest=float(each[: max(1, len(each) // 3)].mean()),
        whole=float(nearest[1:-1].mean()),
        title=float(np.mean([back[list(word)].mean() for word in passage.words])) if passage.words else None,
    )


@lru_cache(maxsize=READ_PASSAGES_KEPT)
def _passage(passage: Compared) -> _Text:
    """Some 40 kB."""
    read = read_passage(passage.text)
    return _Text(
        states=np.rint(_normalised(read.states) * _STEPS).astype(np.int8),
        words=_tokens(read.spans, passage.title_words),
    )


def _normalised(states: NDArray[np.float32]) -> NDArray[np.float32]:
    length = np.linalg.norm(states, axis=1, keepdims=True)
    normalised: NDArray[np.float32] = states / np.maximum(length, 1e-9)
    return normalised
