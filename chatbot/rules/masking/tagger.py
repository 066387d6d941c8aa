"""Names of people, places and organisations in a text, by two small models that ship with the code.

A conditional random field reads the words and their forms, and answers first. Where it sees what may be a name,
a linear model reads what MiniLM makes of each word in its sentence, and both opinions are multiplied. Both are trained
by `manage.py train_name_tagger` on invented people in sentences of our own: no customer, no public data set is in them.
"""

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import pycrfsuite
from numpy.typing import NDArray

from chatbot.rules.masking.entities import Entity, EntityType
from chatbot.rules.masking.tokens import Token, features_of, tokens_of
from knowledge.minilm import word_ranks
from knowledge.token_states import states_of_spans

CRF_FILE: Final = Path(__file__).with_name("name_tagger.crfsuite")
LINEAR_FILE: Final = Path(__file__).with_name("name_tagger.npz")

#: A text is read in pieces of so many tokens: MiniLM reads 256 word pieces, and time grows with the text, not faster.
_PIECE_TOKENS: Final = 120
#: Where the field is surer than this that no token is a name, the slower model is not asked.
_CERTAINLY_NOTHING: Final = 0.995
#: How much the field's opinion counts beside the linear model's, and how much a miss is worse than a false alarm.
_FIELD_WEIGHT: Final = 0.7
_MISS_IS_WORSE: Final = 1.0
_IMPOSSIBLE: Final = -1e9
#: The field remembers the text that it was given last, so one thread at a time asks it.
_FIELD_IN_USE: Final = threading.Lock()
_HAN: Final = re.compile(r"[\u3400-\u9fff]")

Logarithms = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearModel:
    """Multinomial logistic regression over standardised token states."""

    labels: tuple[str, ...]
    weights: NDArray[np.float32]  #: [labels, dimensions]
    intercepts: NDArray[np.float32]  #: [labels]
    means: NDArray[np.float32]  #: [dimensions]
    scales: NDArray[np.float32]  #: [dimensions]

    def log_probabilities(self, states: NDArray[np.float32]) -> Logarithms:
        """[tokens, labels]"""
        scores = ((states - self.means) / self.scales) @ self.weights.T + self.intercepts
        scores = scores.astype(np.float64) - scores.max(axis=1, keepdims=True)
        logarithms: Logarithms = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        return logarithms


@cache
def _field() -> pycrfsuite.Tagger:
    field = pycrfsuite.Tagger()
    field.open(str(CRF_FILE))
    return field


@cache
def _linear() -> LinearModel:
    with np.load(LINEAR_FILE, allow_pickle=False) as stored:
        return LinearModel(
            labels=tuple(str(label) for label in stored["labels"]),
            weights=stored["weights"].astype(np.float32),
            intercepts=stored["intercepts"].astype(np.float32),
            means=stored["means"].astype(np.float32),
            scales=stored["scales"].astype(np.float32),
        )


@cache
def _moves() -> tuple[Logarithms, Logarithms]:
    """What may begin a text, and what may follow what: an inside needs its own kind before it."""
    labels = _linear().labels
    first = np.array([_IMPOSSIBLE if label.startswith("I-") else 0.0 for label in labels])
    moves = np.array(
        [
            [_IMPOSSIBLE if after.startswith("I-") and before[2:] != after[2:] else 0.0 for after in labels]
            for before in labels
        ]
    )
    return first, moves


def tagged_entities(text: str) -> list[Entity]:
    """Entities in order, not overlapping; `probability` is the least sure token's, 0..1."""
    found: list[Entity] = []
    tokens = tokens_of(text)
    # A text of one piece is read as it stands, as the search reads it: once for both.
    whole = slice(0, len(text)) if len(tokens) <= _PIECE_TOKENS else None
    for start in range(0, len(tokens), _PIECE_TOKENS):
        piece = tokens[start : start + _PIECE_TOKENS]
        found += _entities(text, piece, read=whole or slice(piece[0].start, piece[-1].end))
    return found


def _entities(text: str, tokens: Sequence[Token], *, read: slice) -> list[Entity]:
    opinions = _opinions(text, tokens, read=read)
    if opinions is None:
        return []
    labels = _linear().labels
    path = _best_path(opinions)
    chosen = np.exp(opinions - np.logaddexp.reduce(opinions, axis=1, keepdims=True))
    found: list[Entity] = []
    place = 0
    while place < len(tokens):
        kind, last = labels[path[place]][2:], place
        while kind and last + 1 < len(tokens) and labels[path[last + 1]] == f"I-{kind}":
            last += 1
        if kind:
            start, end = tokens[place].start, tokens[last].end
            probability = min(float(chosen[at, path[at]]) for at in range(place, last + 1))
            found.append(
                Entity(type=EntityType(kind), start=start, end=end, text=text[start:end], probability=probability)
            )
        place = last + 1
    return found


def _opinions(text: str, tokens: Sequence[Token], *, read: slice) -> Logarithms | None:
    """Logarithms of both models' opinions together, [tokens, labels]; None where surely nothing is a name.

    `read` is the part of the text that the tokens are from.
    """
    field = pycrfsuite.ItemSequence(features_of(tokens, word_ranks()))
    linear, reader = _linear(), _field()
    with _FIELD_IN_USE:
        reader.set(field)
        if all(reader.marginal("O", place) > _CERTAINLY_NOTHING for place in range(len(tokens))):
            return None
        marginals = np.array(
            [[reader.marginal(label, place) for label in linear.labels] for place in range(len(tokens))]
        )
    if _HAN.search(text, tokens[0].start, tokens[-1].end):  # MiniLM reads no Chinese
        field_alone: Logarithms = np.log(marginals + 1e-9)
        return field_alone
    spans = [(token.start - read.start, token.end - read.start) for token in tokens]
    opinions = linear.log_probabilities(states_of_spans(text[read], spans))
    opinions += _FIELD_WEIGHT * np.log(marginals + 1e-4)
    opinions[:, linear.labels.index("O")] -= _MISS_IS_WORSE
    return opinions


def _best_path(opinions: Logarithms) -> list[int]:
    """The likeliest row of labels among those that may follow each other (Viterbi)."""
    first, moves = _moves()
    best = opinions[0] + first
    came_from: list[NDArray[np.intp]] = []
    for row in opinions[1:]:
        scores = best[:, None] + moves
        came_from.append(scores.argmax(axis=0))
        best = scores.max(axis=0) + row
    path = [int(best.argmax())]
    for sources in reversed(came_from):
        path.append(int(sources[path[-1]]))
    return path[::-1]
