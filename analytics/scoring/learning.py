"""Calibrating the score against the ratings that exist: learned weights are used only where they are better.

The learned weights are drawn towards the first ones, as if some ratings had already said so: with few ratings they stay
near. Whether they are better is judged on ratings that were held out. Customers who rate are not all customers; the
page says so.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from django.db import transaction

from analytics.models import ConversationOutcome, Filling
from analytics.models.score_weights import ScoreWeights
from analytics.scoring.signals import BIAS, FIRST_WEIGHTS, SIGNALS, strengths

#: So many rated conversations, and so many of the rarer kind, are needed.
LEAST_RATINGS: Final = 200
LEAST_OF_EACH: Final = 30
#: Newest ratings that are looked at.
MOST_RATINGS: Final = 20_000
#: How strongly weights are held near the first ones: of a rating's worth for each unit squared.
_PULL: Final = 4.0
_FOLDS: Final = 5
_ORDER: Final = (BIAS, *(one.name for one in SIGNALS))


def weights_in_use() -> Mapping[str, float]:
    newest = ScoreWeights.objects.filter(is_used=True).first()
    # A signal that is younger than the weights has its first one.
    return {**FIRST_WEIGHTS, **newest.weights} if newest else FIRST_WEIGHTS


def learn() -> ScoreWeights | None:
    """Learn from the ratings; None: too few, or none is new. Where the weights change, all is counted again."""
    rated = list(ConversationOutcome.objects.filter(rating__isnull=False).order_by("-started_at")[:MOST_RATINGS])
    good = sum((row.rating or 0) >= 4 for row in rated)
    if len(rated) < LEAST_RATINGS or min(good, len(rated) - good) < LEAST_OF_EACH:
        return None
    last = ScoreWeights.objects.first()
    if last is not None and last.ratings == len(rated) and last.good_ratings == good:
        return None
    signals = np.array([[1.0, *(strengths(row)[name] for name in _ORDER[1:])] for row in rated])
    is_good = np.array([float((row.rating or 0) >= 4) for row in rated])
    before = weights_in_use()
    used = np.array([before[name] for name in _ORDER])
    folds = np.arange(len(rated)) % _FOLDS
    held_out = [
        _losses(_fitted(signals[folds != fold], is_good[folds != fold]), signals[folds == fold], is_good[folds == fold])
        for fold in range(_FOLDS)
    ]
    loss, loss_before = float(np.concatenate(held_out).mean()), float(_losses(used, signals, is_good).mean())
    learned = _fitted(signals, is_good)
    with transaction.atomic():
        row = ScoreWeights.objects.create(
            ratings=len(rated),
            good_ratings=good,
            weights={name: round(float(value), 4) for name, value in zip(_ORDER, learned, strict=True)},
            loss=loss,
            loss_before=loss_before,
            is_used=loss < loss_before,
        )
        if row.is_used:
            Filling.objects.all().delete()
    return row


def _fitted(signals: Any, is_good: Any) -> Any:
    from scipy.optimize import minimize  # slow to load, and only learning needs it

    first = np.array([FIRST_WEIGHTS[name] for name in _ORDER])

    def cost(weights: Any) -> tuple[float, Any]:
        odds = signals @ weights
        away = weights - first
        slope = signals.T @ (1 / (1 + np.exp(-odds)) - is_good) + _PULL * away
        return float(np.logaddexp(0, odds).sum() - is_good @ odds + _PULL / 2 * away @ away), slope

    return minimize(cost, first, jac=True, method="L-BFGS-B", bounds=[(-20, 20)] * len(first)).x


def _losses(weights: Any, signals: Any, is_good: Any) -> Any:
    odds = signals @ weights
    return np.logaddexp(0, odds) - is_good * odds
