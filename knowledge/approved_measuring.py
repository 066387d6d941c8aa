"""How often an approved answer is given, and how often to the wrong question, at each bound of similarity.

Labelled questions stand for approved ones: a few wordings of each label are approved, the others are asked. A question
that meets a wording of its own label is a right hit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from knowledge.embedding import Embedder

BOUNDS: Final = tuple(round(0.70 + 0.01 * step, 2) for step in range(30))


@dataclass(frozen=True, slots=True, kw_only=True)
class AtBound:
    bound: float
    hit_rate: float  #: right hits among questions whose label has wordings, 0..1
    wrong_hit_rate: float  #: hits that are wrong among all hits, 0..1; 0.0 without hits
    stranger_rate: float  #: hits among questions that have no label, 0..1; 0.0 without such


def measure_bounds(
    wordings: Mapping[str, Sequence[str]],
    asked: Sequence[tuple[str, str]],
    strangers: Sequence[str],
    *,
    embedder: Embedder,
) -> list[AtBound]:
    """`wordings` of each label; `asked` are (question, label); `strangers` are about something else."""  # fmt: skip
    labels = np.array([label for label, texts in wordings.items() for _ in texts])
    approved = embedder.embed_passages([text for texts in wordings.values() for text in texts])
    best, is_right = _nearest(embedder, [text for text, _ in asked], approved, labels, [label for _, label in asked])
    strange, _ = _nearest(embedder, list(strangers), approved, labels, [""] * len(strangers))
    found = []
    for bound in BOUNDS:
        hits = best >= bound
        found.append(
            AtBound(
                bound=bound,
                hit_rate=float((hits & is_right).mean()) if len(asked) else 0.0,
                wrong_hit_rate=float((hits & ~is_right).sum() / max(1, hits.sum())),
                stranger_rate=float((strange >= bound).mean()) if len(strangers) else 0.0,
            )
        )
    return found


def chosen_bound(measured: Sequence[AtBound], *, most_wrong: float) -> AtBound | None:
    """The lowest bound from which on wrong hits and strangers stay at or under `most_wrong`."""
    chosen = None
    for one in sorted(measured, key=lambda one: -one.bound):
        if one.wrong_hit_rate > most_wrong or one.stranger_rate > most_wrong:
            break
        chosen = one
    return chosen


def _nearest(
    embedder: Embedder, texts: list[str], approved: np.ndarray, labels: np.ndarray, wanted: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    if not texts:
        return np.empty(0), np.empty(0, dtype=bool)
    similarities = embedder.embed_passages(texts) @ approved.T
    nearest = similarities.argmax(axis=1)
    return similarities[np.arange(len(texts)), nearest], labels[nearest] == np.array(wanted)
