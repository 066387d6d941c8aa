"""Pure: how good an order of documents is, for one question whose right documents are known."""

import math
from collections.abc import Mapping, Sequence


def ndcg(found: Sequence[str], right: Mapping[str, float], *, depth: int) -> float:
    """Normalised discounted cumulative gain, 0.0..1.0; `right` gives each right document's gain (over 0)."""
    gained = sum(right.get(name, 0.0) / math.log2(place + 1) for place, name in enumerate(found[:depth], start=1))
    best = sum(
        gain / math.log2(place + 1) for place, gain in enumerate(sorted(right.values(), reverse=True)[:depth], start=1)
    )
    return gained / best if best else 0.0


def recall(found: Sequence[str], right: Mapping[str, float], *, depth: int) -> float:
    """Share of the right documents among the first `depth`."""
    return len(set(found[:depth]) & set(right)) / len(right) if right else 0.0


def reciprocal_rank(found: Sequence[str], right: Mapping[str, float], *, depth: int) -> float:
    """1 over the place of the first right document, 0.0 where none is among the first `depth`."""
    for place, name in enumerate(found[:depth], start=1):
        if name in right:
            return 1.0 / place
    return 0.0
