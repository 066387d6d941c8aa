"""What stands in the list of the desk: filtered, in order, a page at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from sessions_app.access import visible_items, visible_queues
from sessions_app.models import ReviewItem, ReviewQueue
from sessions_app.reason_classes import ReasonClass

#: Items on one page, oldest first: who waits longest is served first.
PAGE_ITEMS = 50
#: Characters of a search at most.
SEARCH_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the list is narrowed to; what makes no sense is ignored."""

    queue: int = 0
    reason: str = ""
    language: str = ""
    who: str = ""  #: mine, free, late, asleep, or "" for all that are awake
    search: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Filters":
        queue = query.get("queue", "")
        reason = query.get("reason", "")
        who = query.get("who", "")
        return cls(
            queue=int(queue) if queue.isdecimal() and len(queue) < 19 else 0,
            reason=reason if reason in ReasonClass.values else "",
            language=query.get("language", "")[:16].replace("\x00", ""),
            who=who if who in ("mine", "free", "late", "asleep") else "",
            search=query.get("search", "")[:SEARCH_CHARACTERS].replace("\x00", "").strip(),
        )

    @property
    def is_narrowed(self) -> bool:
        return self != Filters()


def open_items(user: Any, filters: Filters) -> QuerySet[ReviewItem]:
    """What waits and the person may see, who waits longest first."""
    now = timezone.now()
    items = visible_items(user).filter(status=ReviewItem.Status.WAITING)
    asleep = Q(snoozed_until__gt=now)
    items = items.filter(asleep) if filters.who == "asleep" else items.exclude(asleep)
    if filters.queue:
        items = items.filter(queue_id=filters.queue)
    if filters.reason:
        items = items.filter(reason_class=filters.reason)
    if filters.language:
        items = items.filter(conversation__language__startswith=filters.language)
    if filters.who == "mine":
        items = items.filter(Q(assigned_to_id=user.pk) | Q(claimed_by_id=user.pk, claimed_until__gt=now))
    elif filters.who == "free":
        items = items.exclude(Q(claimed_until__gt=now) & ~Q(claimed_by_id=user.pk)).filter(
            Q(assigned_to=None) | Q(assigned_to_id=user.pk)
        )
    elif filters.who == "late":
        items = items.filter(due_at__lt=now)
    if filters.search:
        items = items.filter(
            Q(question__icontains=filters.search)
            | Q(conversation__customer__name__icontains=filters.search)
            | Q(conversation__customer__email__icontains=filters.search)
            | Q(conversation__external_id=filters.search)
        )
    return items.select_related("conversation__customer", "queue", "claimed_by").order_by("created_at", "pk")


def page_of(user: Any, filters: Filters, number: str | None) -> Page[ReviewItem]:
    return Paginator(open_items(user, filters), PAGE_ITEMS).get_page(number)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCount:
    queue: ReviewQueue
    waiting: int
    late: int


def queue_counts(user: Any) -> list[QueueCount]:
    """Each queue the person may see, with what waits in it now: one query for all."""
    now = timezone.now()
    rows = (
        ReviewItem.objects.filter(status=ReviewItem.Status.WAITING)
        .exclude(snoozed_until__gt=now)
        .values("queue_id")
        .annotate(waiting=Count("pk"), late=Count("pk", filter=Q(due_at__lt=now)))
        .order_by()
    )
    counts = {row["queue_id"]: (row["waiting"], row["late"]) for row in rows}
    return [
        QueueCount(queue=queue, waiting=waiting, late=late)
        for queue in visible_queues(user)
        for waiting, late in [counts.get(queue.pk, (0, 0))]
    ]


def languages_waiting() -> list[str]:
    found = (
        ReviewItem.objects.filter(status=ReviewItem.Status.WAITING)
        .exclude(conversation__language="")
        .values_list("conversation__language", flat=True)
        .order_by()
        .distinct()
    )
    return sorted(set(found))
