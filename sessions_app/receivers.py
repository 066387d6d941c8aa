"""The review queue's changes, told to the pages that watch it."""

import contextlib
from typing import Any

import redis
from django.dispatch import receiver

from sessions_app.announcing import announce
from sessions_app.consumers import REVIEW_GROUP
from sessions_app.reviews import waiting_count
from sessions_app.signals import review_queue_changed

ANNOUNCE_SECONDS = 2.0


@receiver(review_queue_changed)
def tell_watchers(**_: Any) -> None:
    """Redis may be away: then pages learn of the change when they next ask."""
    sending = announce(REVIEW_GROUP, {"type": "review.changed", "waiting": waiting_count()})
    with contextlib.suppress(OSError, RuntimeError, TimeoutError, redis.RedisError):
        sending.result(ANNOUNCE_SECONDS)
