"""Does a message belong to any intent at all? Learned without a single example of what is out of scope.

Each intent in turn plays the stranger: what the model would say of its examples had it never seen the intent (closed
form, see ridge.py) is told apart from what it says of examples left out one by one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

#: Share of in-scope messages that the decision may send away by mistake.
LOST_SHARE = 0.015
#: Neighbours whose mean similarity is a sign beside the nearest one's.
NEIGHBOURS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A logistic model over `signs`; in scope where its probability is at least `threshold`."""

    weights: Floats  #: [signs]
    bias: float
    threshold: float

    def probability(self, signs: Floats) -> Floats:
        """float32 [messages], 0..1: how probable it is that each belongs to some intent."""
        result: Floats = (1.0 / (1.0 + np.exp(-(signs @ self.weights + self.bias)))).astype(np.float32)
        return result


#: Of a model whose decision is not fitted yet.
EVERYTHING_INSIDE = Scope(weights=np.zeros(5, dtype=np.float32), bias=0.0, threshold=0.0)


def signs_of(scores: Floats, probabilities: Floats, nearest: Floats) -> Floats:
    """float32 [messages, signs]: how high and how clear the best class is, and how near the training's words are.

    `scores`, `probabilities` [messages, classes], two classes at least; `nearest` [messages, NEIGHBOURS] cosines.
    """
    best = np.sort(scores, axis=1)[:, -2:]
    top = np.clip(probabilities.max(axis=1), 1e-6, 1 - 1e-6)
    result: Floats = np.stack(
        [
            best[:, 1],
            best[:, 1] - np.maximum(best[:, 0], -1.0),
            np.log(top / (1 - top)),
            nearest[:, 0],
            nearest.mean(axis=1),
        ],
        axis=1,
    ).astype(np.float32)
    return result


def fitted_scope(inside: Floats, outside: Floats) -> Scope:
    """From signs of messages that belong to an intent, and of such that belong to none."""
    from sklearn.linear_model import LogisticRegression  # a second to load, which only training shall pay

    model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=1000)
    model.fit(np.vstack([inside, outside]), np.repeat([1, 0], [len(inside), len(outside)]))
    scope = Scope(weights=model.coef_[0].astype(np.float32), bias=float(model.intercept_[0]), threshold=0.0)
    threshold = float(np.quantile(scope.probability(inside), LOST_SHARE))
    return Scope(weights=scope.weights, bias=scope.bias, threshold=threshold)
