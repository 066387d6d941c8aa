"""Chinese and Japanese questions as vectors of their signs, for the local embedder reads neither.

Pure. Of Chinese that embedder makes nearly the same vector whatever is said, so that all questions fell into one topic.
Instead each sign and each pair of neighbours (in Chinese mostly a word) is a feature, without the signs that every
question has ("请问", "怎么"); words in Latin letters count, too. Features are hashed into a fixed number of dimensions:
a question has the same vector on every day, whatever else is asked, and centres can be kept.
"""

import re
import zlib
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from analytics.topics.grouping import Closeness, Matrix
from chatbot.rules.same_question import without_asking

#: Languages that are read sign by sign.
LANGUAGES: Final = frozenset({"zh", "ja"})
#: More than the embedder has, so that the two kinds of vectors cannot be taken for each other.
DIMENSIONS: Final = 1_024
#: Chosen on the sample company's Chinese questions, articles and intents; see docs/benchmarks.md.
BY_SIGNS: Final = Closeness(cluster=0.08, near=0.15, same=0.7)
#: A pair says more than a sign alone.
_PAIR: Final = 2.0

_SIGNS: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]+")
_WORD: Final = re.compile(r"[^\W_\u3040-\u30ff\u3400-\u9fff]+")


def reads_sign_by_sign(language: str) -> bool:
    return language.split("-")[0].lower() in LANGUAGES


def sign_vectors(texts: Sequence[str]) -> Matrix:
    """[texts, DIMENSIONS], rows of length 1; of zeros where a text says nothing."""
    found = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
    for row, text in zip(found, texts, strict=True):
        for feature, weight in _features(text).items():
            number = zlib.crc32(feature.encode("utf-8", "replace"))
            row[(number >> 1) % DIMENSIONS] += weight if number & 1 else -weight
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    unit: Matrix = found / np.maximum(lengths, 1e-9)
    return unit


def _features(text: str) -> dict[str, float]:
    folded = without_asking(text)
    counts = Counter(_WORD.findall(folded))
    for run in _SIGNS.findall(folded):
        counts.update(run)
        counts.update(one + other for one, other in pairwise(run))
    return {
        feature: count**0.5 * (_PAIR if len(feature) == 2 and _SIGNS.match(feature) else 1.0)
        for feature, count in counts.items()
    }
