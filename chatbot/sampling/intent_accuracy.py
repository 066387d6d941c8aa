"""How often the guessed intent is right with real customers: from people's labels, with its uncertainty."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, QuerySet
from django.utils import timezone

from chatbot.models import IntentCheck
from chatbot.trying.comparing import Interval, share

Verdict = IntentCheck.Verdict

#: Days that the page looks back; alerts and metrics take the last.
PERIODS: Final = (7, 30)
#: With fewer labels it is too early to say; 20 rightly guessed out of 20 still leave 84 % possible.
LEAST: Final = 20
#: What a wrong guess is told to have been instead, at most.
_INSTEAD: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """All messages that were taken for one intent ("" for none), or all there are."""

    intent: str
    labelled: int  #: right and wrong; what nobody can tell counts for neither
    right: int
    instead: tuple[tuple[str, int], ...] = ()  #: what the others were, the most frequent first

    @property
    def share(self) -> Interval | None:
        """Share of right guesses with its 95 % interval (Wilson); None: nothing was labelled."""
        return share(self.right, self.labelled)

    @property
    def is_early(self) -> bool:
        return self.labelled < LEAST


NOTHING_LABELLED: Final = Line(intent="", labelled=0, right=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentAccuracy:
    whole: Line
    unclear: int
    lines: tuple[Line, ...]  #: by guessed intent; those that may at best be worst stand first


def intent_accuracy(checks: QuerySet[IntentCheck], *, days: int, now: datetime | None = None) -> IntentAccuracy:
    """Of the messages among `checks` that were drawn in the last `days` days."""
    since = (now or timezone.now()) - timedelta(days=days)
    labelled = checks.filter(drawn_at__gte=since).exclude(verdict=Verdict.WAITING)
    rows = labelled.order_by().values_list("guess", "intent", "verdict").annotate(count=Count("pk"))
    return accuracy_of(rows)


def accuracy_of(rows: Iterable[tuple[str, str, str, int]]) -> IntentAccuracy:
    """Pure. Rows of guess, label, verdict and how many of them there are."""
    whole, counts, unclear = _Count(), dict[str, _Count](), 0
    for guess, intent, verdict, number in rows:
        if verdict == Verdict.UNCLEAR:
            unclear += number
        elif verdict != Verdict.WAITING:
            whole.add(guess, intent, number)
            counts.setdefault(guess, _Count()).add(guess, intent, number)
    return IntentAccuracy(
        whole=whole.line(""),
        unclear=unclear,
        lines=tuple(sorted((count.line(guess) for guess, count in counts.items()), key=_worst_first)),
    )


def _worst_first(line: Line) -> tuple[float, int, str]:
    """What is surely bad stands before what only may be: the upper end of the interval decides."""
    return (line.share.high if line.share else 1.0), -line.labelled, line.intent


@dataclass(slots=True)
class _Count:
    labelled: int = 0
    right: int = 0
    instead: Counter[str] = field(default_factory=Counter)

    def add(self, guess: str, intent: str, number: int) -> None:
        self.labelled += number
        if guess == intent:
            self.right += number
        else:
            self.instead[intent] += number

    def line(self, intent: str) -> Line:
        instead = sorted(self.instead.items(), key=lambda pair: (-pair[1], pair[0]))[:_INSTEAD]
        return Line(intent=intent, labelled=self.labelled, right=self.right, instead=tuple(instead))
