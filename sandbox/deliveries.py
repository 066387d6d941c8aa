"""Sending notifications by Intercom's rules: five seconds to answer, one retry later, 410 ends the subscription.

A bounded queue, a fixed number of workers and kept-alive connections. What does not fit into the queue is counted:
`overflowed` in the summary.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import aiohttp

from sandbox.faults import Faults
from sandbox.http import to_json
from sandbox.settings import Settings
from sandbox.shapes import Json
from sandbox.webhooks import signature

MAX_QUEUED = 20_000  #: notifications waiting to be sent or to be sent again
MAX_RECORDS = 20_000
HELD_SECONDS = 2.0  #: a notification held back to be overtaken goes after this time at the latest
THROTTLED_DROP_SECONDS = 7200.0  #: a notification that a 429 has delayed for longer is dropped

logger = logging.getLogger("sandbox.webhooks")


@dataclass(slots=True, kw_only=True)
class Notification:
    payload: Json
    attempt: int = 1
    retry: bool = True  #: False for the copy that a fault adds
    created: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One attempt and how it ended."""

    number: int  #: grows by one with each record
    id: str | None  #: of the notification
    topic: str
    conversation: str | None
    attempt: int
    status: int | None  #: that the platform answered, None when it did not
    error: str | None  #: timeout, connection, dropped by a fault, overflow
    milliseconds: float
    at: float  #: Unix seconds at which the attempt began

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    @property
    def acknowledged(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Courier:
    """Owns the subscription: its address, whether it is live, the queue and the records."""

    def __init__(self, *, settings: Settings, faults: Faults) -> None:
        self.url = settings.webhook_url
        self.enabled = True
        self.overflowed = 0
        self._settings = settings
        self._faults = faults
        self._queue: asyncio.Queue[Notification] = asyncio.Queue()
        self._waiting = 0  #: retries on the clock and notifications held back
        self._held: deque[Notification] = deque()
        self._records: deque[Delivery] = deque(maxlen=MAX_RECORDS)
        self._count = 0
        self._paused_until = 0.0
        self._workers: list[asyncio.Task[None]] = []
        self._timers: set[asyncio.TimerHandle] = set()
        self._sending = 0
        self._client: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        workers = self._settings.webhook_workers
        self._client = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=self._settings.webhook_timeout_seconds),
            connector=aiohttp.TCPConnector(limit=workers, keepalive_timeout=60.0),
            headers={"user-agent": "intercom-parrot-service-client/1.0", "content-type": "application/json"},
        )
        self._workers = [asyncio.create_task(self._work()) for _ in range(workers)]

    async def stop(self) -> None:
        for timer in self._timers:
            timer.cancel()
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        if self._client is not None:
            await self._client.close()

    # -- taking in ----------------------------------------------------------------------------------------------------

    def submit(self, payload: Json) -> None:
        """Queue one notification, through the webhook faults that are set."""
        if not self.url or not self.enabled:
            return
        notification = Notification(payload=payload, created=time.time())
        fault = self._faults.strike("webhooks")
        if fault is None:
            self._enqueue(notification)
            self._release_held()
            return
        if fault.drop:
            self._record(notification, None, "dropped by a fault", 0.0, time.time())
            return
        if fault.reorder:
            self._held.append(notification)
            self._later(HELD_SECONDS + fault.delay, self._release_held)
            return
        copies = [notification]
        if fault.duplicate:
            copies.append(Notification(payload=payload, retry=False, created=notification.created))
        if fault.status is not None:
            # Sent, but the answer is taken to be this one: the retry makes it a duplicate.
            payload = {**payload}
            copies[0] = _Misread(payload=payload, created=notification.created, status=fault.status)
        for copy in copies:
            if fault.delay:
                self._later(fault.delay, self._enqueue, copy)
            else:
                self._enqueue(copy)
        self._release_held()

    def _enqueue(self, notification: Notification) -> None:
        if self._queue.qsize() + self._waiting >= MAX_QUEUED:
            self.overflowed += 1
            self._record(notification, None, "overflow", 0.0, time.time())
            return
        self._queue.put_nowait(notification)

    def _release_held(self) -> None:
        while self._held:
            self._enqueue(self._held.popleft())

    def _later(self, seconds: float, action: Any, *arguments: Any) -> None:
        self._waiting += 1

        def run() -> None:
            self._waiting -= 1
            self._timers.discard(handle)
            action(*arguments)

        handle = asyncio.get_running_loop().call_later(seconds, run)
        self._timers.add(handle)

    # -- sending ------------------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        while True:
            notification = await self._queue.get()
            self._sending += 1
            try:
                pause = self._paused_until - time.time()
                if pause > 0:
                    await asyncio.sleep(pause)
                if self.enabled and self.url:
                    await self._send(notification)
            except Exception:  # a worker outlives every surprise; the next notification deserves it
                logger.exception("A notification could not be sent", extra={"action": "webhook_failed"})
            finally:
                self._sending -= 1

    async def _send(self, notification: Notification) -> None:
        if self._client is None:
            raise RuntimeError("The courier has not been started.")
        payload = notification.payload
        payload["delivery_attempts"] = notification.attempt
        body = to_json(payload)
        at = time.time()
        started = time.perf_counter()
        status: int | None = None
        error: str | None = None
        try:
            async with self._client.post(
                self.url,
                data=body,
                headers={"x-hub-signature": signature(self._settings.client_secret, body)},
                allow_redirects=False,
            ) as answer:
                await answer.read()
            status = answer.status
        except TimeoutError:
            error = "timeout"
        except aiohttp.ClientError:
            error = "connection"
        if isinstance(notification, _Misread) and notification.attempt == 1:
            status, error = notification.status, "status set by a fault"
        delivery = self._record(notification, status, error, (time.perf_counter() - started) * 1000, at)
        self._after(notification, delivery)

    def _after(self, notification: Notification, delivery: Delivery) -> None:
        if delivery.acknowledged:
            return
        if delivery.status == 410:
            self.enabled = False
            logger.warning("The platform answered 410: nothing more is sent", extra={"action": "webhook_disabled"})
            return
        delay = self._settings.webhook_retry_seconds
        if delivery.status == 429:
            # The whole subscription waits, and this notification keeps its retry.
            self._paused_until = time.time() + delay
            if time.time() - notification.created < THROTTLED_DROP_SECONDS:
                self._later(delay, self._enqueue, notification)
            return
        if notification.attempt == 1 and notification.retry:
            notification.attempt = 2
            self._later(delay, self._enqueue, notification)

    # -- telling ------------------------------------------------------------------------------------------------------

    def _record(
        self, notification: Notification, status: int | None, error: str | None, milliseconds: float, at: float
    ) -> Delivery:
        self._count += 1
        payload = notification.payload
        item = payload["data"]["item"]
        delivery = Delivery(
            number=self._count,
            id=payload["id"],
            topic=payload["topic"],
            conversation=item.get("id"),
            attempt=notification.attempt,
            status=status,
            error=error,
            milliseconds=round(milliseconds, 2),
            at=at,
        )
        self._records.append(delivery)
        return delivery

    def summary(self, *, since: float, limit: int) -> dict[str, Any]:
        """Counts and percentiles over the kept attempts that began at `since` (Unix seconds) or later."""
        records = [each for each in self._records if each.at >= since]
        times = sorted(each.milliseconds for each in records if each.status is not None)
        acknowledged = sum(each.acknowledged for each in records)
        return {
            "count": len(records),
            "acknowledged": acknowledged,
            "failed": len(records) - acknowledged,
            "p50_ms": percentile(times, 0.50),
            "p99_ms": percentile(times, 0.99),
            "pending": self._queue.qsize() + self._waiting + self._sending,
            "overflowed": self.overflowed,
            "enabled": self.enabled,
            "url": self.url,
            "deliveries": [each.as_json() for each in records[-limit:]] if limit else [],
        }

    def clear(self) -> None:
        """Forget the records; what is waiting to be sent stays."""
        self._records.clear()
        self.overflowed = 0

    def subscribe(self, *, url: str | None, enabled: bool | None) -> None:
        if url is not None:
            self.url = url
        if enabled is not None:
            self.enabled = enabled
            if enabled:
                self._paused_until = 0.0


@dataclass(slots=True, kw_only=True)
class _Misread(Notification):
    """Delivered, but a fault replaces the first answer."""

    status: int = 500


def percentile(ordered: list[float], share: float) -> float | None:
    """Nearest rank; None of nothing."""
    if not ordered:
        return None
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 100) * len(ordered) // 100) - 1))]
