"""Similarity to a fixed set of training texts as features: a curved decision with a linear model.

A text is read as the vectors after the upper layers of the embedder. Lower ones hold more of its words, the last one
more of its meaning; which of them help is learned from the examples (weighing.py). The similarity of two texts is the
mean of a kernel over these layers.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

#: How fast similarity falls with distance: exp(SHARPNESS * (cosine - 1)).
SHARPNESS = 2.0
#: Added to the diagonal, so that texts which say the same can stand beside each other.
_JITTER = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Landmarks:
    """Texts that others are compared with."""

    middle: Floats  #: [layers, dimensions], taken away before the cosine
    vectors: Floats  #: [layers, landmarks, dimensions], centred, of length 1; as precise as float16

    @property
    def layers(self) -> int:
        """So many of the last layers are compared."""
        return len(self.middle)

    def cosines(self, reading: Floats) -> Floats:
        """`reading` [texts, layers or more, dimensions]; float32 [layers, texts, landmarks]."""
        used = reading[:, -self.layers :]
        return np.stack(
            [centred(used[:, layer], self.middle[layer]) @ self.vectors[layer].T for layer in range(self.layers)]
        )


def kernel_of(cosines: Floats) -> Floats:
    """Similarities by cosines [layers, ...]: their mean over the layers."""
    result: Floats = np.exp(np.float32(SHARPNESS) * (cosines - np.float32(1.0))).mean(axis=0)
    return result


def centred(vectors: Floats, middle: Floats) -> Floats:
    moved = vectors - middle
    result: Floats = moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
    return result


def fitted_landmarks(reading: Floats, *, layers: int, most: int, seed: int = 0) -> tuple[Landmarks, NDArray[np.int64]]:
    """At most `most` of the examples `reading` [examples, layers or more, dimensions], chosen by chance, and which."""
    used = reading[:, -layers:]
    middle = used.mean(axis=0)
    chosen = np.sort(np.random.default_rng(seed).permutation(len(used))[:most])
    vectors = np.stack([centred(used[chosen, layer], middle[layer]) for layer in range(layers)])
    # Rounded before the fit, so that the stored model is the fitted one.
    return Landmarks(middle=middle, vectors=vectors.astype(np.float16).astype(np.float32)), chosen


def whitened(similarities: Floats, landmarks: Landmarks) -> tuple[Floats, Floats]:
    """Nyström features of [texts, landmarks] similarities: their dot products approximate the similarity of two texts.

    Also the matrix that made them, [landmarks, landmarks].
    """
    from scipy.linalg import cholesky, solve_triangular  # slow to load, and only training needs it

    among = kernel_of(np.stack([vectors @ vectors.T for vectors in landmarks.vectors]))
    among[np.diag_indices_from(among)] += np.float32(_JITTER)
    lower = cholesky(among, lower=True, overwrite_a=True, check_finite=False)
    whitening: Floats = solve_triangular(
        lower, np.eye(len(lower), dtype=np.float32), lower=True, overwrite_b=True, check_finite=False
    ).T
    features: Floats = similarities @ whitening
    return features, whitening
