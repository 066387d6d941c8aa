"""How much words count beside meaning, and how smooth the model is: learned from the training examples themselves.

For each candidate the examples are judged as if each had been left out, in closed form over their similarities; the one
under which the right intents are most probable wins. Languages that the embedded model does not read well end up
with more weight on words.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize_scalar

Floats = NDArray[np.float32]
Classes = NDArray[np.int64]

#: Examples that are looked at, spread over all intents; enough to choose between few candidates.
COMPARED = 2_500
WORDS = (0.4, 0.7, 1.0, 1.4)
PENALTIES = (0.1, 0.3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    words: float  #: what word features are multiplied with
    penalty: float  #: of the least squares


def chosen_weighing(meaning: Floats, words: Floats, classes: Classes, count: int, *, seed: int = 0) -> Weighing:
    """`meaning` and `words` [examples, features], `classes` [examples] in 0..count-1."""
    rows = np.sort(np.random.default_rng(seed).permutation(len(classes))[:COMPARED])
    targets = np.eye(count, dtype=np.float32)[classes[rows]]
    of_meaning, of_words = _similarities(meaning[rows]), _similarities(words[rows])
    candidates = [Weighing(words=weight, penalty=penalty) for weight, penalty in product(WORDS, PENALTIES)]
    return min(
        candidates,
        key=lambda one: calibrated(
            _left_out(of_meaning + np.float32(one.words**2) * of_words, targets, one.penalty), classes[rows]
        )[1],
    )


def calibrated(scores: Floats, classes: Classes) -> tuple[float, float]:
    """The sharpness under which softmax(scores * sharpness) makes `classes` most probable, and the mean loss then."""

    def loss(logarithm: float) -> float:
        logits = scores * np.float32(np.exp(logarithm))
        logits = logits - logits.max(axis=1, keepdims=True)
        right = logits[np.arange(len(classes)), classes]
        return float((np.log(np.exp(logits).sum(axis=1)) - right).mean())

    found = minimize_scalar(loss, bounds=(-1.0, 6.0), method="bounded")
    return float(np.exp(found.x)), float(found.fun)


def _similarities(features: Floats) -> Floats:
    """Dot products of the centred rows, [rows, rows]."""
    centred = features - features.mean(axis=0)
    result: Floats = centred @ centred.T
    return result


def _left_out(similarities: Floats, targets: Floats, penalty: float) -> Floats:
    """[rows, classes]: what ridge regression says of each row when it is left out."""
    share = targets.mean(axis=0)
    penalised = similarities.copy()
    penalised[np.diag_indices_from(penalised)] += np.float32(penalty)
    factor = cho_factor(penalised, lower=True, overwrite_a=True, check_finite=False)
    inverse = cho_solve(factor, np.eye(len(targets), dtype=np.float32), check_finite=False)
    result: Floats = targets - (inverse @ (targets - share)) / np.diag(inverse)[:, None]
    return result
