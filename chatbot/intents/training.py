"""Examples to a trained model, in memory; nothing here knows the database."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chatbot.intents.classifier import (
    IntentClassifier,
    embedded,
    features_of,
    nearest_cosines,
    softmax,
)
from chatbot.intents.errors import TooFewExamples
from chatbot.intents.landmarks import centred, fitted_landmarks
from chatbot.intents.ridge import fit_ridge
from chatbot.intents.scope import NEIGHBOURS, fitted_scope, signs_of
from chatbot.intents.weighing import calibrated, chosen_weighing
from chatbot.intents.word_features import fitted_word_features

Floats = NDArray[np.float32]
Classes = NDArray[np.int64]

#: An intent with fewer examples than this is left out.
LEAST_EXAMPLES = 5
LANDMARKS = 2_500
#: Examples compared at once with all others.
_BLOCK = 2_000


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
    vectors = embedded(words_of)
    on_progress(55, "features")
    words = fitted_word_features(words_of)
    landmarks = fitted_landmarks(vectors, most=LANDMARKS)
    features = features_of(words_of, vectors, words, landmarks)
    meaning = landmarks.whitening.shape[1]
    on_progress(60, "weighing")
    weighing = chosen_weighing(features[:, :meaning], features[:, meaning:], classes, len(names))
    features[:, meaning:] *= np.float32(weighing.words)
    on_progress(70, "fitting")
    fit = fit_ridge(features, classes, len(names), penalty=weighing.penalty)
    # The weight moves into the model, so that a message needs no weighing.
    fit.ridge.weights[meaning:] *= np.float32(weighing.words)
    on_progress(85, "calibrating")
    sharpness, _ = calibrated(fit.without_itself, classes)
    examples = centred(vectors, landmarks.middle)
    near_itself, near_class = left_out_cosines(examples, classes)
    inside_signs = signs_of(fit.without_itself, softmax(fit.without_itself * np.float32(sharpness)), near_itself)
    outside_signs = signs_of(fit.without_class, softmax(fit.without_class * np.float32(sharpness)), near_class)
    if outside:
        strangers = embedded(outside)
        scores = fit.ridge.scores(features_of(outside, strangers, words, landmarks))
        near = nearest_cosines(centred(strangers, landmarks.middle), examples)
        outside_signs = np.vstack([outside_signs, signs_of(scores, softmax(scores * np.float32(sharpness)), near)])
    scope = fitted_scope(inside_signs, outside_signs)
    nearest = fit.without_itself.argmax(axis=1)
    is_inside = scope.probability(inside_signs) >= scope.threshold
    on_progress(95, "storing")
    return Trained(
        classifier=IntentClassifier(
            names=names,
            words=words,
            landmarks=landmarks,
            ridge=fit.ridge,
            sharpness=sharpness,
            examples=examples,
            scope=scope,
        ),
        guessed=np.where(is_inside, nearest, -1),
        nearest=nearest,
        true=classes,
        outside_found=float((scope.probability(outside_signs[: len(classes)]) < scope.threshold).mean()),
        left_out=left_out,
    )


def left_out_cosines(examples: Floats, classes: Classes) -> tuple[Floats, Floats]:
    """For each example, cosines of its NEIGHBOURS nearest others, and of the nearest of other classes."""
    itself, other = [], []
    for start in range(0, len(examples), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(examples)))
        cosines = examples[rows] @ examples.T
        cosines[np.arange(len(rows)), rows] = -1.0
        itself.append(_best(cosines))
        other.append(_best(np.where(classes[rows, None] == classes[None, :], np.float32(-1.0), cosines)))
    return np.vstack(itself), np.vstack(other)


def _best(cosines: Floats) -> Floats:
    kept = min(NEIGHBOURS, cosines.shape[1])
    best: Floats = -np.sort(-np.partition(cosines, cosines.shape[1] - kept, axis=1)[:, -kept:], axis=1)
    return best
