"""What another threshold would have done: the last month's turns and reviewers' decisions, counted anew."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from analytics.decisions import decided_drafts
from analytics.reliability import AtThreshold, Bin, at_threshold, bins, expected_calibration_error
from chatbot.models import Turn
from chatbot.pipeline.decide import Reason

DAYS: Final = 30
TURNS_MAX: Final = 50_000
THRESHOLDS: Final = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
#: Reasons with which only the confidence decided: another threshold would have decided otherwise.
_BY_CONFIDENCE: Final = (Reason.CONFIDENT.value, Reason.LOW_CONFIDENCE.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastMonth:
    """Turns of DAYS days that only the confidence decided."""

    turns: int
    sent: int  #: at the thresholds that counted then
    would_be_sent: int  #: at the threshold asked about
    newly_sent: int  #: held then, sent now
    newly_held: int
    right_of_newly_sent: float | None  #: share that reviewers sent on; None: nobody decided about any


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """What stated confidences of held drafts turned out to be worth."""

    drafts: int
    right: int
    error: float  #: expected calibration error
    bins: tuple[Bin, ...]
    by_threshold: tuple[AtThreshold, ...]


def reliability() -> Reliability:
    drafts = decided_drafts()
    stated, truth = [draft.stated for draft in drafts], [draft.is_right for draft in drafts]
    return Reliability(
        drafts=len(drafts),
        right=sum(truth),
        error=expected_calibration_error(stated, truth),
        bins=tuple(bins(stated, truth)),
        by_threshold=tuple(at_threshold(stated, truth, threshold) for threshold in THRESHOLDS),
    )


def last_month(threshold: float, *, now: datetime | None = None) -> LastMonth:
    since = (now or timezone.now()) - timedelta(days=DAYS)
    rows = Turn.objects.filter(
        started_at__gte=since, reasons__0__in=_BY_CONFIDENCE, confidence__isnull=False
    ).values_list("confidence", "threshold")[:TURNS_MAX]
    turns = [(sure, sure >= (then or 0.0)) for sure, then in rows if sure is not None]
    decided = [draft for draft in decided_drafts(since=since) if draft.stated >= threshold]
    return LastMonth(
        turns=len(turns),
        sent=sum(was_sent for _, was_sent in turns),
        would_be_sent=sum(sure >= threshold for sure, _ in turns),
        newly_sent=sum(sure >= threshold and not was_sent for sure, was_sent in turns),
        newly_held=sum(sure < threshold and was_sent for sure, was_sent in turns),
        right_of_newly_sent=sum(draft.is_right for draft in decided) / len(decided) if decided else None,
    )
