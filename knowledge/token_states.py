"""What MiniLM makes of each word, half way up: enough to tell a name from a word, and read with the question anyway."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from knowledge.minilm import NAME_DIMENSIONS, read_question


def states_of_spans(text: str, spans: Sequence[tuple[int, int]]) -> NDArray[np.float32]:
    """One row of NAME_DIMENSIONS numbers for each `(start, end)` in characters: the mean over its pieces of words.

    Zeros for what lies behind the model's longest text, about 1,000 characters. Raises `EmbeddingUnavailable`.
    """
    rows = np.zeros((len(spans), NAME_DIMENSIONS), dtype=np.float32)
    read = read_question(text)
    pieces = [(start, end, place) for place, (start, end) in enumerate(read.spans) if end > start]
    first = 0
    for row, (start, end) in enumerate(spans):
        while first < len(pieces) and pieces[first][1] <= start:
            first += 1
        last = first
        while last < len(pieces) and pieces[last][0] < end:
            last += 1
        if last > first:
            rows[row] = read.name_states[[place for _, _, place in pieces[first:last]]].mean(axis=0)
    return rows
