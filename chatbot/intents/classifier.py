"""The trained model: a text to the probability of each intent, and whether it belongs to any."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chatbot.intents.guess import IntentGuess
from chatbot.intents.landmarks import Landmarks, centred
from chatbot.intents.ridge import Ridge
from chatbot.intents.scope import NEIGHBOURS, Scope, signs_of
from chatbot.intents.word_features import WordFeatures
from knowledge.embedders import local_model

Floats = NDArray[np.float32]
#: The finer of the two local models: near intents lie close together. A stored model names it.
EMBEDDER = "minilm"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentClassifier:
    """Safe to share between threads."""

    names: tuple[str, ...]  #: two or more intents, in the order of the columns
    words: WordFeatures
    landmarks: Landmarks
    ridge: Ridge
    sharpness: float  #: scores * sharpness are the logits of the calibrated probabilities
    examples: Floats  #: [examples, dimensions], as `landmarks` centres them; float16 or float32
    scope: Scope

    def guess(self, text: str) -> IntentGuess:
        """Raises `EmbeddingUnavailable`."""
        return self.guess_all([text])[0]

    def guess_all(self, texts: Sequence[str]) -> list[IntentGuess]:
        """Raises `EmbeddingUnavailable`."""
        if not texts:
            return []
        vectors = embedded_questions(texts)
        scores = self.ridge.scores(features_of(texts, vectors, self.words, self.landmarks))
        probabilities = softmax(scores * self.sharpness)
        nearest = nearest_cosines(centred(vectors, self.landmarks.middle), self.examples)
        inside = self.scope.probability(signs_of(scores, probabilities, nearest)) >= self.scope.threshold
        best = scores.argmax(axis=1)
        return [
            IntentGuess(
                intent=self.names[column] if is_inside else "",
                nearest=self.names[column],
                probability=float(probabilities[row, column]),
            )
            for row, (column, is_inside) in enumerate(zip(best, inside, strict=True))
        ]


def embedded(texts: Sequence[str]) -> Floats:
    """Examples, read in fp32: a training has the time."""
    return local_model(EMBEDDER).embed_passages(texts)


def embedded_questions(texts: Sequence[str]) -> Floats:
    """Messages, read in int8: the search needs the same vector, and intents are told as well (docs/benchmarks.md)."""
    return local_model(EMBEDDER).embed_questions(texts)


def features_of(texts: Sequence[str], vectors: Floats, words: WordFeatures, landmarks: Landmarks) -> Floats:
    """float32 [texts, features]: meaning, then words."""
    return np.hstack([landmarks.of(vectors), words.of(texts)])


def softmax(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: Floats = powers / powers.sum(axis=1, keepdims=True)
    return result


def nearest_cosines(vectors: Floats, examples: Floats) -> Floats:
    """float32 [texts, NEIGHBOURS]: cosines of the nearest examples, best first; fewer examples repeat the last."""
    cosines = vectors @ examples.T
    if cosines.shape[1] > NEIGHBOURS:
        cosines = np.partition(cosines, cosines.shape[1] - NEIGHBOURS, axis=1)[:, -NEIGHBOURS:]
    best: Floats = -np.sort(-cosines, axis=1)
    missing = NEIGHBOURS - best.shape[1]
    return np.hstack([best, np.repeat(best[:, -1:], missing, axis=1)]) if missing > 0 else best
