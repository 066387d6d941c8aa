"""What runs by the clock for measuring. Each task may run twice without harm."""

import logging

import redis
from celery import shared_task

from analytics.health import heartbeat

logger = logging.getLogger(__name__)


@shared_task(name="analytics.heartbeat", expires=30)
def leave_sign_of_life() -> None:
    try:
        heartbeat.beat()
    except redis.RedisError:
        logger.warning("no sign of life left", extra={"action": "heartbeat_failed"})
