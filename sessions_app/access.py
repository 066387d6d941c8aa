"""The only way to get queues and their items for a person: what they may not see is not in the answer."""

from typing import Any

from django.db.models import Q, QuerySet

from sessions_app.errors import NotVisible
from sessions_app.models import Conversation, ReviewItem, ReviewQueue

#: Whoever is signed in, or nobody.
Person = Any

LOOK = "sessions_app.view_reviewitem"
DECIDE = "sessions_app.change_reviewitem"
TAKE_OVER = "sessions_app.take_over_conversation"
SEE_ALL = "sessions_app.see_all_queues"


def may(user: Person, permission: str) -> bool:
    return bool(user.is_active and user.has_perm(permission))


def visible_queues(user: Person) -> QuerySet[ReviewQueue]:
    """Queues without members, those the person is a member of, or all of them for who may see all."""
    if not may(user, LOOK):
        return ReviewQueue.objects.none()
    if may(user, SEE_ALL):
        return ReviewQueue.objects.all()
    is_open = Q(pk__in=ReviewQueue.objects.filter(members__isnull=True).values("pk"))
    is_member = Q(pk__in=ReviewQueue.members.through.objects.filter(user_id=user.pk).values("reviewqueue_id"))
    return ReviewQueue.objects.filter(is_open | is_member)


def visible_items(user: Person) -> QuerySet[ReviewItem]:
    """Items in visible queues, and those that a colleague gave to this person."""
    if not may(user, LOOK):
        return ReviewItem.objects.none()
    return ReviewItem.objects.filter(Q(queue__in=visible_queues(user).values("pk")) | Q(assigned_to_id=user.pk))


def visible_item(user: Person, item_id: int) -> ReviewItem:
    """Raises `NotVisible`, also where there is no such item."""
    found = (
        visible_items(user)
        .select_related("conversation__customer", "queue", "claimed_by", "decided_by", "assigned_to")
        .filter(pk=item_id)
        .first()
    )
    if found is None:
        raise NotVisible(item_id)
    return found


def visible_conversations(user: Person) -> QuerySet[Conversation]:
    """All but those that wait, or waited last, in a queue the person may not see."""
    if not may(user, LOOK):
        return Conversation.objects.none()
    if may(user, SEE_ALL):
        return Conversation.objects.all()
    hidden = ReviewItem.objects.exclude(pk__in=visible_items(user).values("pk")).values("conversation_id")
    return Conversation.objects.exclude(pk__in=hidden)
