"""`/v1/chat/completions`, `/v1/models` and `/health`, shaped and timed like a small vLLM."""

from __future__ import annotations

import asyncio
import json
import math
import re
import time
import uuid
from dataclasses import dataclass
from typing import Any

from starlette.types import Receive, Scope, Send

from sandbox.errors import SandboxError
from sandbox.faults import Fault, Faults
from sandbox.http import cut, hang, read_body, respond, respond_json, to_json, wait
from sandbox.model.obeying import obey
from sandbox.model.quoting import compose, question
from sandbox.settings import Settings

BURST_SECONDS = 0.04  #: a stream sends what is due this often, several tokens at a time, as a busy server does
DEFAULT_MAX_TOKENS = 4096
MAX_REQUEST = 2 * 1024 * 1024  #: bytes, the usual limit of model servers
THOUGHT = "The customer asks something. I should look at the passages and quote them."

_TOKEN = re.compile(r"\s*[A-Za-z0-9]+|\s*[^\sA-Za-z0-9]|\s+")


class BadRequest(SandboxError):
    status = 400
    code = "BadRequestError"


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    id: str
    created: int
    model: str
    tokens: list[str]
    finish_reason: str
    content_is_null: bool
    prompt_tokens: int
    log_probability: float  #: of each token: higher where more of the question is covered
    top_logprobs: int | None  #: None when not asked for

    def usage(self) -> dict[str, int]:
        done = len(self.tokens)
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": done,
            "total_tokens": self.prompt_tokens + done,
        }

    def logprobs(self, tokens: list[str]) -> dict[str, Any] | None:
        if self.top_logprobs is None:
            return None
        rival = math.log(max(1e-6, 1 - math.exp(self.log_probability)))
        content = []
        for token in tokens:
            best = [{"token": token, "logprob": self.log_probability, "bytes": list(token.encode())}]
            if self.top_logprobs > 1:
                best.append({"token": "~", "logprob": rival, "bytes": [126]})
            content.append({**best[0], "top_logprobs": best[: self.top_logprobs]})
        return {"content": content}


