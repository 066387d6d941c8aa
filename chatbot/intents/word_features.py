"""Words and pieces of words as numbers: TF-IDF over hashed n-grams, folded into few dimensions.

Hashing needs no vocabulary: a model stays small, a word never seen costs nothing, and any script works. Folding adds
each hashed column, with a sign of its own, to one of DIMENSIONS: dot products stay as they were, but for a small noise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import HashingVectorizer

Floats = NDArray[np.float32]

#: Columns that n-grams are hashed to, and dimensions that these are folded into.
COLUMNS = 2**18
DIMENSIONS = 2_048
#: Characters of a message that its n-grams are taken from.
READ_CHARACTERS = 1_000


@cache
def _counters() -> "tuple[HashingVectorizer, HashingVectorizer]":
    """One- and two-word n-grams; pieces of two to five signs inside words."""
    # A second to load, which only who reads messages by a trained model shall pay: the worker does so when it starts.
    from sklearn.feature_extraction.text import HashingVectorizer

    common = {"n_features": COLUMNS, "alternate_sign": False, "norm": None, "dtype": np.float32}
    return (
        HashingVectorizer(analyzer="word", token_pattern=r"(?u)\w+", ngram_range=(1, 2), **common),  # noqa: S106  no password
        HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5), **common),
    )


@cache
def _folding() -> tuple[NDArray[np.int64], Floats]:
    """Dimension and sign of each column, by a multiplicative hash: the same everywhere and for ever."""
    mixed = (np.arange(COLUMNS, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)
    return (mixed >> np.uint64(1)).astype(np.int64) % DIMENSIONS, np.where(mixed & np.uint64(1), 1, -1).astype(
        np.float32
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WordFeatures:
    """`rarity`: float32 [2, COLUMNS], the inverse document frequency of each column of words and of pieces."""

    rarity: Floats

    def of(self, texts: Sequence[str]) -> Floats:
        """float32 [texts, 2 * DIMENSIONS]; each half L2-normalised (0 where nothing is known)."""
        return np.hstack(
            [_folded(_weighted(counts, rarity)) for counts, rarity in zip(_counted(texts), self.rarity, strict=True)]
        )


def fitted_word_features(texts: Sequence[str]) -> WordFeatures:
    rarities = []
    for counts in _counted(texts):
        seen = np.bincount(counts.indices, minlength=COLUMNS)
        rarities.append((np.log((1 + len(texts)) / (1 + seen)) + 1).astype(np.float32))
    return WordFeatures(rarity=np.stack(rarities))


def _counted(texts: Sequence[str]) -> "list[csr_matrix]":
    cut = [text[:READ_CHARACTERS] for text in texts]
    return [counter.transform(cut) for counter in _counters()]


def _weighted(counts: "csr_matrix", rarity: Floats) -> "csr_matrix":
    weighted = counts.copy()
    weighted.data = (np.log(counts.data) + 1) * rarity[counts.indices]
    return weighted


def _folded(weighted: "csr_matrix") -> Floats:
    dimension, sign = _folding()
    rows = np.repeat(np.arange(weighted.shape[0]), np.diff(weighted.indptr))
    place = rows * DIMENSIONS + dimension[weighted.indices]
    flat = np.bincount(place, weights=weighted.data * sign[weighted.indices], minlength=weighted.shape[0] * DIMENSIONS)
    folded = flat.reshape(weighted.shape[0], DIMENSIONS).astype(np.float32)
    return normalised(folded)


def normalised(rows: Floats) -> Floats:
    """Rows of length 1; rows of zeros stay."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    result: Floats = rows / np.maximum(lengths, 1e-9)
    return result
