"""The review queue's changes, told to the pages that watch it."""

import asyncio
import logging
import threading
from functools import cache
from typing import Any

import redis
from channels.layers import get_channel_layer
from django.dispatch import receiver

from sessions_app.consumers import REVIEW_GROUP
from sessions_app.reviews import waiting_count
from sessions_app.signals import review_queue_changed

logger = logging.getLogger(__name__)

ANNOUNCE_SECONDS = 2.0


@receiver(review_queue_changed)
def tell_watchers(**_: Any) -> None:
    """Redis may be away: then pages learn of the change when they next ask."""
    message = {"type": "review.changed", "waiting": waiting_count()}
    try:
        asyncio.run_coroutine_threadsafe(get_channel_layer().group_send(REVIEW_GROUP, message), _loop()).result(
            ANNOUNCE_SECONDS
        )
    except (OSError, RuntimeError, TimeoutError, redis.RedisError):
        logger.warning("watchers not told", extra={"action": "review_announce_failed"})


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """This process' loop for announcements. One for each would mean a new connection to Redis each time, too."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="announcements", daemon=True).start()
    return loop
