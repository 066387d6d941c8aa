"""Who is at an item now. A claim ends by itself, so that nobody who has left keeps others waiting."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from sessions_app import audit
from sessions_app.conf import CLAIM_SECONDS, CLAIM_SECONDS_AFTER_LEAVING
from sessions_app.errors import AlreadyDecided, HeldByAnother
from sessions_app.models import AuditEntry, ReviewItem
from sessions_app.news import tell_item

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def holder_of(item: ReviewItem) -> "User | None":
    """Whoever is at `item` now; None if nobody is, or the claim has run out."""
    if item.claimed_by_id is None or item.claimed_until is None or item.claimed_until <= timezone.now():
        return None
    return item.claimed_by


def check_free(item: ReviewItem, *, user: "User") -> None:
    """Raises `HeldByAnother` where somebody else than `user` is at it."""
    holder = holder_of(item)
    if holder is not None and holder.pk != user.pk:
        raise HeldByAnother(holder.get_username())


def claim(item_id: int, *, user: "User") -> ReviewItem:
    """`user` is at it for CLAIM_SECONDS from now; again and again while they stay. Locks the item.

    Raises `AlreadyDecided`, `HeldByAnother`.
    """
    with transaction.atomic():
        item = _waiting(item_id)
        check_free(item, user=user)
        is_new = holder_of(item) is None
        item.claimed_by = user
        item.claimed_until = timezone.now() + timedelta(seconds=CLAIM_SECONDS)
        item.save(update_fields=["claimed_by", "claimed_until"])
        if is_new:
            audit.note(AuditEntry.Action.CLAIMED, user=user, item=item)
            tell_item(item)
    return item


def release(item_id: int, *, user: "User") -> None:
    """Put it back at once; nothing happens where `user` does not hold it."""
    with transaction.atomic():
        freed = ReviewItem.objects.filter(pk=item_id, claimed_by=user).update(claimed_by=None, claimed_until=None)
        if freed:
            item = ReviewItem.objects.get(pk=item_id)
            audit.note(AuditEntry.Action.RELEASED, user=user, item=item)
            tell_item(item)


def leave(item_id: int, *, user_id: int) -> None:
    """The holder's connection is gone: the claim is worth only long enough to come back after a lost connection."""
    until = timezone.now() + timedelta(seconds=CLAIM_SECONDS_AFTER_LEAVING)
    ReviewItem.objects.filter(pk=item_id, claimed_by_id=user_id, claimed_until__gt=until).update(claimed_until=until)


def _waiting(item_id: int) -> ReviewItem:
    # Nothing joined: where the row had to be waited for, what is joined would be of before.
    item = ReviewItem.objects.select_for_update().get(pk=item_id)
    if item.status != ReviewItem.Status.WAITING:
        raise AlreadyDecided(str(item.get_status_display()))
    return item
