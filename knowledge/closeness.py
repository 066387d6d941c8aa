"""How close the words of a question are to a passage, word by word.

One vector for a whole passage says what it is about; whether it has what is asked for shows in single words. Each word
of the question is compared, as MiniLM reads it where it stands, with every word of the passage, and keeps the best
likeness (late interaction). So "in GitHub" counts against a passage about Gmail that is otherwise the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from knowledge.minilm import read_question
from knowledge.readings import STEPS, Reading, readings_of

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
    """A passage to compare with."""

    text: str  #: begins with its title
    chunk_id: int | None = None  #: of the stored chunk, if it is one
    title_words: tuple[tuple[int, int], ...] = ()  #: words of the title that carry meaning, in characters of `text`


def closeness(question: str, words: Sequence[tuple[int, int]], passages: Sequence[Compared]) -> list[Closeness]:
    """One for each passage; `words` of `question` carry meaning, in characters. [] without such words.

    A question costs nothing beside its vector; a passage that was neither read lately nor ahead some milliseconds.
    Only the first 256 tokens of either are read, and MiniLM reads little but Latin script.
    Raises `EmbeddingUnavailable`.
    """
    read = read_question(question)
    asked = _Asked(states=_normalised(read.states), words=_tokens(read.spans, words))
    if not asked.words:
        return []
    readings = readings_of([(passage.text, passage.chunk_id) for passage in passages])
    return [_compared(asked, reading, passage.title_words) for reading, passage in zip(readings, passages, strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    states: NDArray[np.float32]  #: [tokens, dimensions], L2-normalised
    words: tuple[tuple[int, ...], ...]  #: tokens of each


def _tokens(spans: Sequence[tuple[int, int]], words: Sequence[tuple[int, int]]) -> tuple[tuple[int, ...], ...]:
    found = (
        tuple(place for place, (first, last) in enumerate(spans) if start <= first < last <= end)
        for start, end in words
    )
    return tuple(tokens for tokens in found if tokens)


def _compared(asked: _Asked, passage: Reading, title_words: Sequence[tuple[int, int]]) -> Closeness:
    likeness = asked.states @ passage.states.astype(np.float32).T / STEPS
    inner = likeness[:, 1:-1] if likeness.shape[1] > _OWN_TOKENS else likeness
    nearest = inner.max(axis=1)
    each = np.sort([nearest[list(word)].mean() for word in asked.words])
    back = likeness[1:-1].max(axis=0)
    titled = _tokens(passage.title_spans, title_words)
    return Closeness(
        mean=float(each.mean()),
        weakest=float(each[: max(1, len(each) // 3)].mean()),
        whole=float(nearest[1:-1].mean()),
        title=float(np.mean([back[list(word)].mean() for word in titled])) if titled else None,
    )


def _normalised(states: NDArray[np.float32]) -> NDArray[np.float32]:
    length = np.linalg.norm(states, axis=1, keepdims=True)
    normalised: NDArray[np.float32] = states / np.maximum(length, 1e-9)
    return normalised
