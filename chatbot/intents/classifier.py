"""The trained model: a text to the probability of each intent, and whether it belongs to any."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chatbot.intents.guess import IntentGuess
from chatbot.intents.landmarks import Landmarks, kernel_of
from chatbot.intents.readings import asked
from chatbot.intents.scope import NEIGHBOURS, Scope, signs_of
from chatbot.intents.second_opinion import SecondOpinion
from chatbot.intents.word_features import WordFeatures
from knowledge.embedders import local_model

Floats = NDArray[np.float32]
#: The finer of the two local models: near intents lie close together. A stored model names it.
EMBEDDER = "minilm"
#: Where the first opinion is more probable than this, nobody waits some milliseconds for a second one.
SURE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentClassifier:
    """Safe to share between threads."""

    names: tuple[str, ...]  #: two or more intents, in the order of the columns
    words: WordFeatures
    landmarks: Landmarks
    of_meaning: Floats  #: [landmarks, intents]: weights of the similarities
    of_words: Floats  #: [word features, intents]
    bias: Floats  #: [intents]
    sharpness: float  #: scores * sharpness are the logits of the calibrated probabilities
    scope: Scope
    second: SecondOpinion | None  #: None where it did not help

    def guess(self, text: str) -> IntentGuess:
        """Raises `EmbeddingUnavailable`."""
        return self.guess_all([text])[0]

    def guess_all(self, texts: Sequence[str]) -> list[IntentGuess]:
        """Raises `EmbeddingUnavailable`."""
        if not texts:
            return []
        readings = asked(texts)
        cosines = self.landmarks.cosines(readings.vectors)
        scores = self.scores(cosines, texts)
        probabilities = softmax(scores * self.sharpness)
        nearest = nearest_cosines(cosines.mean(axis=0))
        inside = self.scope.probability(signs_of(scores, probabilities, nearest)) >= self.scope.threshold
        unsure = np.flatnonzero(probabilities.max(axis=1) < SURE)
        if self.second and len(unsure):
            states = [readings.states[row] for row in unsure]
            probabilities[unsure] = softmax(self.second.logits(scores[unsure], states))
        best = probabilities.argmax(axis=1)
        return [
            IntentGuess(
                intent=self.names[column] if is_inside else "",
                nearest=self.names[column],
                probability=float(probabilities[row, column]),
            )
            for row, (column, is_inside) in enumerate(zip(best, inside, strict=True))
        ]

    def scores(self, cosines: Floats, texts: Sequence[str]) -> Floats:
        """float32 [texts, intents]; `cosines` as the landmarks give them."""
        result: Floats = kernel_of(cosines) @ self.of_meaning + self.words.of(texts) @ self.of_words + self.bias
        return result


def embedded(texts: Sequence[str]) -> Floats:
    """float32 [texts, dimensions], of length 1: texts to be compared with each other."""
    return local_model(EMBEDDER).embed_passages(texts)


def softmax(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: Floats = powers / powers.sum(axis=1, keepdims=True)
    return result


def nearest_cosines(cosines: Floats) -> Floats:
    """Of [texts, landmarks] the NEIGHBOURS highest, best first, float32; fewer landmarks repeat the last."""
    kept = min(NEIGHBOURS, cosines.shape[1])
    best: Floats = -np.sort(-np.partition(cosines, cosines.shape[1] - kept, axis=1)[:, -kept:], axis=1)
    return np.hstack([best, np.repeat(best[:, -1:], NEIGHBOURS - kept, axis=1)]) if kept < NEIGHBOURS else best
