"""One layer of a BERT-like encoder in NumPy, forth and back: enough to train the upper layers of a small model without
a training library. What it says of a text differs from ONNX Runtime's in the third decimal (GELU by its tanh form).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]  #: float32 where it is used, float64 where a test compares slopes
Parameters = dict[str, Array]

_ROOT = 0.7978845608  # of 2/pi
_CUBIC = 0.044715


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the way back needs of the way forth."""

    states: Array
    queries: Array
    keys: Array
    values: Array
    shares: Array
    mixed: Array
    first: "Normalised"
    widened: Array
    bent: Array
    activated: Array
    second: "Normalised"


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalised:
    rows: Array  #: after the normalisation, before gamma and beta
    result: Array
    spread: Array  #: [..., 1]


def layer_parameters(weights: Mapping[str, Array], number: int) -> Parameters:
    """Of one layer (0 = the first) by Hugging Face's names; matrices as [in, out]. Raises KeyError."""
    prefix = f"encoder.layer.{number}."
    asked = [f"{prefix}attention.self.{part}" for part in ("query", "key", "value")]
    found = {
        "qkv": np.concatenate([weights[part + ".weight"].T for part in asked], axis=1),
        "qkv_bias": np.concatenate([weights[part + ".bias"] for part in asked]),
    }
    for name, dense, normalising in (
        ("mix", "attention.output.dense", "attention.output.LayerNorm"),
        ("widen", "intermediate.dense", ""),
        ("narrow", "output.dense", "output.LayerNorm"),
    ):
        found[name] = weights[f"{prefix}{dense}.weight"].T
        found[name + "_bias"] = weights[f"{prefix}{dense}.bias"]
        if normalising:
            found[name + "_gamma"] = weights[f"{prefix}{normalising}.weight"]
            found[name + "_beta"] = weights[f"{prefix}{normalising}.bias"]
    return {name: np.array(value, dtype=np.float32, order="C") for name, value in found.items()}


def forward(states: Array, shown: Array, of: Parameters, *, heads: int, epsilon: float) -> Kept:
    """`states` [texts, tokens, dimensions]; `shown` bool [texts, tokens], at least one of each text."""
    texts, tokens, dimensions = states.shape

    def by_head(part: Array) -> Array:
        return part.reshape(texts, tokens, heads, dimensions // heads).transpose(0, 2, 1, 3)

    asked = _product(states, of["qkv"]) + of["qkv_bias"]
    queries, keys, values = (by_head(part) for part in np.split(asked, 3, axis=2))
    likeness = queries @ keys.swapaxes(2, 3) / np.sqrt(states.dtype.type(dimensions // heads))
    likeness = np.where(shown[:, np.newaxis, np.newaxis, :], likeness, -np.inf)
    shares = np.exp(likeness - likeness.max(axis=3, keepdims=True))
    shares /= shares.sum(axis=3, keepdims=True)
    mixed = (shares @ values).transpose(0, 2, 1, 3).reshape(states.shape)
    first = _normalised(states + _product(mixed, of["mix"]) + of["mix_bias"], of["mix_gamma"], of["mix_beta"], epsilon)
    widened = _product(first.result, of["widen"]) + of["widen_bias"]
    bent = np.tanh(_ROOT * (widened + _CUBIC * widened * widened * widened))
    activated = 0.5 * widened * (1 + bent)
    narrowed = first.result + _product(activated, of["narrow"]) + of["narrow_bias"]
    return Kept(
        states=states,
        queries=queries,
        keys=keys,
        values=values,
        shares=shares,
        mixed=mixed,
        first=first,
        widened=widened,
        bent=bent,
        activated=activated,
        second=_normalised(narrowed, of["narrow_gamma"], of["narrow_beta"], epsilon),
    )


def backward(slope: Array, kept: Kept, of: Parameters) -> tuple[Array, Parameters]:
    """Slopes of a loss by the states that came in and by each parameter, from that by what came out."""
    found: Parameters = {}

    def dense(name: str, source: Array, slope: Array) -> Array:
        rows = slope.reshape(-1, slope.shape[-1])
        found[name] = source.reshape(-1, source.shape[-1]).T @ rows
        found[name + "_bias"] = rows.sum(axis=0)
        return _product(slope, of[name].T)

    def normalising(name: str, done: Normalised, slope: Array) -> Array:
        found[name + "_gamma"] = (slope * done.rows).sum(axis=(0, 1))
        found[name + "_beta"] = slope.sum(axis=(0, 1))
        inner = slope * of[name + "_gamma"]
        inner -= inner.mean(axis=2, keepdims=True) + done.rows * (inner * done.rows).mean(axis=2, keepdims=True)
        back: Array = inner / done.spread
        return back

    narrowed = normalising("narrow", kept.second, slope)
    activated = dense("narrow", kept.activated, narrowed)
    bend = _ROOT * (1 + 3 * _CUBIC * kept.widened * kept.widened)
    activated *= 0.5 * (1 + kept.bent) + 0.5 * kept.widened * (1 - kept.bent * kept.bent) * bend
    summed = normalising("mix", kept.first, narrowed + dense("widen", kept.first.result, activated))
    mixed = dense("mix", kept.mixed, summed)
    texts, tokens, dimensions = mixed.shape
    heads = kept.shares.shape[1]
    by_head = mixed.reshape(texts, tokens, heads, dimensions // heads).transpose(0, 2, 1, 3)
    shares = by_head @ kept.values.swapaxes(2, 3)
    shares = kept.shares * (shares - (shares * kept.shares).sum(axis=3, keepdims=True))
    shares /= np.sqrt(mixed.dtype.type(dimensions // heads))
    parts = (shares @ kept.keys, shares.swapaxes(2, 3) @ kept.queries, kept.shares.swapaxes(2, 3) @ by_head)
    asked = np.concatenate([part.transpose(0, 2, 1, 3).reshape(mixed.shape) for part in parts], axis=2)
    return summed + dense("qkv", kept.states, asked), found


def _normalised(rows: Array, gamma: Array, beta: Array, epsilon: float) -> Normalised:
    centred = rows - rows.mean(axis=2, keepdims=True)
    spread = np.sqrt((centred * centred).mean(axis=2, keepdims=True) + rows.dtype.type(epsilon))
    centred /= spread
    return Normalised(rows=centred, result=centred * gamma + beta, spread=spread)


def _product(rows: Array, matrix: Array) -> Array:
    """Of [texts, tokens, in] and [in, out], as one product: NumPy would make one of each text, three times slower."""
    result: Array = rows.reshape(-1, rows.shape[-1]) @ matrix
    return result.reshape(*rows.shape[:-1], -1)
