"""From signals to a score of 0 to 100, and back to its parts."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from analytics.scoring.signals import BIAS, SIGNALS, Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    signal: Signal
    strength: float  #: 0..1, of the reading -1..1
    points: float  #: by how many points the score would be lower without this signal; under 0: higher


def score(strengths: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """100 times the probability of a good rating."""
    odds = weights[BIAS] + sum(weights[one.name] * strengths[one.name] for one in SIGNALS)
    return 100 / (1 + math.exp(-max(-50.0, min(50.0, odds))))


def parts(strengths: Mapping[str, float], weights: Mapping[str, float]) -> list[Part]:
    """Each signal that speaks, the strongest first."""
    whole = score(strengths, weights)
    found = [
        Part(
            signal=one,
            strength=strengths[one.name],
            points=whole - score({**strengths, one.name: 0.0}, weights),
        )
        for one in SIGNALS
        if strengths[one.name]
    ]
    return sorted(found, key=lambda one: -abs(one.points))


def sql() -> str:
    """The same over the joined rows of `analytics.business.outcomes`; weights are parameters named `weight_…`."""
    terms = " + ".join(f"%(weight_{one.name})s::float8 * ({one.sql})" for one in SIGNALS)
    return f"100 / (1 + exp(-greatest(-50.0, least(50.0, %(weight_{BIAS})s::float8 + {terms}))))"
