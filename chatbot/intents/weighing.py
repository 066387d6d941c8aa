"""Which layers of the embedder are compared, how much words count beside meaning, and how smooth the model is: learned
from the training examples themselves.

For each candidate the examples are judged as if each had been left out, in closed form over their similarities; the one
under which the right intents are most probable wins. Languages that the embedded model does not read well end up
with more weight on words; many intents that differ by a word, with more layers.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from chatbot.intents.landmarks import centred, kernel_of

Floats = NDArray[np.float32]
Classes = NDArray[np.int64]

#: Examples that are looked at, spread over all intents; enough to choose between few candidates.
COMPARED = 2_500
WORDS = (0.4, 0.7, 1.0, 1.4)
PENALTIES = (0.1, 0.3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    layers: int  #: so many of the last layers are compared
    words: float  #: what word features are multiplied with
    penalty: float  #: of the least squares


def chosen_weighing(reading: Floats, words: Floats, classes: Classes, count: int, *, seed: int = 0) -> Weighing:
    """`reading` [examples, layers, dimensions], `words` [examples, features], `classes` [examples] in 0..count-1."""
    rows = np.sort(np.random.default_rng(seed).permutation(len(classes))[:COMPARED])
    targets = np.eye(count, dtype=np.float32)[classes[rows]]
    of_words = double_centred(words[rows] @ words[rows].T)
    vectors = [centred(reading[rows, layer], reading[:, layer].mean(axis=0)) for layer in range(reading.shape[1])]
    cosines = np.stack([one @ one.T for one in vectors])

    def loss(of_meaning: Floats, one: Weighing) -> float:
        left_out = _left_out(of_meaning + np.float32(one.words**2) * of_words, targets, one.penalty)
        return calibrated(left_out, classes[rows])[1]

    depths = {layers: double_centred(kernel_of(cosines[-layers:])) for layers in range(1, len(cosines) + 1)}
    first = [Weighing(layers=layers, words=WORDS[0], penalty=PENALTIES[0]) for layers in depths]
    layers = min(first, key=lambda one: loss(depths[one.layers], one)).layers
    candidates = [
        Weighing(layers=layers, words=weight, penalty=penalty) for weight, penalty in product(WORDS, PENALTIES)
    ]
    return min(candidates, key=lambda one: loss(depths[layers], one))


def calibrated(scores: Floats, classes: Classes) -> tuple[float, float]:
    """The sharpness under which softmax(scores * sharpness) makes `classes` most probable, and the mean loss then."""
    from scipy.optimize import minimize_scalar  # slow to load, and only training needs it

    def loss(logarithm: float) -> float:
        logits = scores * np.float32(np.exp(logarithm))
        logits = logits - logits.max(axis=1, keepdims=True)
        right = logits[np.arange(len(classes)), classes]
        return float((np.log(np.exp(logits).sum(axis=1)) - right).mean())

    found = minimize_scalar(loss, bounds=(-1.0, 6.0), method="bounded")
    return float(np.exp(found.x)), float(found.fun)


def double_centred(similarities: Floats) -> Floats:
    """As if the features behind the dot products [rows, rows] had been centred."""
    means = similarities.mean(axis=0)
    result: Floats = similarities - means - means[:, np.newaxis] + means.mean()
    return result


def _left_out(similarities: Floats, targets: Floats, penalty: float) -> Floats:
    """[rows, classes]: what ridge regression says of each row when it is left out."""
    from scipy.linalg import lapack  # slow to load, and only training needs it

    share = targets.mean(axis=0)
    penalised = similarities.copy()
    penalised[np.diag_indices_from(penalised)] += np.float32(penalty)
    factor, _ = lapack.spotrf(penalised, lower=1, overwrite_a=1)
    half, _ = lapack.spotri(factor, lower=1, overwrite_c=1)
    inverse = np.tril(half) + np.tril(half, -1).T
    result: Floats = targets - (inverse @ (targets - share)) / np.diag(inverse)[:, None]
    return result
