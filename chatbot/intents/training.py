"""Examples to a trained model, in memory; nothing here knows the database."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chatbot.intents.classifier import IntentClassifier, nearest_cosines, read, softmax
from chatbot.intents.errors import TooFewExamples
from chatbot.intents.landmarks import fitted_landmarks, kernel_of, whitened
from chatbot.intents.ridge import fit_ridge
from chatbot.intents.scope import EVERYTHING_INSIDE, fitted_scope, signs_of
from chatbot.intents.weighing import calibrated, chosen_weighing
from chatbot.intents.word_features import fitted_word_features

Floats = NDArray[np.float32]
Classes = NDArray[np.int64]

#: An intent with fewer examples than this is left out.
LEAST_EXAMPLES = 5
LANDMARKS = 2_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    classifier: IntentClassifier
    #: What the model would say of each example without it: column of the classifier's names, or -1 for out of scope.
    guessed: Classes
    nearest: Classes  #: the same, out of scope or not
    true: Classes
    outside_found: float  #: share of the examples that are recognised as strangers when their intent is left out
    left_out: dict[str, int]  #: intents with too few examples, and how many they have


def train(
    texts: Sequence[str],
    intents: Sequence[str],
    *,
    outside: Sequence[str] = (),
    on_progress: Callable[[int, str], object] = lambda percent, step: None,
) -> Trained:
    """`outside` are messages known to belong to no intent, if there are any.

    Raises `TooFewExamples` where fewer than two intents have LEAST_EXAMPLES, and `EmbeddingUnavailable`.
    """
    counts = Counter(intents)
    left_out = {name: count for name, count in counts.items() if count < LEAST_EXAMPLES}
    names = tuple(sorted(set(counts) - set(left_out)))
    if len(names) < 2:
        raise TooFewExamples(f"A training needs two intents with at least {LEAST_EXAMPLES} examples each")
    columns = {name: column for column, name in enumerate(names)}
    kept = [(text, columns[name]) for text, name in zip(texts, intents, strict=True) if name in columns]
    words_of = [text for text, _ in kept]
    classes = np.array([column for _, column in kept], dtype=np.int64)
    on_progress(5, "embedding")
    reading = read(words_of)
    on_progress(55, "features")
    words = fitted_word_features(words_of)
    of_words = words.of(words_of)
    on_progress(60, "weighing")
    weighing = chosen_weighing(reading, of_words, classes, len(names))
    on_progress(70, "fitting")
    landmarks, chosen = fitted_landmarks(reading, layers=weighing.layers, most=LANDMARKS)
    cosines = landmarks.cosines(reading)
    of_meaning, whitening = whitened(kernel_of(cosines), landmarks)
    fit = fit_ridge(
        np.hstack([of_meaning, of_words * np.float32(weighing.words)]), classes, len(names), penalty=weighing.penalty
    )
    del of_meaning, of_words
    # Whitening and weighing move into the model, so that a message needs neither.
    meaning = len(chosen)
    classifier = IntentClassifier(
        names=names,
        words=words,
        landmarks=landmarks,
        of_meaning=whitening @ fit.ridge.weights[:meaning],
        of_words=fit.ridge.weights[meaning:] * np.float32(weighing.words),
        bias=fit.ridge.bias,
        sharpness=calibrated(fit.without_itself, classes)[0],
        scope=EVERYTHING_INSIDE,
    )
    on_progress(85, "calibrating")

    def signs(scores: Floats, nearest: Floats) -> Floats:
        return signs_of(scores, softmax(scores * np.float32(classifier.sharpness)), nearest)

    near_itself, near_class = left_out_cosines(cosines.mean(axis=0), classes, chosen)
    inside_signs = signs(fit.without_itself, near_itself)
    outside_signs = signs(fit.without_class, near_class)
    if outside:
        strange = landmarks.cosines(read(outside))
        known_signs = signs(classifier.scores(strange, outside), nearest_cosines(strange.mean(axis=0)))
        outside_signs = np.vstack([outside_signs, known_signs])
    scope = fitted_scope(inside_signs, outside_signs)
    nearest = fit.without_itself.argmax(axis=1)
    is_inside = scope.probability(inside_signs) >= scope.threshold
    on_progress(95, "storing")
    return Trained(
        classifier=replace(classifier, scope=scope),
        guessed=np.where(is_inside, nearest, -1),
        nearest=nearest,
        true=classes,
        outside_found=float((scope.probability(outside_signs[: len(classes)]) < scope.threshold).mean()),
        left_out=left_out,
    )


def left_out_cosines(cosines: Floats, classes: Classes, chosen: Classes) -> tuple[Floats, Floats]:
    """`cosines` [examples, landmarks], of which the examples `chosen` are the landmarks: for each example those of its
    NEIGHBOURS nearest landmarks without itself, and of the nearest of other classes."""
    others = cosines.copy()
    others[chosen, np.arange(len(chosen))] = -1.0
    itself = nearest_cosines(others)
    others[classes[:, np.newaxis] == classes[chosen]] = -1.0
    return itself, nearest_cosines(others)
