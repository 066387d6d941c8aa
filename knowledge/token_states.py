"""What MiniLM makes of each token, half way up: enough to tell a name from a word, at two thirds of the price."""

import threading
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from knowledge.errors import EmbeddingUnavailable, ModelDamaged
from knowledge.minilm import SHAPE, WEIGHTS_SHA256, local_tokenizer, weights_file
from knowledge.model_files import model_file

NAME: Final = "minilm-tokens"
#: The layers whose states stand beside each other in a row; 0 is the first.
LAYERS: Final = (1, 3)
DIMENSIONS: Final = SHAPE.dimensions * len(LAYERS)

_lock = threading.Lock()


def states_of_spans(text: str, spans: Sequence[tuple[int, int]]) -> NDArray[np.float32]:
    """One row of DIMENSIONS numbers for each `(start, end)` in characters of `text`: the mean over its word pieces.

    Zeros for what lies behind the model's longest text, about 1,000 characters. Raises `EmbeddingUnavailable`.
    """
    rows = np.zeros((len(spans), DIMENSIONS), dtype=np.float32)
    tokenizer, session = _loaded()
    encoded = tokenizer.encode(text)
    try:
        layers = session.run(
            None,
            {
                "input_ids": np.array([encoded.ids], dtype=np.int32),
                "attention_mask": np.array([encoded.attention_mask], dtype=np.int32),
            },
        )
    except Exception as error:
        raise EmbeddingUnavailable(f"{NAME} could not read: {type(error).__name__}") from error
    states = np.concatenate([layer[0] for layer in layers], axis=1)
    pieces = [(start, end, place) for place, (start, end) in enumerate(encoded.offsets) if end > start]
    first = 0
    for row, (start, end) in enumerate(spans):
        while first < len(pieces) and pieces[first][1] <= start:
            first += 1
        last = first
        while last < len(pieces) and pieces[last][0] < end:
            last += 1
        if last > first:
            rows[row] = states[[place for _, _, place in pieces[first:last]]].mean(axis=0)
    return rows


def _loaded() -> tuple[Any, Any]:
    with _lock:
        return _load()


@cache
def _load() -> tuple[Any, Any]:
    import onnxruntime

    file = model_file(NAME, weights=weights_file(), sha256=WEIGHTS_SHA256, shape=SHAPE, token_layers=LAYERS)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ModelDamaged(f"{file.name} cannot be loaded; remove it, it is built again") from error
    return local_tokenizer(), session
