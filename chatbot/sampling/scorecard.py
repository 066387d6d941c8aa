"""How right the answers were that nobody saw before they left: from the sample, with its uncertainty."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chatbot.models import AnswerCheck, Scenario
from chatbot.trying.comparing import Interval, share

Verdict, Fault = AnswerCheck.Verdict, AnswerCheck.Fault

#: Days a scorecard may look back.
PERIODS: Final = (7, 30, 90)
#: Checked answers that one scorecard reads at most, the newest.
CHECKS_MAX: Final = 20_000
#: Confidences in bands, from below.
BANDS: Final = (0.0, 0.85, 0.9, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One group of answers. Each check counts for all the answers that its chance stands for."""

    label: str
    drawn: int
    checked: int  #: right and wrong; what cannot be told counts for neither
    wrong: int
    right: Interval | None  #: share of right answers, 95 %; None: nothing was checked


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    days: int
    whole: Line
    waiting: int
    unclear: int
    faults: tuple[tuple[str, int], ...]  #: in words, the most frequent first
    groups: tuple[tuple[str, tuple[Line, ...]], ...]  #: heading, lines; the most answers first


@dataclass(slots=True)
class _Count:
    drawn: int = 0
    checked: int = 0
    wrong: int = 0
    weight: float = 0.0
    weight_right: float = 0.0
    weight_squared: float = 0.0

    def add(self, verdict: str, chance: float) -> None:
        self.drawn += 1
        if verdict not in (Verdict.RIGHT, Verdict.WRONG):
            return
        weight = 1.0 / chance
        self.checked += 1
        self.wrong += verdict == Verdict.WRONG
        self.weight += weight
        self.weight_squared += weight * weight
        self.weight_right += weight if verdict == Verdict.RIGHT else 0.0

    def line(self, label: str) -> Line:
        """Unequal chances make a sample worth less: the interval is that of the number it is worth (Kish)."""
        right = None
        if self.checked:
            worth = self.weight * self.weight / self.weight_squared
            right = share(worth * self.weight_right / self.weight, worth)
        return Line(label=label, drawn=self.drawn, checked=self.checked, wrong=self.wrong, right=right)


@dataclass(slots=True)
class _Grouped:
    heading: Any
    key: Callable[[Mapping[str, Any]], str]
    in_order: bool = False  #: of their labels, not of their size
    counts: dict[str, _Count] = field(default_factory=dict)

    def add(self, row: Mapping[str, Any]) -> None:
        self.counts.setdefault(self.key(row), _Count()).add(row["verdict"], row["chance"])

    def lines(self) -> tuple[Line, ...]:
        ordered = sorted(self.counts.items(), key=lambda pair: (0 if self.in_order else -pair[1].drawn, pair[0]))
        return tuple(count.line(label) for label, count in ordered)


def scorecard(checks: QuerySet[AnswerCheck], *, days: int) -> Scorecard:
    """Of `checks` that were drawn in the last `days` days."""
    rows = checks.filter(drawn_at__gte=timezone.now() - timedelta(days=days)).order_by("-drawn_at")
    return scored(
        rows.values(
            "verdict", "chance", "faults", "turn__scenario", "turn__intent", "turn__confidence",
            "turn__conversation__language",
        )[:CHECKS_MAX],
        days=days,
    )  # fmt: skip


def scored(rows: Iterable[Mapping[str, Any]], *, days: int) -> Scorecard:
    """Pure but for the words' language."""
    whole, faults, verdicts = _Count(), Counter[str](), Counter[str]()
    groups = (
        _Grouped(_("By scenario"), lambda row: _scenario(row["turn__scenario"])),
        _Grouped(_("By intent"), lambda row: row["turn__intent"] or "–"),
        _Grouped(_("By language"), lambda row: row["turn__conversation__language"] or "–"),
        _Grouped(_("By confidence"), lambda row: _band(row["turn__confidence"]), in_order=True),
    )
    for row in rows:
        whole.add(row["verdict"], row["chance"])
        verdicts[row["verdict"]] += 1
        faults.update(row["faults"])
        for group in groups:
            group.add(row)
    return Scorecard(
        days=days,
        whole=whole.line(str(_("All answers sent by the bot alone"))),
        waiting=verdicts[Verdict.WAITING],
        unclear=verdicts[Verdict.UNCLEAR],
        faults=tuple(
            (str(Fault(fault).label), count) for fault, count in faults.most_common() if fault in Fault.values
        ),
        groups=tuple((str(group.heading), group.lines()) for group in groups),
    )


def _scenario(name: str) -> str:
    return str(Scenario(name).label) if name in Scenario.values else "–"


def _band(confidence: float | None) -> str:
    if confidence is None:
        return "–"
    low = max(bound for bound in BANDS if confidence >= bound)
    high = next((bound for bound in BANDS if bound > low), 1.0)
    return f"{low:.0%} – {high:.0%}"
