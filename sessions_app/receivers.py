"""Changes told to the pages that watch. Redis may be away: then pages learn of them when they next ask."""

from typing import Any

from django.dispatch import receiver

from sessions_app.announcing import announce
from sessions_app.consumers import conversation_group
from sessions_app.desk_news import REVIEW_GROUP
from sessions_app.listing import row_of
from sessions_app.models import ReviewItem
from sessions_app.signals import conversation_changed, review_queue_changed


@receiver(review_queue_changed)
def tell_watchers(*, item_id: int, **_: Any) -> None:
    item = ReviewItem.objects.select_related("conversation__customer", "queue", "claimed_by").filter(pk=item_id).first()
    if item is not None:
        announce(REVIEW_GROUP, {"type": "review.changed", "row": row_of(item)})


@receiver(conversation_changed)
def tell_readers(*, conversation_id: int, **_: Any) -> None:
    announce(conversation_group(conversation_id), {"type": "conversation.changed", "conversation": conversation_id})
