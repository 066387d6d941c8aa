"""How probable it is that a draft answers the question: a logistic model over what retrieval and draft show.

The weights are fitted by `manage.py calibrate` on labelled questions and ship with the code.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from chatbot.pipeline.generate import Draft
from chatbot.rules.words import content_words
from knowledge.retrieval import Retrieval

WEIGHTS_FILE = Path(__file__).with_name("confidence_weights.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A standardised logistic regression: probability = sigmoid(intercept + sum(weight * (x - mean) / scale))."""

    intercept: float
    features: Mapping[str, tuple[float, float, float]]  #: name -> (weight, mean, scale)


@cache
def shipped_weights() -> Weights:
    stored = json.loads(WEIGHTS_FILE.read_text())
    return Weights(
        intercept=stored["intercept"],
        features={name: (row["weight"], row["mean"], row["scale"]) for name, row in stored["features"].items()},
    )


def probability(features: Mapping[str, float], weights: Weights) -> float:
    """0..1. Raises `KeyError` if a feature that the weights know is missing."""
    total = weights.intercept
    for name, (weight, mean, scale) in weights.features.items():
        total += weight * (features[name] - mean) / scale
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))


FEATURES = ("similarity", "lexical_score", "weaker_of_both", "margin")


def retrieval_features(retrieval: Retrieval) -> dict[str, float]:
    """What the search says about its best passage; all zeros where nothing was found.

    Few on purpose: features of the question's wording fitted the sample better and strange articles worse.
    """
    if not retrieval.passages:
        return dict.fromkeys(FEATURES, 0.0)
    best = retrieval.passages[0]
    rival = next((passage for passage in retrieval.passages if passage.article_id != best.article_id), None)
    lexical_score = min(best.lexical_score, 1.2)
    return {
        "similarity": best.similarity,
        "lexical_score": lexical_score,
        "weaker_of_both": min(best.similarity, lexical_score),
        "margin": best.score - rival.score if rival else 0.5,
    }


def support(draft: Draft) -> float:
    """Share of the draft's words that stand in what it cites, 0..1. A quotation has all of them."""
    if draft.reply is None:
        return 1.0
    said = content_words(draft.reply.text)  # as the model wrote it: without the links that we add
    cited = frozenset().union(
        *(content_words(f"{passage.article_title} {passage.heading_path} {passage.text}") for passage in draft.cited)
    )
    return len(said & cited) / max(1, len(said))


def confidence(retrieval: Retrieval, draft: Draft) -> float:
    """Probability that `draft` is a right answer; 0 where there is none."""
    if not draft.text:
        return 0.0
    return probability(retrieval_features(retrieval), shipped_weights()) * support(draft)
