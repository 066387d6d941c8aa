"""Fits the confidence model to labelled trials, and says what it is worth on questions it has not seen.

Each question is also learned from as if the articles that answer it had never been written: what is found then is
always wrong, and looks as near as a wrong passage can. Without these a strange knowledge base makes the model too sure.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from analytics.trials import Trial
from chatbot.pipeline.confidence import FEATURES

#: Strong regularisation: five features and some hundred labels.
_INVERSE_REGULARISATION = 0.1
_FOLDS = 5
#: How much a question without its answer counts beside one with it.
_WITHOUT_ANSWER_WEIGHT = 0.4
#: Fewer labels of either kind say nothing.
LEAST_OF_EACH = 30


class TooFewLabels(Exception):
    """Not enough right, or not enough wrong, drafts to learn from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    weights: dict[str, Any]  #: as `confidence_weights.json` holds them
    trials: int
    right: int
    precision: float | None  #: of what would be sent at the threshold, by cross-validation
    coverage: float  #: share of the right drafts that would be sent, by cross-validation
    threshold: float


def calibrate(trials: Sequence[Trial], *, threshold: float) -> Calibration:
    """Raises `TooFewLabels`."""
    used = [trial for trial in trials if trial.features and trial.draft]
    labels = np.array([trial.is_right for trial in used], dtype=int)
    right = int(labels.sum())
    if min(right, len(used) - right) < LEAST_OF_EACH:
        raise TooFewLabels(
            f"{right} right and {len(used) - right} wrong drafts; at least {LEAST_OF_EACH} of each are needed"
        )
    rows = _rows([trial.features for trial in used])
    without = _rows([trial.features_without_answer for trial in used if trial.features_without_answer])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=_INVERSE_REGULARISATION, max_iter=2000))
    stated = np.zeros(len(used))
    for learned, tested in StratifiedKFold(_FOLDS, shuffle=True, random_state=0).split(rows, labels):
        _fit(model, rows[learned], labels[learned], without)
        stated[tested] = model.predict_proba(rows[tested])[:, 1]
    sent = stated >= threshold
    _fit(model, rows, labels, without)
    scaler, regression = model[0], model[1]
    return Calibration(
        weights={
            "intercept": round(float(regression.intercept_[0]), 6),
            "features": {
                name: {
                    "weight": round(float(regression.coef_[0][place]), 6),
                    "mean": round(float(scaler.mean_[place]), 6),
                    "scale": round(float(scaler.scale_[place]), 6),
                }
                for place, name in enumerate(FEATURES)
            },
        },
        trials=len(used),
        right=right,
        precision=float(labels[sent].mean()) if sent.any() else None,
        coverage=float(sent[labels == 1].mean()),
        threshold=threshold,
    )


def _rows(features: Sequence[Mapping[str, float]]) -> NDArray[np.float64]:
    return np.array([[row[name] for name in FEATURES] for row in features], dtype=float).reshape(-1, len(FEATURES))


def _fit(model: Pipeline, rows: NDArray[np.float64], labels: NDArray[np.int_], without: NDArray[np.float64]) -> None:
    weights = np.concatenate([np.ones(len(rows)), np.full(len(without), _WITHOUT_ANSWER_WEIGHT)])
    model.fit(
        np.vstack([rows, without]),
        np.concatenate([labels, np.zeros(len(without), dtype=int)]),
        logisticregression__sample_weight=weights,
    )


def write_weights(calibration: Calibration, path: Path) -> None:
    """Replace the file in one step."""
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(calibration.weights, indent=2) + "\n")
    beside.replace(path)
