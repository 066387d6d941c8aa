"""Messages to Channels groups, from code that is not asynchronous."""

import asyncio
import logging
import threading
from concurrent.futures import Future
from functools import cache
from typing import Any

import redis
from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)


def announce(group: str, message: dict[str, Any]) -> "Future[Any]":
    """Sends without waiting. Redis may be away: then it is noted, and pages learn of the change when they next ask."""
    sending = asyncio.run_coroutine_threadsafe(get_channel_layer().group_send(group, message), _loop())
    sending.add_done_callback(_note_failure)
    return sending


def _note_failure(sending: "Future[Any]") -> None:
    if sending.cancelled():
        return
    error = sending.exception()
    if isinstance(error, (OSError, RuntimeError, TimeoutError, redis.RedisError)):
        logger.warning("watchers not told", extra={"action": "announce_failed", "error": type(error).__name__})
    elif error is not None:
        logger.error("watchers not told", extra={"action": "announce_failed", "error": type(error).__name__})


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """This process' loop for announcements. One for each would mean a new connection to Redis each time, too."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="announcements", daemon=True).start()
    return loop
