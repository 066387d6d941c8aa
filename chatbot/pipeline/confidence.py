"""How probable it is that a draft answers the question: a logistic model over the evidence for what it cites.

The weights are rows that `analytics.calibration` fits to reviewers' decisions; without an active row, the ones that
ship with the code, fitted to the sample content.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from chatbot.models import Calibration
from chatbot.pipeline.evidence import FEATURES, TOKEN_PROBABILITY, evidence
from chatbot.pipeline.generate import Draft
from chatbot.pipeline.retrieve import Found
from chatbot.recent import RecentRows
from chatbot.trying.variant import variant
from knowledge.errors import EmbeddingUnavailable
from knowledge.minilm import read_passage, read_question
from knowledge.ranking import is_latin

WEIGHTS_FILE = Path(__file__).with_name("confidence_weights.json")
SHIPPED = "shipped"
#: A figure further from the mean than this many deviations counts as this far: strange articles must not make us sure.
CLIPPED = 3.0
#: Cosine similarity of question and answer under which an answer is about something else. The best sentence of a right
#: passage that is sent has 0.22 or more on the sample and on a manual.
_SPEAKS_OF_IT = 0.2
#: Under this a draft is not read once more.
_WORTH_READING = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A standardised logistic regression: probability = sigmoid(intercept + sum(weight * (x - mean) / scale))."""

    name: str  #: SHIPPED, or the number of the calibration
    intercept: float
    features: Mapping[str, tuple[float, float, float]]  #: name -> (weight, mean, scale)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence:
    """A probability and where it comes from."""

    value: float  #: that the draft is right, 0..1; 0 where there is none
    features: Mapping[str, float]  #: of the cited passage that speaks most for the draft; empty where there is no draft
    support: float  #: of the draft's words by what it cites, 0..1
    weights: str  #: the name of the weights used
    relevance: float = 1.0  #: how far a model's words speak about what was asked, 0..1


NO_CONFIDENCE = Confidence(value=0.0, features={}, support=0.0, weights="")


class WeightsUnusable(ValueError):
    """Stored weights lack a part or know a feature that this version does not compute."""


def read_weights(stored: Mapping[str, Any], *, name: str) -> Weights:
    """Raises `WeightsUnusable`."""
    try:
        features = {
            key: (float(row["weight"]), float(row["mean"]), float(row["scale"]))
            for key, row in stored["features"].items()
        }
        intercept = float(stored["intercept"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WeightsUnusable(f"weights {name}: {type(error).__name__}") from error
    unknown = set(features) - set(FEATURES)
    if unknown or not all(scale > 0 for _, _, scale in features.values()):
        raise WeightsUnusable(f"weights {name}: {', '.join(sorted(unknown)) or 'a scale'} cannot be used")
    return Weights(name=name, intercept=intercept, features=features)


@cache
def shipped_weights() -> Weights:
    return read_weights(json.loads(WEIGHTS_FILE.read_text()), name=SHIPPED)


def _load(_key: str) -> Weights:
    row = Calibration.objects.filter(is_active=True).first()
    if row is None:
        return shipped_weights()
    try:
        return read_weights(row.weights, name=str(row.pk))
    except WeightsUnusable:  # made by another version: the shipped ones always fit
        return shipped_weights()


_active: RecentRows[str, Weights] = RecentRows(_load)


def active_weights() -> Weights:
    """The team's own, at most two seconds old, else the shipped ones."""
    return variant().weights or _active.get("")


def forget_recent() -> None:
    """For those who have just changed the active row and cannot wait two seconds."""
    _active.clear()


def probability(features: Mapping[str, float], weights: Weights) -> float:
    """0..1. A feature that is missing counts like the mean."""
    total = weights.intercept
    for name, (weight, mean, scale) in weights.features.items():
        if name in features:
            total += weight * max(-CLIPPED, min(CLIPPED, (features[name] - mean) / scale))
    return 1.0 / (1.0 + math.exp(-total))


def support(draft: Draft) -> float:
    """Share of the draft's words that stand in what it cites, 0..1. A quotation has all of them."""
    if not draft.text:
        return 0.0
    return 1.0 if draft.checked is None else draft.checked.support


def relevance(question: str, draft: Draft) -> float:
    """Whether a model's words speak about the question at all, 0..1; 1 for a quotation, and where MiniLM cannot read.

    An order hidden in an article may make a model repeat what stands there, which is borne out and answers nothing.
    Read on this machine, whatever the embedder is.
    """
    if draft.checked is None or not (is_latin(question) and is_latin(draft.checked.text)):
        return 1.0
    try:
        likeness = float(read_question(question).vector @ read_passage(draft.checked.text).vector)
    except EmbeddingUnavailable:
        return 1.0
    return min(1.0, max(0.0, likeness / _SPEAKS_OF_IT))


def confidence(found: Found, draft: Draft, *, weights: Weights | None = None) -> Confidence:
    """Probability that `draft` is a right answer, by `weights` (default: the active ones)."""
    weights = weights or active_weights()
    supported = support(draft)
    if not draft.text or not draft.cited:
        return Confidence(value=0.0, features={}, support=supported, weights=weights.name)
    question = found.retrieval.question
    rated = []
    for passage in draft.cited:
        features = evidence(question, passage, found.field, closeness=found.closeness, is_read=found.is_read)
        if draft.reply is not None and draft.reply.token_probability is not None:
            features[TOKEN_PROBABILITY] = draft.reply.token_probability
        rated.append((probability(features, weights), features))
    value, features = max(rated, key=lambda pair: pair[0])
    value *= supported
    # Reading the draft costs some milliseconds, and a doubtful one is held anyway.
    relevant = relevance(question, draft) if value >= _WORTH_READING else 1.0
    return Confidence(
        value=value * relevant, features=features, support=supported, weights=weights.name, relevance=relevant
    )
