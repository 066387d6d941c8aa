"""`/v1/chat/completions`, `/v1/models` and `/health`, shaped by a dialect and timed like a small model server."""

from __future__ import annotations

import asyncio
import json
import math
import re
import time
import uuid
from typing import Any

from starlette.types import Receive, Scope, Send

from sandbox.errors import SandboxError
from sandbox.faults import Fault, Faults
from sandbox.http import cut, hang, read_body, respond, respond_json, to_json, wait
from sandbox.model.completion import Completion, whole
from sandbox.model.dialects import DIALECTS, Dialect
from sandbox.model.judging import judged
from sandbox.model.misbehaving import ELSES_MODEL, GARBAGE, THOUGHT, keep_alive, misbehaved
from sandbox.model.quoting import Answer, compose, question
from sandbox.model.stream import Stream, start
from sandbox.model.translating import translation
from sandbox.model.usage import Usage
from sandbox.settings import Settings

BURST_SECONDS = 0.04  #: a stream sends what is due this often, several tokens at a time, as a busy server does
DEFAULT_MAX_TOKENS = 4096
MAX_REQUEST = 2 * 1024 * 1024  #: bytes, the usual limit of model servers

_TOKEN = re.compile(r"\s*[A-Za-z0-9]+|\s*[^\sA-Za-z0-9]|\s+")


class BadRequest(SandboxError):
    status = 400


