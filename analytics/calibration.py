"""Fits the confidence model to labelled drafts, and says what it is worth on drafts that it has not seen.

Two kinds of labels: trials on questions whose right articles are known (the weights that ship), and what reviewers
decided about held drafts (the team's own weights, which start from those that were active).

Each trial is also learned from as if the articles that answer it had never been written: what is found then is always
wrong, and looks as near as a wrong passage can. Without these a strange knowledge base makes the model too sure.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analytics.decisions import checked_answers, decided_drafts
from analytics.reliability import at_threshold, expected_calibration_error, log_loss
from analytics.trials import Trial
from chatbot.calibrations import activate
from chatbot.models import Calibration
from chatbot.pipeline.confidence import CLIPPED, Weights, active_weights, probability
from chatbot.pipeline.evidence import FEATURES, IS_UNREAD

if TYPE_CHECKING:
    from django.contrib.auth.models import User

#: Pull of each weight towards where it starts, in labels: the stronger, the less a few labels move.
_PULL_TO_NOTHING = 3.3
_PULL_TO_ACTIVE = 35.0
_FOLDS = 5
#: How much a question without its answer counts beside one with it: as if one of three questions had none.
_WITHOUT_ANSWER_WEIGHT = 0.5
#: A set of this many labels counts by all of them; a larger one counts for more, but less than in proportion.
_SET_LABELS = 300.0
_LEAST_SET_LABELS = 100.0
_SET_EVENNESS = 0.7
#: A feature that hardly varies is left as it is.
_LEAST_VARIANCE = 1e-9
#: Fewer labels of either kind say nothing.
LEAST_OF_EACH = 30
#: A smaller share of either kind is one-sided: the fit would only learn to say always the same.
LEAST_SHARE = 0.1

Floats = NDArray[np.float64]


class TooFewLabels(Exception):
    """Not enough right, or not enough wrong, drafts to learn from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One draft of which we know whether it was right."""

    features: Mapping[str, float]
    is_right: bool
    weight: float = 1.0  #: beside others
    counts: bool = True  #: False: learned from, but not measured by


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    weights: dict[str, Any]  #: as `confidence_weights.json` holds them
    labels: int  #: that counted
    right: int
    stated: tuple[float, ...]  #: by cross-validation, for each label that counted, in their order
    was_right: tuple[bool, ...]


def labels_of_sets(sets: Sequence[Sequence[Trial]]) -> list[Label]:
    """The labels of several knowledge bases, weighted so that the largest does not drown the others."""
    found = []
    for trials in sets:
        labels = labels_of(trials)
        total = max(sum(label.weight for label in labels), _LEAST_SET_LABELS)
        share = (_SET_LABELS / total) ** _SET_EVENNESS
        found += [replace(label, weight=label.weight * share) for label in labels]
    return found


def labels_of(trials: Sequence[Trial]) -> list[Label]:
    """Each draft, and what would have been found without its answer."""
    found = []
    for trial in trials:
        if trial.features and trial.draft:
            found.append(Label(features=trial.features, is_right=trial.is_right))
        if trial.features_without_answer:
            found.append(
                Label(
                    features=trial.features_without_answer,
                    is_right=False,
                    weight=_WITHOUT_ANSWER_WEIGHT,
                    counts=False,
                )
            )
    return found


def fit(labels: Sequence[Label], *, start: Weights | None = None) -> Fit:
    """The weights for `labels`, pulled towards `start` (None: towards no opinion). Raises `TooFewLabels`."""
    counting = [place for place, label in enumerate(labels) if label.counts]
    right = sum(labels[place].is_right for place in counting)
    fewer = min(right, len(counting) - right)
    if fewer < LEAST_OF_EACH or fewer < LEAST_SHARE * len(counting):
        raise TooFewLabels(
            f"{right} right and {len(counting) - right} wrong drafts; at least {LEAST_OF_EACH} of each are needed, "
            f"and {LEAST_SHARE:.0%} of all"
        )
    rows = np.array([[label.features.get(name, np.nan) for name in FEATURES] for label in labels], dtype=float)
    truth = np.array([label.is_right for label in labels], dtype=float)
    weight = np.array([label.weight for label in labels])
    stated = np.zeros(len(labels))
    for learned, tested in _folds(labels):
        model = _solve(rows[learned], truth[learned], weight[learned], start)
        stated[tested] = model.stated(rows[tested])
    whole = _solve(rows, truth, weight, start)
    return Fit(
        weights=whole.as_json(),
        labels=len(counting),
        right=right,
        stated=tuple(float(stated[place]) for place in counting),
        was_right=tuple(labels[place].is_right for place in counting),
    )


def _folds(labels: Sequence[Label]) -> Iterator[tuple[NDArray[np.int_], NDArray[np.int_]]]:
    from sklearn.model_selection import StratifiedKFold  # a second to load, which only fitting shall pay

    truth = [int(label.is_right) for label in labels]
    return iter(StratifiedKFold(_FOLDS, shuffle=True, random_state=0).split(truth, truth))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    intercept: float
    weights: Floats
    means: Floats
    scales: Floats
    known: NDArray[np.bool_]  #: features that some label has, or the weights before it

    def stated(self, rows: Floats) -> Floats:
        total = _scaled(rows, self.means, self.scales) @ self.weights + self.intercept
        stated: Floats = 1.0 / (1.0 + np.exp(-total))
        return stated

    def as_json(self) -> dict[str, Any]:
        return {
            "intercept": round(self.intercept, 6),
            "features": {
                name: {
                    "weight": round(float(self.weights[place]), 6),
                    "mean": round(float(self.means[place]), 6),
                    "scale": round(float(self.scales[place]), 6),
                }
                for place, name in enumerate(FEATURES)
                if self.known[place]
            },
        }


def _solve(rows: Floats, truth: Floats, weight: Floats, start: Weights | None) -> _Model:
    """Logistic regression in which no feature may count against a draft: each is made so that more of it is better.

    That bound is what carries the fit from one subject to another; free signs fit the accidents of one.
    """
    from scipy.optimize import minimize  # slow to load, and only fitting needs it

    pull = _PULL_TO_NOTHING if start is None else _PULL_TO_ACTIVE
    if start is None:
        means, scales = _spread(rows, weight)
        begin = np.zeros(len(FEATURES) + 1)
    else:
        means, scales = _spread(rows, weight)
        begin = np.append(np.zeros(len(FEATURES)), start.intercept)
        for place, name in enumerate(FEATURES):
            if name in start.features:
                begin[place], means[place], scales[place] = start.features[name]
    scaled = _scaled(rows, means, scales)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        total = scaled @ parameters[:-1] + parameters[-1]
        wrong = 1.0 / (1.0 + np.exp(-total)) - truth
        pulled = parameters[:-1] - begin[:-1]
        cost = float(weight @ (np.logaddexp(0, total) - truth * total)) + 0.5 * pull * float(pulled @ pulled)
        slope = np.append(scaled.T @ (weight * wrong) + pull * pulled, weight @ wrong)
        return cost, slope

    bounds = [(None if name == IS_UNREAD else 0.0, None) for name in FEATURES] + [(None, None)]
    found = minimize(loss, begin, jac=True, method="L-BFGS-B", bounds=bounds).x
    before = start.features if start is not None else {}
    known = ~np.isnan(rows).all(axis=0) | np.array([name in before for name in FEATURES])
    return _Model(intercept=float(found[-1]), weights=found[:-1], means=means, scales=scales, known=known)


def _spread(rows: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each feature where it is known; 0 and 1 where it never is."""
    known = ~np.isnan(rows)
    filled = np.where(known, rows, 0.0)
    share = known * weight[:, None]
    total = share.sum(axis=0)
    means = np.where(total > 0, (share * filled).sum(axis=0) / np.maximum(total, 1e-9), 0.0)
    variance = (share * (filled - means) ** 2).sum(axis=0) / np.maximum(total, 1e-9)
    return means, np.where(variance > _LEAST_VARIANCE, np.sqrt(variance), 1.0)


