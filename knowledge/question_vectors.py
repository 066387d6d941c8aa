"""The vectors of questions asked lately: one message looks for them several times, and customers ask alike."""

from functools import lru_cache
from typing import Any

from knowledge.conf import QUESTION_VECTORS_KEPT
from knowledge.embedders import embedder_named
from knowledge.embedding import Embedder


def question_vector(embedder_name: str, question: str) -> Any:
    """float32 [dimensions], L2-normalised, not to be changed. Raises `EmbeddingUnavailable`."""
    return _vector(embedder_named(embedder_name), question)  # type: ignore[arg-type]  # hashed by identity


@lru_cache(maxsize=QUESTION_VECTORS_KEPT)
def _vector(embedder: Embedder, question: str) -> Any:
    vector = embedder.embed_questions([question])[0]
    vector.setflags(write=False)
    return vector
