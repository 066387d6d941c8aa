"""The door for Intercom's webhooks: verify, parse, store, answer 200, then enqueue. Nothing is understood here.

    200  stored, or stored before        HEAD 200  so that Intercom accepts the address
    400  not JSON, or not an object      401  signature missing or wrong
    405  another method                  413  over 1 MiB
    503  the database is down: try again

Never 410, which would end the subscription. An ASGI application of its own, beside Django's, because Intercom ranks
receivers by their speed: one HMAC, one insert, no thread. Django's middleware has nothing to add for this sender.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from chatbot import tasks
from chatbot.conf import (
    WEBHOOK_BODY_BYTES,
    WEBHOOK_BODY_SECONDS,
    WEBHOOK_ENQUEUE_SECONDS,
    WEBHOOK_PATIENT_SECONDS,
    WEBHOOK_POOL_CONNECTIONS,
    WEBHOOK_STORE_ATTEMPTS,
    WEBHOOK_STORE_SECONDS,
)
from chatbot.intercom.payloads import CUSTOMER_TOPICS
from chatbot.intercom.signatures import is_signed
from chatbot.signals import webhook_answered

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

logger = logging.getLogger(__name__)

# A second delivery of the same notification meets the constraint inbound_event_once and stores nothing. Notifications
# without an id (pings) are NULL there, and NULLs never collide.
_STORE = """
INSERT INTO chatbot_inboundevent (app_id, notification_id, topic, payload)
VALUES (%s, %s, %s, %s)
ON CONFLICT ON CONSTRAINT inbound_event_once DO NOTHING
RETURNING id
"""


class BodyTooLarge(Exception):
    """More bytes than WEBHOOK_BODY_BYTES."""


class ClientGone(Exception):
    """The sender hung up before the body was whole."""


class WebhookDoor:
    """ASGI application for `/webhooks/intercom`; owns its connection pool and the queue of stored ids."""

    def __init__(self) -> None:
        self._pool: AsyncConnectionPool[psycopg.AsyncConnection[Any]] | None = None
        self._stored: list[int] = []
        self._stored_since = 0.0
        self._has_customer_words = False
        self._flush: asyncio.Task[None] | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        method = scope["method"]
        if method == "HEAD":
            status = 200
        elif method != "POST":
            status = 405
        else:
            status = await self._receive_notification(scope, receive)
        webhook_answered.send(sender=type(self), status=status)
        headers = [(b"content-length", b"0")]
        if status == 405:
            headers.append((b"allow", b"HEAD, POST"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def close(self) -> None:
        """Enqueue what is stored, then let the connections go."""
        if self._flush is not None:
            self._flush.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._flush
        await self._enqueue()
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    async def _receive_notification(self, scope: Message, receive: Receive) -> int:
        headers = dict(scope["headers"])
        try:
            async with asyncio.timeout(WEBHOOK_BODY_SECONDS):
                body = await _body(headers, receive)
        except BodyTooLarge:
            return 413
        except (ClientGone, TimeoutError):
            return 400
        signature = headers.get(b"x-hub-signature", b"").decode("latin-1")
        if not is_signed(body, signature=signature, secret=settings.INTERCOM_CLIENT_SECRET):
            logger.warning("webhook refused: signature missing or wrong", extra={"action": "webhook_refused"})
            return 401
        try:
            text = body.decode("utf-8")
            notification = json.loads(text)
        except (ValueError, RecursionError):
            return 400
        # A NUL byte is no JSON outside a string, and json.loads refuses it inside one: `text` holds none.
        if not isinstance(notification, dict):
            return 400
        try:
            stored = await self._store(notification, text)
        except (psycopg.Error, PoolTimeout, TimeoutError, OSError):
            logger.error("webhook not stored: the database is down", extra={"action": "webhook_store_failed"})
            return 503
        if stored is not None:
            self._stored_since = self._stored_since if self._stored else time.monotonic()
            self._stored.append(stored)
            self._has_customer_words |= notification.get("topic") in CUSTOMER_TOPICS
            if self._flush is None or self._flush.done():
                self._flush = asyncio.create_task(self._enqueue_soon())
        return 200

    async def _store(self, notification: dict[str, Any], text: str) -> int | None:
        """The new row's id, or None if the notification was stored before."""
        values = (
            _word(notification.get("app_id"), 64) or "",
            _word(notification.get("id"), 128),
            _word(notification.get("topic"), 128) or "",
            text,
        )
        for attempt in range(WEBHOOK_STORE_ATTEMPTS):
            try:
                async with asyncio.timeout(WEBHOOK_STORE_SECONDS):
                    pool = await self._open_pool()
                    if attempt:
                        await pool.check()  # after a restart every connection that lies in the pool is dead
                    async with pool.connection() as database:
                        cursor = await database.execute(_STORE, values)
                        row = await cursor.fetchone()
                        return row[0] if row else None
            except psycopg.OperationalError:
                # A connection that died while it lay in the pool, for example across a restart of PostgreSQL.
                # Trying again is safe: had the row been committed, it would meet its constraint.
                if attempt + 1 == WEBHOOK_STORE_ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    async def _open_pool(self) -> "AsyncConnectionPool[psycopg.AsyncConnection[Any]]":
        if self._pool is None:
            parameters = connection.get_connection_params()
            for name in ("cursor_factory", "context", "prepare_threshold"):
                parameters.pop(name, None)
            self._pool = AsyncConnectionPool(
                kwargs={**parameters, "autocommit": True},
                min_size=1,
                max_size=WEBHOOK_POOL_CONNECTIONS,
                timeout=WEBHOOK_STORE_SECONDS,
                open=False,
            )
            await self._pool.open()
        return self._pool

    async def _enqueue_soon(self) -> None:
        """What a customer wrote at once, with all that came before it: a task costs more than a row, and order matters.

        The rest is mostly our own answers that come back; alone, it waits for company. Nothing is said over a person
        for that: Intercom is asked just before anything is said.
        """
        while self._stored:
            if self._has_customer_words or time.monotonic() >= self._stored_since + WEBHOOK_PATIENT_SECONDS:
                await self._enqueue()
            await asyncio.sleep(WEBHOOK_ENQUEUE_SECONDS)

    async def _enqueue(self) -> None:
        event_ids, self._stored, self._has_customer_words = self._stored, [], False
        if not event_ids:
            return
        try:
            await asyncio.to_thread(tasks.enqueue_events, event_ids)
        except tasks.EnqueueFailed:
            # The rows are committed; the sweep will find them.
            logger.warning("stored, not enqueued: the broker is down", extra={"action": "webhook_enqueue_failed"})


def _word(value: object, limit: int) -> str | None:
    """An identifier as text, whether the sender wrote a text or a number; None if there is none."""
    if value == "" or not isinstance(value, str | int | float):
        return None
    return str(value).replace("\x00", "").encode("utf-8", "replace").decode()[:limit]


async def _body(headers: dict[bytes, bytes], receive: Receive) -> bytes:
    announced = headers.get(b"content-length", b"0")
    if announced.isdigit() and int(announced) > WEBHOOK_BODY_BYTES:
        raise BodyTooLarge
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        piece = message.get("body", b"")
        size += len(piece)
        if size > WEBHOOK_BODY_BYTES:
            raise BodyTooLarge
        pieces.append(piece)
        if not message.get("more_body", False):
            return b"".join(pieces)