class ChatCompletions:
    def __init__(self, *, settings: Settings, faults: Faults, closing: asyncio.Event) -> None:
        self._settings = settings
        self._faults = faults
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = asyncio.get_running_loop().time()
        try:
            body = _parse(await read_body(receive, MAX_REQUEST))
            fault = self._faults.strike("model")
            if fault is not None:
                await wait(fault.delay, self._closing)
                if fault.status is not None:
                    raise SandboxError("A fault set in the sandbox", code="InternalServerError", status=fault.status)
                if fault.mode == "hang":
                    await hang(receive, self._closing)
                    return
                if fault.mode == "close":
                    await cut(scope, receive)
                    return
            completion = self._complete(body, fault)
        except SandboxError as error:
            await respond_json(send, error.status, _error(error))
            return
        if fault is not None:
            started = asyncio.get_running_loop().time()
        is_cut = fault is not None and fault.mode == "cut"
        if body.get("stream") is True:
            options = body.get("stream_options")
            with_usage = isinstance(options, dict) and options.get("include_usage") is True
            await self._stream(scope, receive, send, completion, with_usage=with_usage, is_cut=is_cut, started=started)
            return
        await self._until(started + self._duration(len(completion.tokens)))
        content = to_json(_whole(completion))
        if is_cut:
            await send(_start(b"application/json", length=len(content)))
            await send({"type": "http.response.body", "body": content[: len(content) // 2], "more_body": True})
            await cut(scope, receive)
            return
        await respond(send, 200, content)

    def _complete(self, body: dict[str, Any], fault: Fault | None) -> Completion:
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages or not all(isinstance(each, dict) for each in messages):
            raise BadRequest("messages: must be a list of messages that is not empty")
        model = body.get("model") or self._settings.model_name
        if self._settings.model_strict and model != self._settings.model_name:
            raise SandboxError(f"The model `{model}` does not exist.", code="NotFoundError", status=404)
        limit = body.get("max_completion_tokens") or body.get("max_tokens") or DEFAULT_MAX_TOKENS
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            raise BadRequest("max_tokens: must be a whole number, 1 or more")
        answer = compose(messages)
        text = answer.text
        mode = fault.mode if fault is not None else None
        if mode == "obey":
            text = obey(text, question(str(messages[-1].get("content") or "")))
        if mode == "leak_harmony":
            text = f"<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant<|channel|>final<|message|>{text}"
        tokens = _TOKEN.findall(text)
        finish = "stop"
        if len(tokens) > limit or mode == "null_content":
            tokens, finish = tokens[:limit], "length"
        top = body.get("top_logprobs")
        return Completion(
            id=f"chatcmpl-{uuid.uuid4().hex}",
            created=int(time.time()),
            model="somebody/elses-model" if mode == "other_model" else str(model),
            tokens=tokens,
            finish_reason=finish,
            content_is_null=mode == "null_content",
            prompt_tokens=sum(len(str(each.get("content") or "")) for each in messages) // 4 + 1,
            log_probability=math.log(0.5 + 0.49 * answer.share),
            top_logprobs=(max(1, min(20, top)) if isinstance(top, int) else 1) if body.get("logprobs") else None,
        )

    def _duration(self, tokens: int) -> float:
        """Seconds from the request to the end of this many tokens."""
        rate = self._settings.model_tokens_per_second
        return self._settings.model_first_token_ms / 1000 + max(0, tokens - 1) / rate

    async def _until(self, moment: float) -> None:
        await wait(moment - asyncio.get_running_loop().time(), self._closing)

    async def _stream(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        completion: Completion,
        *,
        with_usage: bool,
        is_cut: bool,
        started: float,
    ) -> None:
        loop = asyncio.get_running_loop()
        await self._until(started + self._duration(1))
        await send(_start(b"text/event-stream; charset=utf-8"))
        await self._event(send, _chunk(completion, {"role": "assistant", "content": ""}, None, with_usage))
        tokens = [] if completion.content_is_null else completion.tokens
        if completion.content_is_null:
            await self._event(send, _chunk(completion, {"reasoning": THOUGHT}, None, with_usage))
        sent = 0
        end = len(tokens) // 2 if is_cut else len(tokens)
        while sent < end:
            due = int((loop.time() - started - self._duration(1)) * self._settings.model_tokens_per_second) + 1
            due = min(end, max(sent, due))
            if due > sent:
                piece = tokens[sent:due]
                chunk = _chunk(completion, {"content": "".join(piece)}, None, with_usage)
                chunk["choices"][0]["logprobs"] = completion.logprobs(piece)
                await self._event(send, chunk)
                sent = due
            if sent < end:
                await self._until(max(loop.time() + BURST_SECONDS, started + self._duration(sent + 1)))
                if self._closing.is_set():
                    break
        if is_cut or self._closing.is_set():
            await cut(scope, receive)
            return
        await self._event(send, _chunk(completion, {}, completion.finish_reason, with_usage))
        if with_usage:
            last = _chunk(completion, {}, None, True)
            await self._event(send, {**last, "choices": [], "usage": completion.usage()})
        await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})

    async def _event(self, send: Send, value: object) -> None:
        await send({"type": "http.response.body", "body": b"data: " + to_json(value) + b"\n\n", "more_body": True})


class Models:
    """`GET /v1/models`."""

    def __init__(self, settings: Settings) -> None:
        self._name = settings.model_name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        entry = {"id": self._name, "object": "model", "created": 0, "owned_by": "sandbox", "max_model_len": 131_072}
        await respond_json(send, 200, {"object": "list", "data": [entry]})


class Health:
    """`GET /health`: an empty 200, or the status that a fault gives the model."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, self._faults.standing_status("model") or 200, b"")


def _start(content_type: bytes, length: int | None = None) -> dict[str, Any]:
    headers = [(b"content-type", content_type)]
    if length is not None:
        headers.append((b"content-length", b"%d" % length))
    return {"type": "http.response.start", "status": 200, "headers": headers}


def _whole(completion: Completion) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": "".join(completion.tokens), "tool_calls": []}
    if completion.content_is_null:
        message |= {"content": None, "reasoning": THOUGHT}
    return {
        "id": completion.id,
        "object": "chat.completion",
        "created": completion.created,
        "model": completion.model,
        "choices": [
            {
                "index": 0,
                "message": message,
                "logprobs": completion.logprobs(completion.tokens),
                "finish_reason": completion.finish_reason,
            }
        ],
        "usage": completion.usage(),
    }


def _chunk(completion: Completion, delta: dict[str, Any], finish: str | None, with_usage: bool) -> dict[str, Any]:
    chunk: dict[str, Any] = {
        "id": completion.id,
        "object": "chat.completion.chunk",
        "created": completion.created,
        "model": completion.model,
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
    }
    if with_usage:
        chunk["usage"] = None
    return chunk


def _parse(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadRequest("The body is not valid JSON") from None
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object")
    return body


def _error(error: SandboxError) -> dict[str, Any]:
    return {"error": {"message": error.message, "type": error.code, "param": error.field, "code": error.status}}
