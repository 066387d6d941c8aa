"""What an embedder is. One file per implementation beside it; `embedders.py` finds them by name."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into vectors whose dot product is their cosine similarity. Safe to share between threads."""

    @property
    def name(self) -> str:
        """Under which its vectors are stored; another name means other, incomparable vectors."""

    @property
    def dimensions(self) -> int:
        """Length of each vector."""

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """float32 [len(texts), dimensions], rows L2-normalised, for short texts that wait for an answer.

        Raises `EmbeddingUnavailable`.
        """

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """The same for texts to be found, any number of them; uses all processors. Raises `EmbeddingUnavailable`."""
