"""Words and pieces of words as numbers: TF-IDF over hashed n-grams, folded into few dimensions.

Hashing needs no vocabulary: a model stays small, a word never seen costs nothing, and any script works. Folding adds
each hashed column, with a sign of its own, to one of DIMENSIONS: dot products stay as they were, but for a small noise.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Columns = NDArray[np.int64]

#: Columns that n-grams are hashed to, and dimensions that these are folded into.
COLUMNS = 2**18
DIMENSIONS = 2_048
#: Characters of a message that its n-grams are taken from.
READ_CHARACTERS = 1_000


@cache
def _hashers() -> tuple[Callable[[str], Sequence[int]], ...]:
    """A text to the columns of its one- and two-word n-grams, and of its pieces of two to five signs inside words.

    As HashingVectorizer does it, whose checks of its input cost more than the hashing when a message comes alone.
    """
    # A second to load, which only who reads messages by a trained model shall pay: the worker does so when it starts.
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.utils import murmurhash3_32

    def hashed_by(parts: Callable[[str], Sequence[str]]) -> Callable[[str], Sequence[int]]:
        return lambda text: [abs(murmurhash3_32(part)) % COLUMNS for part in parts(text)]

    words = HashingVectorizer(analyzer="word", token_pattern=r"(?u)\w+", ngram_range=(1, 2))  # noqa: S106  no password
    pieces = HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5))
    return hashed_by(words.build_analyzer()), hashed_by(pieces.build_analyzer())


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
        rows = np.zeros((len(texts), 2, DIMENSIONS), dtype=np.float32)
        dimension, sign = _folding()
        for row, text in zip(rows, texts, strict=True):
            for half, rarity, (columns, counts) in zip(row, self.rarity, _counted(text), strict=True):
                weights = (np.log(counts) + 1) * rarity[columns] * sign[columns]
                half[:] = np.bincount(dimension[columns], weights=weights, minlength=DIMENSIONS)
        return normalised(rows.reshape(-1, DIMENSIONS)).reshape(len(texts), 2 * DIMENSIONS)


def fitted_word_features(texts: Sequence[str]) -> WordFeatures:
    seen = np.zeros((2, COLUMNS), dtype=np.int64)
    for text in texts:
        for half, (columns, _) in zip(seen, _counted(text), strict=True):
            half[columns] += 1
    return WordFeatures(rarity=(np.log((1 + len(texts)) / (1 + seen)) + 1).astype(np.float32))


def _counted(text: str) -> list[tuple[Columns, Columns]]:
    """Columns and how often each came, of words and of pieces."""
    cut = text[:READ_CHARACTERS]
    return [np.unique(np.array(hashed(cut), dtype=np.int64), return_counts=True) for hashed in _hashers()]


def normalised(rows: Floats) -> Floats:
    """Rows of length 1; rows of zeros stay."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    result: Floats = rows / np.maximum(lengths, 1e-9)
    return result
