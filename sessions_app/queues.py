"""Which queue gets what: the first that fits, by position; the default queue takes the rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from sessions_app.models import ReviewItem, ReviewQueue, default_queue_id
from sessions_app.reason_classes import ReasonClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What is known of a question before a queue is chosen."""

    reason_class: ReasonClass
    scenario: str = ""  #: "" where no intent was guessed
    language: str = ""  #: a code such as en or zh-hans; "" while nothing says it


def fits(queue: ReviewQueue, need: Need) -> bool:
    """Whether every condition of `queue` holds; an empty one always does."""
    if queue.reason_classes and need.reason_class not in queue.reason_classes:
        return False
    scenarios = _listed(queue.scenarios)
    if scenarios and need.scenario not in scenarios:
        return False
    languages = _listed(queue.languages)
    return not languages or any(need.language == code or need.language.startswith(f"{code}-") for code in languages)


def chosen(queues: Sequence[ReviewQueue], need: Need) -> ReviewQueue | None:
    """The first that fits by position and age; the default queue only where no other does; None if there is none."""
    in_order = sorted(queues, key=lambda queue: (queue.is_default, queue.position, queue.pk))
    return next((queue for queue in in_order if queue.is_default or fits(queue, need)), None)


def queue_for(need: Need) -> ReviewQueue:
    found = chosen(list(ReviewQueue.objects.all()), need)
    return found if found is not None else ReviewQueue.objects.get(pk=default_queue_id())


def place(item: ReviewItem, queue: ReviewQueue, *, is_escalation: bool = False) -> None:
    """Put `item` into `queue`, whose target counts from now; the caller saves or creates it."""
    item.queue = queue
    item.due_at = timezone.now() + timedelta(minutes=queue.target_minutes)
    item.overdue_at = None
    item.is_escalated = item.is_escalated or is_escalation


def make_default(queue: ReviewQueue) -> None:
    """`queue` takes the rest from now on; the one before it no longer does."""
    with transaction.atomic():
        ReviewQueue.objects.select_for_update().filter(is_default=True).exclude(pk=queue.pk).update(is_default=False)
        ReviewQueue.objects.filter(pk=queue.pk).update(is_default=True)
    queue.is_default = True


def _listed(text: str) -> tuple[str, ...]:
    return tuple(word.strip().lower() for word in text.replace("，", ",").split(",") if word.strip())
