"""Pure: what stated probabilities are worth, beside what turned out to be right."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

BINS = 10
_CHANCE_DRAWS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Drafts whose stated confidence lies between `low` and `high`."""

    low: float
    high: float
    count: int
    stated: float  #: mean
    right: float  #: share


@dataclass(frozen=True, slots=True, kw_only=True)
class AtThreshold:
    threshold: float
    sent: int
    precision: float | None  #: share of the sent that are right; None where nothing is sent
    coverage: float  #: share of the right ones that are sent


def bins(stated: Sequence[float], right: Sequence[bool], *, count: int = BINS) -> list[Bin]:
    """Equally wide, in order, without the empty ones."""
    found = []
    for place in range(count):
        low, high = place / count, (place + 1) / count
        inside = [
            (value, truth)
            for value, truth in zip(stated, right, strict=True)
            if low <= value < high or (place == count - 1 and value >= high)
        ]
        if inside:
            found.append(
                Bin(
                    low=low,
                    high=high,
                    count=len(inside),
                    stated=sum(value for value, _ in inside) / len(inside),
                    right=sum(truth for _, truth in inside) / len(inside),
                )
            )
    return found


def expected_calibration_error(stated: Sequence[float], right: Sequence[bool]) -> float:
    """Mean distance of stated confidence from the share of right drafts over the bins, weighted by their size."""
    return sum(abs(one.stated - one.right) * one.count for one in bins(stated, right)) / max(1, len(stated))


def error_by_chance(stated: Sequence[float]) -> float:
    """The calibration error to be expected of so few drafts if each stated confidence were exactly true.

    Few drafts in a bin are never right in just the stated share: an error near this one says nothing against the
    confidences. Drawn by a fixed seed, so the same drafts have the same number.
    """
    random = Random(0)  # noqa: S311  # no secret is made of it
    draws = (
        expected_calibration_error(stated, [random.random() < value for value in stated]) for _ in range(_CHANCE_DRAWS)
    )
    return sum(draws) / _CHANCE_DRAWS


def at_threshold(stated: Sequence[float], right: Sequence[bool], threshold: float) -> AtThreshold:
    sent = [truth for value, truth in zip(stated, right, strict=True) if value >= threshold]
    return AtThreshold(
        threshold=threshold,
        sent=len(sent),
        precision=sum(sent) / len(sent) if sent else None,
        coverage=sum(sent) / max(1, sum(right)),
    )


def log_loss(stated: Sequence[float], right: Sequence[bool]) -> float:
    """Mean surprise at what turned out, in nats; 0 is perfect. A stated 0 or 1 counts as nearly so."""
    sure = [min(max(value, 1e-6), 1 - 1e-6) for value in stated]
    return -sum(math.log(value if truth else 1 - value) for value, truth in zip(sure, right, strict=True)) / len(sure)
