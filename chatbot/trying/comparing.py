"""Pure: what a trial says as a whole, with intervals, so that a handful of questions is not taken for a proof."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from chatbot.models import TrialAnswer
from chatbot.trying.asked import Asked, read_asked

#: Two-sided 95 %.
_Z: Final = 1.959964


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A share or a difference of shares, with the 95 % interval around it."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two ways to answer, over the questions whose right answer is known."""

    right: Interval | None  #: share of right answers sent, or rightly none; None where no question is judged
    wrong_sent: int
    right_held: int
    not_answered: int
    p50_milliseconds: float
    p95_milliseconds: float
    tokens: int  #: of the model, prompts included, over all questions
    failures: int  #: questions at which the model failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    questions: int
    judged: int
    better: int
    worse: int
    other: int  #: other than today, and nobody has said what is right
    failed: int  #: could not be asked
    slower: int
    dearer: int
    today: Side
    changed: Side
    difference: Interval | None  #: of the shares of right answers; positive: the change is better

    def stored(self) -> dict[str, Any]:
        return asdict(self)


def read_summary(stored: Mapping[str, Any]) -> Summary:
    def interval(row: Mapping[str, float] | None) -> Interval | None:
        return None if row is None else Interval(**row)

    sides = {name: Side(**{**stored[name], "right": interval(stored[name]["right"])}) for name in ("today", "changed")}
    return Summary(**{**stored, **sides, "difference": interval(stored["difference"])})


def summary_of(answers: Iterable[TrialAnswer]) -> Summary:
    rows = list(answers)
    judged = [row for row in rows if row.today_grade is not None and row.changed_grade is not None]
    gained = sum(row.changed_grade == _RIGHT != row.today_grade for row in judged)
    lost = sum(row.today_grade == _RIGHT != row.changed_grade for row in judged)

    def count(effect: TrialAnswer.Effect) -> int:
        return sum(row.effect == effect for row in rows)

    return Summary(
        questions=len(rows),
        judged=len(judged),
        better=count(TrialAnswer.Effect.BETTER),
        worse=count(TrialAnswer.Effect.WORSE),
        other=count(TrialAnswer.Effect.OTHER),
        failed=count(TrialAnswer.Effect.FAILED),
        slower=sum(row.is_slower for row in rows),
        dearer=sum(row.is_dearer for row in rows),
        today=_side([row.today_grade for row in judged], [read_asked(row.today) for row in rows if row.today]),
        changed=_side([row.changed_grade for row in judged], [read_asked(row.changed) for row in rows if row.changed]),
        difference=paired_difference(gained, lost, len(judged)),
    )


def share(successes: int, count: int) -> Interval | None:
    """With Wilson's interval, which stays within 0..1 and is sound for few questions. None of no questions."""
    if not count:
        return None
    value, squared = successes / count, _Z * _Z
    centre = (value + squared / (2 * count)) / (1 + squared / count)
    half = _Z / (1 + squared / count) * math.sqrt(value * (1 - value) / count + squared / (4 * count * count))
    return Interval(
        value=round(value, 4), low=round(max(0.0, centre - half), 4), high=round(min(1.0, centre + half), 4)
    )


def paired_difference(gained: int, lost: int, count: int) -> Interval | None:
    """Of two shares over the same questions: `gained` are right only with the change, `lost` only without.

    The interval is Wald's with half a question more on either side (Agresti and Min), sound for few questions.
    """
    if not count:
        return None
    more, less, all_of_them = gained + 0.5, lost + 0.5, count + 2
    middle = (more - less) / all_of_them
    half = _Z * math.sqrt((more + less) - (more - less) ** 2 / all_of_them) / all_of_them
    return Interval(
        value=round((gained - lost) / count, 4),
        low=round(max(-1.0, middle - half), 4),
        high=round(min(1.0, middle + half), 4),
    )


_RIGHT: Final = TrialAnswer.Grade.RIGHT


def _side(grades: Sequence[int | None], asked: Sequence[Asked]) -> Side:
    p50, p95 = np.percentile([one.milliseconds for one in asked], [50, 95]) if asked else (0.0, 0.0)
    return Side(
        right=share(sum(grade == _RIGHT for grade in grades), len(grades)),
        wrong_sent=sum(grade == TrialAnswer.Grade.WRONG_SENT for grade in grades),
        right_held=sum(grade == TrialAnswer.Grade.RIGHT_HELD for grade in grades),
        not_answered=sum(grade == TrialAnswer.Grade.NOT_ANSWERED for grade in grades),
        p50_milliseconds=round(float(p50), 1),
        p95_milliseconds=round(float(p95), 1),
        tokens=sum(one.tokens for one in asked),
        failures=sum(bool(one.failure) for one in asked),
    )