def _scaled(rows: Floats, means: Floats, scales: Floats) -> Floats:
    """Deviations from the mean; a feature that is missing counts like the mean."""
    scaled: Floats = np.nan_to_num(np.clip((rows - means) / scales, -CLIPPED, CLIPPED))
    return scaled


def write_weights(weights: Mapping[str, Any], path: Path) -> None:
    """Replace the file in one step."""
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(weights, indent=2) + "\n")
    beside.replace(path)


def calibrate_from_decisions(*, threshold: float, store: bool = True, user: "User | None" = None) -> Calibration:
    """A new version fitted to what reviewers decided and found of sampled answers.

    It is active if it foresees them better than the one that counts now.

    The comparison is fair to the old version: the new one is judged by cross-validation. Raises `TooFewLabels`, and
    `GateNotPassed` where it is better and a gate keeps it back: it is stored then, and does not count.
    """
    drafts = [*decided_drafts(), *checked_answers()]
    start = active_weights()
    found = fit([Label(features=draft.features, is_right=draft.is_right) for draft in drafts], start=start)
    truth = [draft.is_right for draft in drafts]
    before = [probability(draft.features, start) for draft in drafts]
    at = at_threshold(found.stated, truth, threshold)
    row = Calibration(
        weights=found.weights,
        labels=found.labels,
        right=found.right,
        measured={
            "threshold": threshold,
            "precision": at.precision,
            "coverage": at.coverage,
            "ece": expected_calibration_error(found.stated, truth),
            "ece_before": expected_calibration_error(before, truth),
            "surprise": log_loss(found.stated, truth),
            "surprise_before": log_loss(before, truth),
        },
        created_by=user,
    )
    if store:
        row.save()
        if row.measured["surprise"] < row.measured["surprise_before"]:
            activate(row)
    return row
