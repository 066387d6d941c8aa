"""A colleague passes an item on: to another queue, to a person, to later; or leaves a note."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chatbot.intercom.reply_html import paragraphs_html
from chatbot.models import Delivery
from chatbot.reviewing import EmptyAnswer, cleaned_note
from sessions_app import audit, reviews
from sessions_app.access import LOOK, may, visible_items, visible_queues
from sessions_app.claims import check_free
from sessions_app.errors import SessionsError
from sessions_app.models import AuditEntry, ReviewItem, ReviewQueue
from sessions_app.news import tell_item

if TYPE_CHECKING:
    from django.contrib.auth.models import User

#: Whoever sleeps longer is forgotten.
LONGEST_SNOOZE = timedelta(days=30)
#: Items that one bulk action takes.
BULK_ITEMS = 200

Action = AuditEntry.Action


class BadMove(ValueError):
    """The queue, the person or the time is not one that an item can be given to; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkResult:
    done: tuple[int, ...]
    refused: tuple[tuple[int, str], ...]  #: item and why


def move_to_queue(item_id: int, *, user: "User", queue_id: int) -> ReviewItem:
    """It waits in another queue, for whose members its target begins anew. Raises `BadMove` and as `decide` does."""
    queue = ReviewQueue.objects.filter(pk=queue_id).first()
    if queue is None:
        raise BadMove(_("There is no such queue."))
    with transaction.atomic():
        item = reviews.locked_item(item_id)
        check_free(item, user=user)
        before = item.queue_id
        reviews.move_to(item, queue)
        audit.note(Action.MOVED, user=user, item=item, before=before, queue=queue.pk)
    return item


def give_to(item_id: int, *, user: "User", person_id: int) -> ReviewItem:
    """It is meant for one colleague, who sees it wherever it waits. Raises `BadMove` and as `decide` does."""
    person = get_user_model().objects.filter(pk=person_id).first()
    if person is None or not person.is_staff or not may(person, LOOK):
        raise BadMove(_("This person may not see the desk."))
    with transaction.atomic():
        item = reviews.locked_item(item_id)
        check_free(item, user=user)
        item.assigned_to = person
        item.claimed_by = item.claimed_until = item.snoozed_until = None
        item.save(update_fields=["assigned_to", "claimed_by", "claimed_until", "snoozed_until"])
        audit.note(Action.ASSIGNED, user=user, item=item, person=person.pk)
        tell_item(item)
    return item


def snooze(item_id: int, *, user: "User", until: datetime) -> ReviewItem:
    """Out of the list until then, or until the customer writes. Raises `BadMove` and as `decide` does."""
    if not timezone.now() < until <= timezone.now() + LONGEST_SNOOZE:
        raise BadMove(_("Choose a time within the next 30 days."))
    with transaction.atomic():
        item = reviews.locked_item(item_id)
        check_free(item, user=user)
        item.snoozed_until = until
        item.claimed_by = item.claimed_until = None
        item.save(update_fields=["snoozed_until", "claimed_by", "claimed_until"])
        audit.note(Action.SNOOZED, user=user, item=item, until=until.isoformat())
        tell_item(item)
    return item


def write_note(item_id: int, *, user: "User", text: str) -> Delivery:
    """An internal note in Intercom, for colleagues. Raises `EmptyAnswer`. The caller enqueues the conversation."""
    text = cleaned_note(text)
    if not text:
        raise EmptyAnswer(_("The note is empty."))
    with transaction.atomic():
        item = ReviewItem.objects.get(pk=item_id)
        audit.note(Action.NOTED, user=user, item=item)
        return Delivery.objects.create(
            key=f"note:{item.pk}:{uuid.uuid4().hex}",
            conversation_id=item.conversation_id,
            kind=Delivery.Kind.NOTE,
            body=f"{paragraphs_html(text)}{paragraphs_html(f'({user.get_username()}, Handrail)')}",
            written_by=user,
        )


def for_each(item_ids: Sequence[int], *, user: "User", act: Callable[[int], object]) -> BulkResult:
    """`act` on each item the person may see, each alone: one that is refused does not keep the others."""
    wanted = list(dict.fromkeys(item_ids))[:BULK_ITEMS]
    seen = set(visible_items(user).filter(pk__in=wanted).values_list("pk", flat=True))
    done, refused = [], []
    for item_id in wanted:
        if item_id not in seen:
            continue
        try:
            act(item_id)
        except (SessionsError, BadMove) as error:
            refused.append((item_id, str(error)))
        else:
            done.append(item_id)
    return BulkResult(done=tuple(done), refused=tuple(refused))


def queues_to_move_to(user: "User") -> list[ReviewQueue]:
    return list(visible_queues(user))