class ChatCompletions:
    def __init__(self, *, settings: Settings, faults: Faults, closing: asyncio.Event) -> None:
        self.usage = Usage(settings)
        self._settings = settings
        self._faults = faults
        self._closing = closing
        self._dialect = DIALECTS[settings.model_dialect]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = asyncio.get_running_loop().time()
        try:
            body = _parse(await read_body(receive, MAX_REQUEST))
            fault = self._faults.strike("model")
            if fault is not None:
                await wait(fault.delay, self._closing)
                if fault.status is not None:
                    raise SandboxError("A fault set in the sandbox", status=fault.status)
                if fault.mode == "hang":
                    await hang(receive, self._closing)
                    return
                if fault.mode == "close":
                    await cut(scope, receive)
                    return
                if fault.mode == "garbage":
                    await respond(send, 200, GARBAGE, content_type=b"text/html")
                    return
            completion = self.complete(body, fault)
        except SandboxError as error:
            await refuse(send, self._dialect, error)
            return
        if fault is not None:
            started = asyncio.get_running_loop().time()
        mode = fault.mode if fault is not None else None
        async with self.usage.call(read=completion.prompt_tokens, written=len(completion.tokens)) as has_waited:
            if has_waited:
                started = asyncio.get_running_loop().time()
            await self._answer(scope, receive, send, body=body, completion=completion, mode=mode, started=started)

    async def _answer(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        body: dict[str, Any],
        completion: Completion,
        mode: str | None,
        started: float,
    ) -> None:
        if body.get("stream") is True:
            options = body.get("stream_options")
            with_usage = isinstance(options, dict) and options.get("include_usage") is True
            stream = Stream(
                scope, receive, send, dialect=self._dialect, completion=completion, mode=mode, with_usage=with_usage
            )
            await self._stream(stream, started=started)
            return
        await self._until(started + self.duration(len(completion.tokens)))
        content = to_json(whole(completion, self._dialect))
        if mode == "cut":
            await send(start(b"application/json", length=len(content)))
            await send({"type": "http.response.body", "body": content[: len(content) // 2], "more_body": True})
            await cut(scope, receive)
            return
        await respond(send, 200, content)

    def complete(self, body: dict[str, Any], fault: Fault | None) -> Completion:
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages or not all(isinstance(each, dict) for each in messages):
            raise BadRequest("messages: must be a list of messages that is not empty")
        model = body.get("model") or self._settings.model_name
        if self._settings.model_strict and model != self._settings.model_name:
            raise SandboxError(f"The model `{model}` does not exist.", status=404)
        limit = body.get("max_completion_tokens") or body.get("max_tokens") or DEFAULT_MAX_TOKENS
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            raise BadRequest("max_tokens: must be a whole number, 1 or more")
        other = translation(messages) or judged(messages)
        answer = compose(messages) if other is None else Answer(text=other, share=1.0)
        mode = fault.mode if fault is not None else None
        text = misbehaved(mode, answer.text, question=question(str(messages[-1].get("content") or "")))
        tokens = tokens_of(text)
        finish = "stop"
        if len(tokens) > limit or mode == "null_content":
            tokens, finish = tokens[:limit], "length"
        top = body.get("top_logprobs")
        return Completion(
            id=f"chatcmpl-{uuid.uuid4().hex}",
            created=int(time.time()),
            model=ELSES_MODEL if mode == "other_model" else str(model),
            tokens=tokens,
            finish_reason=finish,
            content_is_null=mode == "null_content",
            prompt_tokens=sum(len(str(each.get("content") or "")) for each in messages) // 4 + 1,
            log_probability=math.log(0.5 + 0.49 * answer.share),
            top_logprobs=(max(1, min(20, top)) if isinstance(top, int) else 1) if body.get("logprobs") else None,
        )

    def duration(self, tokens: int) -> float:
        """Seconds from the request to the end of this many tokens."""
        rate = self._settings.model_tokens_per_second
        return self._settings.model_first_token_ms / 1000 + max(0, tokens - 1) / rate

    async def _until(self, moment: float) -> None:
        await wait(moment - asyncio.get_running_loop().time(), self._closing)

    async def _stream(self, stream: Stream, *, started: float) -> None:
        loop = asyncio.get_running_loop()
        completion, mode = stream.completion, stream.mode
        first = started + self.duration(1)
        if stream.dialect.keeps_alive and first > loop.time():
            await stream.begin()
            await stream.comment()
        await self._until(first)
        await stream.begin()
        if mode == "keep_alive":
            await keep_alive(stream.scope, stream.receive, stream.send, self._closing)
            return
        await stream.piece({"role": "assistant", "content": ""})
        tokens = [] if completion.content_is_null else completion.tokens
        if completion.content_is_null and stream.dialect.reasoning_field:
            await stream.piece(stream.dialect.thought(THOUGHT))
        sent = 0
        end = len(tokens) // 2 if mode in ("cut", "stall", "stream_error") else len(tokens)
        while sent < end:
            due = int((loop.time() - started - self.duration(1)) * self._settings.model_tokens_per_second) + 1
            due = min(end, max(sent, due))
            if due > sent:
                piece = tokens[sent:due]
                await stream.piece({"content": "".join(piece)}, logprobs=completion.logprobs(piece))
                sent = due
            if sent < end:
                await self._until(max(loop.time() + BURST_SECONDS, started + self.duration(sent + 1)))
                if self._closing.is_set():
                    break
        if mode == "cut" or self._closing.is_set():
            await cut(stream.scope, stream.receive)
        elif mode == "stall":
            await hang(stream.receive, self._closing)
        elif mode == "stream_error":
            await stream.fail("Request failed during generation: CUDA out of memory")
        else:
            await stream.end()


class Models:
    """`GET /v1/models`."""

    def __init__(self, settings: Settings) -> None:
        self._name = settings.model_name
        self._is_tgi = settings.model_dialect == "tgi"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        entry: dict[str, Any] = {"id": self._name, "object": "model", "created": 0, "owned_by": "sandbox"}
        if not self._is_tgi:
            entry["max_model_len"] = 131_072
        await respond_json(send, 200, {"object": "list", "data": [entry]})


class Health:
    """`GET /health`: an empty 200, or the status that a fault gives the model."""

    def __init__(self, settings: Settings, faults: Faults) -> None:
        self._dialect = DIALECTS[settings.model_dialect]
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = self._faults.standing_status("model")
        if status is None or self._dialect.name != "tgi":
            await respond(send, status or 200, b"")
            return
        await refuse(send, self._dialect, SandboxError("unhealthy", status=503))


async def refuse(send: Send, dialect: Dialect, error: SandboxError) -> None:
    status = 422 if dialect.name == "tgi" and error.status == 400 else error.status
    body = dialect.error(status, error.message, field=error.field)
    if body is None:
        await respond(send, status, b"")
    else:
        await respond_json(send, status, body)


def tokens_of(text: str) -> list[str]:
    return _TOKEN.findall(text)


def _parse(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadRequest("The body is not valid JSON") from None
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object")
    return body
