"""The few HTTP motions that every endpoint needs: read a bounded body, answer JSON, hang, or cut the connection.

Plain ASGI instead of Request and Response objects: load tests run beside the sandbox on the same cores.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from starlette.types import Receive, Scope, Send

from sandbox.errors import Invalid, SandboxError

ABORT_EXTENSION = "sandbox.abort"  #: scope extension of our server: a function that resets the connection

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class BodyTooLarge(SandboxError):
    status = 413
    code = "content_too_large"


class ConnectionCut(Exception):
    """Raised where the server offers no way to reset the connection, so that it cannot pass for an answer."""


def to_json(value: object) -> bytes:
    text: str = _encode(value)
    return text.encode()


async def read_body(receive: Receive, limit: int) -> bytes:
    """The whole body, at most `limit` bytes. Raises `BodyTooLarge`, and `Invalid` when the client left half-way."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Invalid("The body ended too early.", field="body")
        body += message.get("body", b"")
        if len(body) > limit:
            raise BodyTooLarge(f"The body is larger than {limit} bytes; send less.")
        if not message.get("more_body", False):
            return bytes(body)


def header(scope: Scope, name: bytes) -> str | None:
    """The first header of this (lower-case) name, or None."""
    for key, value in scope["headers"]:
        if key == name:
            decoded: str = value.decode("latin-1")
            return decoded
    return None


async def respond(
    send: Send,
    status: int,
    content: bytes,
    *,
    content_type: bytes = b"application/json; charset=utf-8",
    headers: Iterable[tuple[bytes, bytes]] = (),
) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", content_type), (b"content-length", b"%d" % len(content)), *headers],
        }
    )
    await send({"type": "http.response.body", "body": content})


async def respond_json(send: Send, status: int, value: object, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
    await respond(send, status, to_json(value), headers=headers)


async def hang(receive: Receive, closing: asyncio.Event) -> None:
    """Never answer: return when the client gives up, or when the sandbox stops."""
    stop = asyncio.ensure_future(closing.wait())
    try:
        while True:
            message = asyncio.ensure_future(receive())
            done, _ = await asyncio.wait({message, stop}, return_when=asyncio.FIRST_COMPLETED)
            if message not in done:
                message.cancel()
                return
            if message.result()["type"] == "http.disconnect":
                return
    finally:
        stop.cancel()


async def cut(scope: Scope, receive: Receive) -> None:
    """Reset the connection without (another) byte."""
    abort: Callable[[], None] | None = scope.get("extensions", {}).get(ABORT_EXTENSION)
    if abort is None:
        raise ConnectionCut("The connection was cut on purpose.")
    abort()
    while (await receive())["type"] != "http.disconnect":
        pass


def parse_object(body: bytes) -> dict[str, Any]:
    """A JSON object. Raises `Invalid`."""
    if not body:
        return {}
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise Invalid("The body is not valid JSON.", field="body", status=400) from None
    if not isinstance(value, dict):
        raise Invalid("The body must be a JSON object.", field="body")
    return value


async def wait(seconds: float, closing: asyncio.Event) -> None:
    """Sleep, but wake when the sandbox stops."""
    if seconds <= 0:
        return
    try:
        async with asyncio.timeout(seconds):
            await closing.wait()
    except TimeoutError:
        return


Endpoint = Callable[[Scope, Receive, Send], Awaitable[None]]
