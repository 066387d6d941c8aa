"""Similarity to a fixed set of training vectors as features: a curved decision with a linear model."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

#: How fast similarity falls with distance: exp(SHARPNESS * (cosine - 1)).
SHARPNESS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Landmarks:
    """Nyström features: dot products of two texts' features approximate the kernel of their vectors."""

    middle: Floats  #: [dimensions], taken away before the cosine
    vectors: Floats  #: [landmarks, dimensions], centred and of length 1
    whitening: Floats  #: [landmarks, features]

    def of(self, vectors: Floats) -> Floats:
        """float32 [texts, features]."""
        result: Floats = _kernel(centred(vectors, self.middle), self.vectors) @ self.whitening
        return result


def centred(vectors: Floats, middle: Floats) -> Floats:
    moved = vectors - middle
    result: Floats = moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
    return result


def fitted_landmarks(vectors: Floats, *, most: int, seed: int = 0) -> Landmarks:
    """At most `most` of `vectors` [examples, dimensions], chosen by chance."""
    middle = vectors.mean(axis=0)
    chosen = np.random.default_rng(seed).permutation(len(vectors))[:most]
    marks = centred(vectors[np.sort(chosen)], middle)
    values, directions = np.linalg.eigh(_kernel(marks, marks))
    kept = values > 1e-4
    whitening = directions[:, kept] / np.sqrt(values[kept])
    return Landmarks(middle=middle, vectors=marks, whitening=whitening.astype(np.float32))


def _kernel(left: Floats, right: Floats) -> Floats:
    result: Floats = np.exp(np.float32(SHARPNESS) * (left @ right.T - 1.0))
    return result
