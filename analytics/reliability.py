"""Pure: what stated probabilities are worth, beside what turned out to be right."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BINS = 10
_CHANCE_DRAWS = 1_000
_SIDE = 0.025
_ROUNDING = 1e-9


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """The calibration error of so few drafts if each stated confidence were exactly true."""

    mean: float
    low: float  #: with `high`, where it lies in nineteen draws of twenty
    high: float
    exceeds: float  #: share of the draws in which it is at least the measured one; under 0.05 speaks against the words


def by_chance(stated: Sequence[float], right: Sequence[bool]) -> Chance:
    """Few drafts in a bin are never right in just the stated share: an error within chance's says nothing against them.

    Drawn by a fixed seed, so the same drafts have the same numbers.
    """
    if not stated:
        return Chance(mean=0.0, low=0.0, high=0.0, exceeds=1.0)
    values = np.array(stated, dtype=float)
    place = np.minimum((values * BINS).astype(int), BINS - 1)
    drawn = np.random.default_rng(0).random((_CHANCE_DRAWS, len(values))) < values
    off = np.stack([np.bincount(place, weights=draw - values, minlength=BINS) for draw in drawn])
    errors = np.abs(off).sum(axis=1) / len(values)
    low, high = np.quantile(errors, [_SIDE, 1 - _SIDE])
    measured = expected_calibration_error(stated, right)
    return Chance(
        mean=float(errors.mean()),
        low=float(low),
        high=float(high),
        exceeds=float((errors >= measured - _ROUNDING).mean()),
    )


def equal_mass_error(stated: Sequence[float], right: Sequence[bool], *, count: int = BINS) -> float:
    """The calibration error over bins of equally many drafts instead of equally wide ones (Nixon et al. 2019)."""
    drafts = sorted(zip(stated, right, strict=True))
    error = 0.0
    for place in range(count):
        inside = drafts[len(drafts) * place // count : len(drafts) * (place + 1) // count]
        error += abs(sum(value - truth for value, truth in inside))
    return error / max(1, len(drafts))


def debiased_error(stated: Sequence[float], right: Sequence[bool]) -> float:
    """The calibration error without what its bins add by chance (Kumar, Liang and Ma 2019); at least 0.

    A bin's share of right drafts lies around the true one, so its distance from the stated confidence is too long on
    the average: by as much as that of a share drawn anew around the measured one is longer than the measured distance.
    """
    found = bins(stated, right)
    error = 0.0
    for one in found:
        distance = abs(one.stated - one.right)
        error += (2 * distance - _mean_distance(distance, _deviation(one))) * one.count
    return max(0.0, error / max(1, len(stated)))


def _deviation(one: Bin) -> float:
    return math.sqrt(one.right * (1 - one.right) / one.count)


def _mean_distance(distance: float, deviation: float) -> float:
    """Mean of the absolute value of a normal number around `distance` (the folded normal distribution)."""
    if not deviation:
        return distance
    ratio = distance / deviation
    return deviation * math.sqrt(2 / math.pi) * math.exp(-ratio * ratio / 2) + distance * math.erf(ratio / math.sqrt(2))


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
