"""Fits the confidence model to labelled trials, and says what it is worth on questions it has not seen."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from analytics.trials import Trial
from chatbot.pipeline.confidence import FEATURES

#: Strong regularisation: five features and some hundred labels.
_INVERSE_REGULARISATION = 0.1
_FOLDS = 5
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
    rows = np.array([[trial.features[name] for name in FEATURES] for trial in used])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=_INVERSE_REGULARISATION, max_iter=2000))
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    stated = cross_val_predict(model, rows, labels, cv=folds, method="predict_proba")[:, 1]
    sent = stated >= threshold
    model.fit(rows, labels)
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


def write_weights(calibration: Calibration, path: Path) -> None:
    """Replace the file in one step."""
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(calibration.weights, indent=2) + "\n")
    beside.replace(path)
