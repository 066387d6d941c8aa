"""Texts as the embedder read them: vectors of its upper layers, and what its lower ones made of each token."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge.minilm import SHAPE, ReadText, read_passage, read_question

Floats = NDArray[np.float32]
#: What the lower layers made of each token of a text: [tokens, dimensions].
States = NDArray[np.float16]

#: Tokens of a text whose states are kept; about 250 characters.
TOKENS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    vectors: Floats  #: [texts, layers, dimensions]
    states: tuple[States, ...]  #: of each text


def asked(texts: Sequence[str]) -> Readings:
    """In int8, which guesses as well as fp32 and which the search of the same question needs anyway. Examples are read
    alike, so that a message looks to the model as they did. Raises `EmbeddingUnavailable`."""
    if len(texts) == 1:
        read = [_kept(read_question(texts[0]))]
    else:
        with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="embedding") as pool:
            read = list(pool.map(lambda text: _kept(read_passage(text)), texts))
    return Readings(vectors=np.stack([vectors for vectors, _ in read]), states=tuple(states for _, states in read))


def _kept(read: ReadText) -> tuple[Floats, States]:
    return read.layers, read.name_states[:TOKENS, -SHAPE.dimensions :].astype(np.float16)
