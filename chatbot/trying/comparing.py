"""Pure: what a trial says as a whole, with intervals, so that a handful of questions is not taken for a proof."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
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
    """Reads each answer once and keeps a few figures of it, so that a long trial fits into memory."""
    count: Counter[str] = Counter()
    sides = {"today": _Figures(), "changed": _Figures()}
    for row in answers:
        count["questions"] += 1
        count[row.effect] += 1
        count["slower"] += row.is_slower
        count["dearer"] += row.is_dearer
        for name, stored in (("today", row.today), ("changed", row.changed)):
            if stored:
                sides[name].add(read_asked(stored))
        if row.today_grade is None or row.changed_grade is None:
            continue
        count["judged"] += 1
        count["gained"] += row.changed_grade == _RIGHT != row.today_grade
        count["lost"] += row.today_grade == _RIGHT != row.changed_grade
        sides["today"].grades[row.today_grade] += 1
        sides["changed"].grades[row.changed_grade] += 1
    return Summary(
        questions=count["questions"],
        judged=count["judged"],
        better=count[TrialAnswer.Effect.BETTER],
        worse=count[TrialAnswer.Effect.WORSE],
        other=count[TrialAnswer.Effect.OTHER],
        failed=count[TrialAnswer.Effect.FAILED],
        slower=count["slower"],
        dearer=count["dearer"],
        today=sides["today"].side(count["judged"]),
        changed=sides["changed"].side(count["judged"]),
        difference=paired_difference(count["gained"], count["lost"], count["judged"]),
    )


def share(successes: float, count: float) -> Interval | None:
    """Counts need not be whole: a weighted sample is worth some number.

    With Wilson's interval, which stays within 0..1 and is sound for few questions. None of no questions."""
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


@dataclass(slots=True)
class _Figures:
    """What is kept of one side while the answers are read."""

    milliseconds: list[float] = field(default_factory=list)
    tokens: int = 0
    failures: int = 0
    grades: Counter[int] = field(default_factory=Counter)

    def add(self, asked: Asked) -> None:
        self.milliseconds.append(asked.milliseconds)
        self.tokens += asked.tokens
        self.failures += bool(asked.failure)

    def side(self, judged: int) -> Side:
        p50, p95 = np.percentile(self.milliseconds, [50, 95]) if self.milliseconds else (0.0, 0.0)
        return Side(
            right=share(self.grades[_RIGHT], judged),
            wrong_sent=self.grades[TrialAnswer.Grade.WRONG_SENT],
            right_held=self.grades[TrialAnswer.Grade.RIGHT_HELD],
            not_answered=self.grades[TrialAnswer.Grade.NOT_ANSWERED],
            p50_milliseconds=round(float(p50), 1),
            p95_milliseconds=round(float(p95), 1),
            tokens=self.tokens,
            failures=self.failures,
        )
