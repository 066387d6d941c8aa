"""Regularised least squares on classes, with every leave-out answer in closed form.

What the model would say of an example if it had been trained without it, or without its whole class, follows from the
one fit: so the cross-validation that calibrates probabilities and the out-of-scope decision costs no second training.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Classes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ridge:
    """scores = features @ weights + bias."""

    weights: Floats  #: [features, classes]
    bias: Floats  #: [classes]

    def scores(self, features: Floats) -> Floats:
        result: Floats = features @ self.weights + self.bias
        return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A `Ridge` and what it would say of its own examples without them."""

    ridge: Ridge
    without_itself: Floats  #: [examples, classes], each example left out
    without_class: Floats  #: [examples, classes], its whole class left out; the class itself is -inf


def fit_ridge(features: Floats, classes: Classes, count: int, *, penalty: float) -> Fit:
    """`features` [examples, features], `classes` [examples] in 0..count-1; `penalty` over 0.

    Every class counts alike in the mean, so that a large one does not swallow the small ones.
    """
    from scipy.linalg import cho_factor, cho_solve  # slow to load, and only training needs it

    middle = features.mean(axis=0)
    centred = features - middle
    targets = np.zeros((len(classes), count), dtype=np.float32)
    targets[np.arange(len(classes)), classes] = 1.0
    share = targets.mean(axis=0)
    targets -= share
    products = centred.T @ centred
    products[np.diag_indices_from(products)] += penalty
    factor = cho_factor(products, lower=True, overwrite_a=True, check_finite=False)
    weights = cho_solve(factor, centred.T @ targets, check_finite=False).astype(np.float32)
    residuals = targets - centred @ weights
    # hat = centred @ inverse @ centred.T, of which only the diagonal and the blocks of the classes are needed
    leaned = cho_solve(factor, centred.T, check_finite=False)
    without_itself = np.empty_like(targets)
    without_class = np.empty_like(targets)
    leverage = np.einsum("ij,ji->i", centred, leaned)
    without_itself[:] = targets - residuals / np.maximum(1.0 - leverage, 1e-3)[:, None] + share
    for number in range(count):
        members = np.flatnonzero(classes == number)
        block = np.eye(len(members), dtype=np.float32) - centred[members] @ leaned[:, members]
        block[np.diag_indices_from(block)] += 1e-4
        without_class[members] = targets[members] - np.linalg.solve(block, residuals[members]) + share
    without_class[np.arange(len(classes)), classes] = -np.inf
    return Fit(
        ridge=Ridge(weights=weights, bias=(share - middle @ weights).astype(np.float32)),
        without_itself=without_itself,
        without_class=without_class,
    )
