"""Waiting for something to become true; the bound only says when to give up, no test asserts a time."""

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")

POLL_SECONDS = 0.1


def eventually(look: Callable[[], Value], what: str, *, seconds: float = 30.0) -> Value:
    """The first true value that `look` returns; fails with `what` and the last value when none comes in time."""
    deadline = time.monotonic() + seconds
    while True:
        value = look()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {what} (last seen: {value!r})")
        time.sleep(POLL_SECONDS)
