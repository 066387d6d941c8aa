"""A sign of life that only a working chain gives: beat asked, the broker carried, a worker worked it off.

The age is read from what is left of the key's life, so no two clocks are ever compared.
"""

from functools import cache
from typing import Final

import redis
from django.conf import settings

_KEY: Final = "handrail:heartbeat"
#: A sign is forgotten after this; older than that counts as none.
KEPT_SECONDS: Final = 3600


@cache
def _connection() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_ADDRESS, socket_timeout=1.0, socket_connect_timeout=1.0)


def beat() -> None:
    """Leave a sign of life. Raises `redis.RedisError`."""
    _connection().set(_KEY, "1", px=KEPT_SECONDS * 1000)


def age() -> float | None:
    """Seconds since the last sign, None without one in KEPT_SECONDS. Raises `redis.RedisError`."""
    left = _connection().pttl(_KEY)
    return max(0.0, KEPT_SECONDS - left / 1000) if left >= 0 else None
