"""Topics with their figures over a time: volume, trend, resolution, ratings; new and growing ones first."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Count, Min, QuerySet
from django.db.models.functions import TruncDate

from analytics.business.reading import Period
from analytics.business.statistics import BY_NAME, Figure, figure
from analytics.models import AskedQuestion, ConversationOutcome, Topic
from analytics.models.hourly import SUMS

#: Chance of seeing so large a change where nothing changed, under which a topic counts as growing or shrinking.
_CHANCE: Final = 0.05
_SUMMED: Final = ("involved", "resolved", "rated", "rated_good")
#: Column of a conversation's outcome with its score, where there is one.
_SCORE: Final = "score"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Questions against as many days before."""

    now: int
    before: int

    @property
    def is_certain(self) -> bool:
        """More than chance would do."""
        from scipy.stats import binomtest  # nearly a second to load, which only who looks at topics shall pay

        both = self.now + self.before
        return both > 0 and float(binomtest(self.now, both).pvalue) < _CHANCE

    @property
    def is_growing(self) -> bool:
        return self.now > self.before and self.is_certain

    @property
    def change(self) -> float | None:
        """Share by which it grew; None where there was nothing before."""
        return self.now / self.before - 1 if self.before else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicFigures:
    topic: Topic | None  #: None: questions like no other
    questions: int
    customers: int
    conversations: int
    unanswered: int  #: questions that the bot held or handed over because it did not know
    trend: Trend | None  #: None: nothing was read so long ago
    is_new: bool
    resolution: Figure
    csat: Figure
    score: float | None  #: mean of the conversations that have one

    @property
    def order(self) -> tuple[int, int, int]:
        """New ones first, then growing ones, the rest by size; those like no other last."""
        if self.topic is None:
            return (3, 0, 0)
        grown = self.trend is not None and self.trend.is_growing
        growth = self.trend.now - self.trend.before if self.trend else 0
        kind = 0 if self.is_new else 1 if grown else 2
        return (kind, -(growth if kind == 1 else self.questions), self.topic.pk)


def topic_figures(period: Period) -> list[TopicFigures]:
    """Of every topic that was asked about in the period, in their order; together they count each question once."""
    before = period.before()
    first = AskedQuestion.objects.aggregate(first=Min("asked_at"))["first"]
    reaches = first is not None and first < before.begin + timedelta(days=1)
    counts, outcomes = _counts(period), _outcomes(period)
    topics: Mapping[int, Topic] = Topic.objects.in_bulk([key for key in counts if key is not None])
    found = []
    for key, row in counts.items():
        if not row["now"]:
            continue
        topic = None if key is None else topics.get(key)
        sums = outcomes.get(key, {})
        found.append(
            TopicFigures(
                topic=topic,
                questions=row["now"],
                customers=row["customers"],
                conversations=int(sums.get("conversations", 0)),
                unanswered=row["unanswered"],
                trend=Trend(now=row["now"], before=row["before"]) if reaches else None,
                is_new=topic is not None and reaches and topic.created_at >= period.begin and not row["before"],
                resolution=figure(BY_NAME["resolution"], sums),
                csat=figure(BY_NAME["csat"], sums),
                score=sums.get("score"),
            )
        )
    return sorted(found, key=lambda one: one.order)


def _counts(period: Period) -> dict[int | None, dict[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT topic_id,
                   count(*) FILTER (WHERE asked_at >= %(begin)s),
                   count(*) FILTER (WHERE asked_at < %(begin)s),
                   count(DISTINCT customer_id) FILTER (WHERE asked_at >= %(begin)s),
                   count(*) FILTER (WHERE asked_at >= %(begin)s AND is_unanswered)
            FROM analytics_askedquestion WHERE asked_at >= %(before)s AND asked_at < %(end)s GROUP BY topic_id
            """,
            {"begin": period.begin, "end": period.end, "before": period.before().begin},
        )
        names = ("now", "before", "customers", "unanswered")
        return {row[0]: dict(zip(names, row[1:], strict=True)) for row in cursor.fetchall()}


def _outcomes(period: Period) -> dict[int | None, dict[str, float]]:
    """Topic -> sums over its conversations, each counted once, as the dashboard defines them."""
    names = ["conversations", *_SUMMED]
    columns = [
        "count(*)",
        *(f"coalesce(sum({SUMS[name]}) FILTER (WHERE o.conversation_id IS NOT NULL), 0)" for name in _SUMMED),
    ]
    if any(one.name == _SCORE for one in ConversationOutcome._meta.get_fields()):
        names.append("score")
        columns.append(f"avg(o.{_SCORE})")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT asked.topic_id, {", ".join(columns)}
            FROM (SELECT DISTINCT topic_id, conversation_id FROM analytics_askedquestion
                  WHERE asked_at >= %s AND asked_at < %s) AS asked
            LEFT JOIN analytics_conversationoutcome o ON o.conversation_id = asked.conversation_id
            GROUP BY asked.topic_id
            """,  # noqa: S608  expressions from constants
            [period.begin, period.end],
        )
        return {row[0]: dict(zip(names, row[1:], strict=True)) for row in cursor.fetchall()}


def questions_by_day(period: Period, topic_ids: Sequence[int]) -> dict[int, dict[date, int]]:
    """Topic -> each local day of the period -> questions."""
    rows = (
        AskedQuestion.objects.filter(topic__in=topic_ids, asked_at__gte=period.begin, asked_at__lt=period.end)
        .annotate(day=TruncDate("asked_at", tzinfo=period.zone))
        .values("topic_id", "day")
        .annotate(count=Count("pk"))
        .order_by()
    )
    counts: defaultdict[tuple[int, date], int] = defaultdict(int, {(r["topic_id"], r["day"]): r["count"] for r in rows})
    days = [period.first + timedelta(days=number) for number in range(period.days)]
    return {topic: {day: counts[topic, day] for day in days} for topic in topic_ids}


def questions_of(period: Period, topic: Topic | None) -> QuerySet[Any]:
    """Newest first, with what is needed to show how each went."""
    asked = AskedQuestion.objects.filter(topic=topic, asked_at__gte=period.begin, asked_at__lt=period.end)
    return asked.select_related("turn", "conversation__result").order_by("-asked_at", "-pk")
