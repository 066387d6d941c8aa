"""How often a kept answer would be given, and how often to another question, at each bound of similarity.

Labelled questions are asked in a row, as customers would: each looks for the nearest one asked before it. A question of
another label would have got a wrong answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from knowledge.caches.nearest import COMPARED, says_the_same
from knowledge.embedding import Embedder

BOUNDS: Final = tuple(round(0.86 + 0.01 * step, 2) for step in range(14))


@dataclass(frozen=True, slots=True, kw_only=True)
class AtBound:
    bound: float
    hit_rate: float  #: hits among all questions, 0..1
    wrong_hit_rate: float  #: wrong hits among the hits, 0..1; 0.0 without hits

    @property
    def wrong_rate(self) -> float:
        """Wrong hits among all questions, 0..1: never rises with the bound."""
        return self.hit_rate * self.wrong_hit_rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    questions: int
    at: tuple[AtBound, ...]  #: by rising bound


def measure(asked: Sequence[tuple[str, str]], *, embedder: Embedder) -> Measured:
    """`asked` are (question, label), in the order of asking; at least two."""
    vectors = embedder.embed_passages([question for question, _ in asked])
    best, right = np.full(len(asked), -1.0), np.zeros(len(asked), dtype=bool)
    for place in range(1, len(asked)):
        similarities = vectors[:place] @ vectors[place]
        for before in np.argsort(-similarities, kind="stable")[:COMPARED]:
            if similarities[before] < BOUNDS[0]:
                break
            if says_the_same(asked[place][0], asked[before][0]):
                best[place], right[place] = similarities[before], asked[place][1] == asked[before][1]
                break
    return Measured(
        questions=len(asked),
        at=tuple(_at(bound, best, right) for bound in BOUNDS),
    )


def chosen_bound(measured: Sequence[Measured], *, most_wrong: float) -> float | None:
    """The lowest bound at which at most this share of the questions of every set is answered wrongly, or None."""
    for place, bound in enumerate(BOUNDS):
        if all(one.at[place].wrong_rate <= most_wrong for one in measured):
            return bound
    return None


def _at(bound: float, best: np.ndarray, right: np.ndarray) -> AtBound:
    hits = best >= bound
    return AtBound(
        bound=bound,
        hit_rate=float(hits.mean()),
        wrong_hit_rate=float((hits & ~right).sum() / max(1, hits.sum())),
    )
