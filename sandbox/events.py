"""Server-sent events for the messenger page: each change of a watched conversation, with its new view."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send

from sandbox.errors import NotFound
from sandbox.http import respond_json, to_json
from sandbox.views import view
from sandbox.workspace import Event, Workspace

MAX_WATCHED = 50
MAX_LISTENERS = 200
KEEP_ALIVE_SECONDS = 15.0


class EventStream:
    """`GET /messenger/events?conversation=ID&conversation=ID`: first the views as they are, then each new one."""

    def __init__(self, workspace: Workspace, closing: asyncio.Event) -> None:
        self._workspace = workspace
        self._closing = closing
        self._listeners: dict[object, tuple[frozenset[str], dict[str, None], asyncio.Event]] = {}

    def tell(self, event: Event) -> None:
        """Note that a conversation changed; a slow page gets the latest view once instead of a growing queue."""
        for watched, changed, wake in self._listeners.values():
            if event.conversation.id in watched:
                changed[event.conversation.id] = None
                wake.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ids = parse_qs(scope["query_string"].decode("latin-1")).get("conversation", [])[:MAX_WATCHED]
        if len(self._listeners) >= MAX_LISTENERS:
            await respond_json(send, 503, {"error": {"message": "Too many pages are listening; close one."}})
            return
        key, changed, wake = object(), dict.fromkeys(ids), asyncio.Event()
        wake.set()
        self._listeners[key] = (frozenset(ids), changed, wake)
        gone = asyncio.ensure_future(_disconnected(receive))
        stop = asyncio.ensure_future(self._closing.wait())
        try:
            await send(
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")],
                }
            )
            await send({"type": "http.response.body", "body": b"retry: 1000\n\n", "more_body": True})
            while not gone.done() and not stop.done():
                woken = asyncio.ensure_future(wake.wait())
                done, _ = await asyncio.wait(
                    {woken, gone, stop}, timeout=KEEP_ALIVE_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                woken.cancel()
                wake.clear()
                text = self._take(changed) if done else b": still here\n\n"
                if text and not gone.done():
                    await send({"type": "http.response.body", "body": text, "more_body": True})
            if not gone.done():
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            del self._listeners[key]
            gone.cancel()
            stop.cancel()

    def _take(self, changed: dict[str, None]) -> bytes:
        text = b""
        while changed:
            conversation_id, _ = changed.popitem()
            try:
                shown: object = view(self._workspace.conversation(conversation_id), with_html=True)
            except NotFound:
                shown = {"id": conversation_id, "gone": True}
            text += b"event: conversation\ndata: " + to_json(shown) + b"\n\n"
        return text


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
