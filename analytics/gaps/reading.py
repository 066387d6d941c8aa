"""Gaps in the order of how many customers wait behind them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from analytics.models import AskedQuestion, Gap

#: Customers who asked within so many days count as waiting.
WAITING_DAYS: Final = 90
#: A dismissed gap comes back when so many times as many customers, and at least so many more, have asked.
GROWTH: Final = 2
LEAST_MORE: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingGap:
    gap: Gap
    customers: int  #: distinct
    questions: int
    newest: datetime | None
    is_back: bool  #: it was dismissed, and has grown since


def counted(gaps: QuerySet[Gap], *, now: datetime | None = None) -> QuerySet[Any]:
    """With `customers`, `asked` and `newest` of the last WAITING_DAYS."""
    lately = Q(questions__asked_at__gte=(now or timezone.now()) - timedelta(days=WAITING_DAYS))
    return gaps.annotate(
        customers=Count("questions__customer", filter=lately, distinct=True),
        asked=Count("questions", filter=lately, distinct=True),
        newest=Max("questions__asked_at", filter=lately),
    )


def has_grown(gap: Gap, customers: int) -> bool:
    return customers >= max(GROWTH * gap.customers_then, gap.customers_then + LEAST_MORE)


def waiting_gaps(*, now: datetime | None = None) -> list[WaitingGap]:
    """Open gaps, and dismissed ones that have grown; most customers first, then most questions, then the oldest."""
    rows = counted(Gap.objects.exclude(status=Gap.Status.ACCEPTED), now=now)
    found = [
        WaitingGap(
            gap=row, customers=row.customers, questions=row.asked, newest=row.newest,
            is_back=row.status == Gap.Status.DISMISSED,
        )
        for row in rows
        if row.customers and (row.status == Gap.Status.OPEN or has_grown(row, row.customers))
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-one.customers, -one.questions, one.gap.pk))


def decided_gaps() -> QuerySet[Any]:
    """Accepted ones, and dismissed ones, the newest decision first."""
    return (
        counted(Gap.objects.exclude(status=Gap.Status.OPEN))
        .select_related("article", "decided_by")
        .order_by("-decided_at", "-pk")
    )


def alone() -> int:
    """Questions lately that the bot could not answer and that are like no other."""
    since = timezone.now() - timedelta(days=WAITING_DAYS)
    return AskedQuestion.objects.filter(is_unanswered=True, gap__isnull=True, asked_at__gte=since).count()
