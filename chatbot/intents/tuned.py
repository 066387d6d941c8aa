"""The embedder's upper layers, tuned to the team's own intents: a second opinion beside similarities and words.

They continue from what the lower layers made of each token, which the int8 reading of a question gives anyway, so a
message is not read twice. Plain NumPy: no training library, and the arrays are stored like the others.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chatbot.intents.readings import States
from chatbot.intents.word_features import normalised
from knowledge.encoder_layer import Kept, Parameters, backward, forward
from knowledge.minilm import SHAPE, tunable_layers

Floats = NDArray[np.float32]
Classes = NDArray[np.int64]

#: How often each example is learned from, but PASSES altogether.
EPOCHS = 6
PASSES = 16_000
BATCH = 32
RATE = 3e-4
RATE_OF_HEAD = 1e-2
#: How sharp the first answers are: cosines with the middle of each intent, times this.
FIRST_SHARPNESS = 16.0
_WARM = 0.1
_LONGEST_SLOPE = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TunedLayers:
    """Safe to share between threads."""

    layers: tuple[Parameters, ...]
    middle: Floats  #: [dimensions], taken away before the cosine
    head: Floats  #: [dimensions, intents]
    bias: Floats  #: [intents]

    def logits(self, states: Sequence[States]) -> Floats:
        """float32 [texts, intents]."""
        result: Floats = normalised(_all_pooled(states, self.layers) - self.middle) @ self.head + self.bias
        return result


def tuned_layers(
    states: Sequence[States],
    classes: Classes,
    count: int,
    *,
    seed: int = 0,
    on_share: Callable[[float], object] = lambda share: None,
) -> TunedLayers:
    """`classes` [texts] in 0..count-1, each there. `on_share` is called with what is done, 0..1."""
    rng = np.random.default_rng(seed)
    layers = tunable_layers()
    lengths = np.array([len(one) for one in states])
    pooled = _all_pooled(states, layers)
    middle = pooled.mean(axis=0)
    close = normalised(pooled - middle)
    members = np.eye(count, dtype=np.float32)[classes]
    head = FIRST_SHARPNESS * normalised(members.T @ close).T
    bias = np.zeros(count, dtype=np.float32)
    tuned = TunedLayers(layers=layers, middle=middle, head=np.ascontiguousarray(head), bias=bias)
    parameters = [*layers, {"head": tuned.head, "bias": tuned.bias}]
    climber = _Adam(parameters, rates=[RATE] * len(layers) + [RATE_OF_HEAD])
    steps = math.ceil(min(EPOCHS * len(states), PASSES) / BATCH)
    step = 0
    while step < steps:
        for rows in _batches(lengths, BATCH, rng=rng):
            if step == steps:
                break
            climber.step(_slopes(tuned, *_padded(states, rows), classes[rows]), pace=_pace(step / steps))
            step += 1
            on_share(step / steps)
    return tuned


def _slopes(tuned: TunedLayers, states: Floats, shown: NDArray[np.bool_], classes: Classes) -> list[Parameters]:
    """Of the mean cross-entropy of a batch, by the parameters of each layer and of the head."""
    kept, weights, pooled = _pooled(states, shown, tuned.layers)
    moved = pooled - tuned.middle
    length = np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
    close = moved / length
    logits = close @ tuned.head + tuned.bias
    slope = np.exp(logits - logits.max(axis=1, keepdims=True))
    slope /= slope.sum(axis=1, keepdims=True)
    slope[np.arange(len(classes)), classes] -= 1
    slope /= len(classes)
    found: list[Parameters] = [{"head": close.T @ slope, "bias": slope.sum(axis=0)}]
    back = slope @ tuned.head.T
    back = (back - close * (back * close).sum(axis=1, keepdims=True)) / length
    back = back[:, np.newaxis, :] * weights
    for one, of in zip(reversed(kept), reversed(tuned.layers), strict=True):
        back, slopes = backward(back, one, of)
        found.insert(0, slopes)
    return found


def _pooled(
    states: Floats, shown: NDArray[np.bool_], layers: Sequence[Parameters]
) -> tuple[list[Kept], Floats, Floats]:
    """What each layer kept, the weight of each token in the mean [texts, tokens, 1], and the mean."""
    kept: list[Kept] = []
    for of in layers:
        kept.append(forward(states, shown, of, heads=SHAPE.heads, epsilon=SHAPE.epsilon))
        states = kept[-1].second.result
    weights = (shown / shown.sum(axis=1, keepdims=True)).astype(np.float32)[:, :, np.newaxis]
    return kept, weights, (states * weights).sum(axis=1)


def _all_pooled(states: Sequence[States], layers: Sequence[Parameters]) -> Floats:
    """float32 [texts, dimensions]: the mean of what the last layer makes of the tokens of each text."""
    found = np.empty((len(states), SHAPE.dimensions), dtype=np.float32)
    for rows in _batches(np.array([len(one) for one in states]), BATCH):
        found[rows] = _pooled(*_padded(states, rows), layers)[-1]
    return found


def _batches(lengths: Classes, size: int, *, rng: np.random.Generator | None = None) -> list[Classes]:
    """Rows of like length together, since a batch is padded to its longest; by chance where `rng` is given."""
    if rng is None:
        order = np.argsort(lengths, kind="stable")
        return [order[start : start + size] for start in range(0, len(order), size)]
    order = rng.permutation(len(lengths))
    groups = [order[start : start + 16 * size] for start in range(0, len(order), 16 * size)]
    batches = [group[rows] for group in groups for rows in _batches(lengths[group], size)]
    rng.shuffle(batches)
    return batches


def _padded(states: Sequence[States], rows: Classes) -> tuple[Floats, NDArray[np.bool_]]:
    tokens = max(len(states[row]) for row in rows)
    padded = np.zeros((len(rows), tokens, SHAPE.dimensions), dtype=np.float32)
    shown = np.zeros((len(rows), tokens), dtype=bool)
    for place, row in enumerate(rows):
        padded[place, : len(states[row])] = states[row]
        shown[place, : len(states[row])] = True
    return padded, shown


def _pace(done: float) -> float:
    """Slowly at first, then ever smaller steps."""
    return max(min(done / _WARM, (1 - done) / (1 - _WARM)), 0.02)


class _Adam:
    """Adam with slopes of bounded length; changes the arrays in place."""

    def __init__(self, parameters: Sequence[Parameters], *, rates: Sequence[float]) -> None:
        self._parameters = parameters
        self._rates = rates
        self._means = [{name: np.zeros_like(value) for name, value in part.items()} for part in parameters]
        self._squares = [{name: np.zeros_like(value) for name, value in part.items()} for part in parameters]
        self._steps = 0

    def step(self, slopes: Sequence[Parameters], *, pace: float) -> None:
        self._steps += 1
        length = math.sqrt(sum(float(np.vdot(one, one)) for part in slopes for one in part.values()))
        factor = np.float32(min(1.0, _LONGEST_SLOPE / max(length, 1e-9)))
        first, second = 1 - 0.9**self._steps, 1 - 0.99**self._steps
        for part, found, means, squares, rate in zip(
            self._parameters, slopes, self._means, self._squares, self._rates, strict=True
        ):
            for name, slope in found.items():
                slope *= factor
                mean, square = means[name], squares[name]
                mean += np.float32(0.1) * (slope - mean)
                slope *= slope
                square += np.float32(0.01) * (slope - square)
                np.sqrt(square, out=slope)
                slope *= np.float32(1 / math.sqrt(second))
                slope += np.float32(1e-8)
                np.divide(mean, slope, out=slope)
                slope *= np.float32(rate * pace / first)
                part[name] -= slope
