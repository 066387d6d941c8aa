"""A streamed answer on the wire: server-sent events in the shape of a dialect."""

from __future__ import annotations

from typing import Any

from starlette.types import Receive, Scope, Send

from sandbox.http import to_json
from sandbox.model.completion import Completion
from sandbox.model.dialects import Dialect


class Stream:
    """One streamed answer on its way."""

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        dialect: Dialect,
        completion: Completion,
        mode: str | None,
        with_usage: bool,
    ) -> None:
        self.scope, self.receive, self.send = scope, receive, send
        self.dialect, self.completion, self.mode = dialect, completion, mode
        self._with_usage = with_usage
        self._has_begun = False
        self._opens = b"data:" if mode == "no_blank" else b"data: "

    async def begin(self) -> None:
        if not self._has_begun:
            self._has_begun = True
            await self.send(start(b"text/event-stream; charset=utf-8"))

    async def comment(self) -> None:
        await self.send({"type": "http.response.body", "body": b":\n\n", "more_body": True})

    async def piece(self, delta: dict[str, Any], *, finish: str | None = None, logprobs: Any = None) -> None:
        await self._event(self._chunk(delta, finish, logprobs))

    async def fail(self, message: str) -> None:
        await self._event(self.dialect.error_in_stream(message))
        await self._done()

    async def end(self) -> None:
        await self.piece({}, finish=self.completion.finish_reason)
        if self._with_usage:
            await self._event({**self._chunk({}, None, None), "choices": [], "usage": self.completion.usage()})
        await self._done()

    def _chunk(self, delta: dict[str, Any], finish: str | None, logprobs: Any) -> dict[str, Any]:
        chunk = self.dialect.head(
            identifier=self.completion.id,
            created=self.completion.created,
            model=self.completion.model,
            kind="chat.completion.chunk",
        )
        chunk["choices"] = [
            {"index": 0, "delta": self.dialect.delta(delta), "logprobs": logprobs, "finish_reason": finish}
        ]
        if self._with_usage:
            chunk["usage"] = None
        return chunk

    async def _event(self, value: object) -> None:
        await self.send(
            {"type": "http.response.body", "body": self._opens + to_json(value) + b"\n\n", "more_body": True}
        )

    async def _done(self) -> None:
        await self.send({"type": "http.response.body", "body": self._opens + b"[DONE]\n\n"})


def start(content_type: bytes, length: int | None = None) -> dict[str, Any]:
    headers = [(b"content-type", content_type)]
    if length is not None:
        headers.append((b"content-length", b"%d" % length))
    return {"type": "http.response.start", "status": 200, "headers": headers}
