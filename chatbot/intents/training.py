"""Examples to a trained model, in memory; nothing here knows the database."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chatbot.intents.classifier import IntentClassifier, nearest_cosines, softmax
from chatbot.intents.errors import TooFewExamples
from chatbot.intents.landmarks import fitted_landmarks, kernel_of, whitened
from chatbot.intents.named import named_examples
from chatbot.intents.readings import asked
from chatbot.intents.ridge import fit_ridge
from chatbot.intents.scope import EVERYTHING_INSIDE, fitted_scope, signs_of
from chatbot.intents.second_opinion import second_opinion
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
    examples = len(kept)  # the names stand behind them: they teach, but nobody judges the model by them
    kept += [(said, columns[name]) for name, said in named_examples(names).items()]
    words_of = [text for text, _ in kept]
    classes = np.array([column for _, column in kept], dtype=np.int64)
    on_progress(5, "embedding")
    readings = asked(words_of)
    reading = readings.vectors
    on_progress(35, "features")
    words = fitted_word_features(words_of)
    of_words = words.of(words_of)
    on_progress(38, "weighing")
    weighing = chosen_weighing(reading, of_words, classes, len(names))
    on_progress(45, "fitting")
    landmarks, chosen = fitted_landmarks(reading, layers=weighing.layers, most=LANDMARKS)
    cosines = landmarks.cosines(reading)
    of_meaning, whitening = whitened(kernel_of(cosines), landmarks)
    fit = fit_ridge(
        np.hstack([of_meaning, of_words * np.float32(weighing.words)]), classes, len(names), penalty=weighing.penalty
    )
    del of_meaning, of_words
    told = 0

    def tuning(share: float) -> None:
        nonlocal told
        if (percent := 55 + int(35 * share)) != told:
            on_progress(percent, "tuning")
            told = percent

    # Whitening and weighing move into the model, so that a message needs neither.
    meaning = len(chosen)
    classifier = IntentClassifier(
        names=names,
        words=words,
        landmarks=landmarks,
        of_meaning=whitening @ fit.ridge.weights[:meaning],
        of_words=fit.ridge.weights[meaning:] * np.float32(weighing.words),
        bias=fit.ridge.bias,
        sharpness=calibrated(fit.without_itself[:examples], classes[:examples])[0],
        scope=EVERYTHING_INSIDE,
        second=second_opinion(readings.states, classes, fit.without_itself[:examples], on_share=tuning),
    )
    on_progress(90, "calibrating")

    def signs(scores: Floats, nearest: Floats) -> Floats:
        return signs_of(scores, softmax(scores * np.float32(classifier.sharpness)), nearest)

    near_itself, near_class = left_out_cosines(cosines.mean(axis=0), classes, chosen)
    inside_signs = signs(fit.without_itself[:examples], near_itself[:examples])
    outside_signs = signs(fit.without_class[:examples], near_class[:examples])
    if outside:
        strange = landmarks.cosines(asked(outside).vectors)
        known_signs = signs(classifier.scores(strange, outside), nearest_cosines(strange.mean(axis=0)))
        outside_signs = np.vstack([outside_signs, known_signs])
    scope = fitted_scope(inside_signs, outside_signs)
    nearest = fit.without_itself[:examples].argmax(axis=1)
    is_inside = scope.probability(inside_signs) >= scope.threshold
    on_progress(95, "storing")
    return Trained(
        classifier=replace(classifier, scope=scope),
        guessed=np.where(is_inside, nearest, -1),
        nearest=nearest,
        true=classes[:examples],
        outside_found=float((scope.probability(outside_signs[:examples]) < scope.threshold).mean()),
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
