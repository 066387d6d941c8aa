"""The review queue's changes, told to the pages that watch it."""

import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.dispatch import receiver

from sessions_app.consumers import REVIEW_GROUP
from sessions_app.reviews import waiting_count
from sessions_app.signals import review_queue_changed

logger = logging.getLogger(__name__)


@receiver(review_queue_changed)
def tell_watchers(**_: Any) -> None:
    """Redis may be away: then pages learn of the change when they next ask."""
    try:
        async_to_sync(get_channel_layer().group_send)(
            REVIEW_GROUP, {"type": "review.changed", "waiting": waiting_count()}
        )
    except (OSError, RuntimeError, ConnectionError):
        logger.warning("watchers not told", extra={"action": "review_announce_failed"})
