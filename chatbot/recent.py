"""Rows that every message needs and that change rarely: read at most once in two seconds by each process."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Row = TypeVar("Row")

#: A change in the admin is live everywhere after this many seconds at most.
FRESH_SECONDS = 2.0
#: Keys kept at most; keys come from outside (workspace ids in webhooks), so their number must be bounded.
KEYS = 1_000


class RecentRows(Generic[Key, Row]):
    """`load(key)`, remembered for FRESH_SECONDS."""

    def __init__(self, load: Callable[[Key], Row]) -> None:
        self._load = load
        self._rows: dict[Key, tuple[float, Row]] = {}
        self._lock = threading.Lock()

    def get(self, key: Key) -> Row:
        now = time.monotonic()
        known = self._rows.get(key)
        if known is not None and now - known[0] < FRESH_SECONDS:
            return known[1]
        row = self._load(key)
        with self._lock:
            if len(self._rows) >= KEYS:
                self._rows.clear()
            self._rows[key] = (now, row)
        return row

    def forget(self, key: Key) -> None:
        with self._lock:
            self._rows.pop(key, None)

    def clear(self) -> None:
        with self._lock:
            self._rows.clear()
