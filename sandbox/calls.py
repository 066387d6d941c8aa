"""What the platform called: the newest calls of the REST API, bounded in number and in bytes."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

MAX_KEPT_BODY = 16_384  #: bytes of a call's body that are kept whole; a longer one is kept as its length
MAX_KEPT_BYTES = 128 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    method: str
    path: str
    query: str
    body: Any  #: parsed JSON, else text, else None
    status: int | None  #: that the platform was sent, None when it got no answer
    at: float  #: Unix seconds of arrival
    conversation: str | None
    fault: str | None  #: what was done to this call on purpose
    size: int  #: bytes of the body

    def as_json(self) -> dict[str, Any]:
        return {
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "body": self.body,
            "status": self.status,
            "at": self.at,
            "conversation": self.conversation,
            "fault": self.fault,
        }


class CallLog:
    def __init__(self, maximum: int) -> None:
        self._calls: deque[Call] = deque()
        self._maximum = maximum
        self._bytes = 0
        self.total = 0  #: since the start or the last clearing, forgotten ones included

    def add(self, call: Call) -> None:
        self._calls.append(call)
        self.total += 1
        self._bytes += _kept(call)
        while len(self._calls) > self._maximum or self._bytes > MAX_KEPT_BYTES:
            self._bytes -= _kept(self._calls.popleft())

    def list(self, *, conversation: str | None, limit: int) -> list[Call]:
        """The newest `limit` calls, oldest of them first."""
        found: list[Call] = []
        for call in reversed(self._calls):
            if conversation is None or call.conversation == conversation:
                found.append(call)
                if len(found) >= limit:
                    break
        found.reverse()
        return found

    def clear(self) -> None:
        self._calls.clear()
        self._bytes = self.total = 0

    def __len__(self) -> int:
        return len(self._calls)


def _kept(call: Call) -> int:
    return min(call.size, MAX_KEPT_BODY) + 256
