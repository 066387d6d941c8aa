"""TGI's own endpoints beside the OpenAI-style one: `/generate`, `/generate_stream`, `/`, `/tokenize` and `/info`."""

from __future__ import annotations

import asyncio
import json
import zlib
from typing import Any

from starlette.types import Receive, Scope, Send

from sandbox.errors import SandboxError
from sandbox.faults import Fault, Faults
from sandbox.http import cut, hang, read_body, respond_json, to_json, wait
from sandbox.model.completion import Completion
from sandbox.model.dialects import DIALECTS
from sandbox.model.server import MAX_REQUEST, ChatCompletions, refuse, tokens_of
from sandbox.model.stream import start
from sandbox.settings import Settings

MAX_INPUT_TOKENS = 8_192
MAX_TOTAL_TOKENS = 16_384
_SPECIALS = 1_000  #: ids under this are special tokens


class Native:
    """TGI counts prompt and answer together: more than there is room for is a validation error."""

    def __init__(self, *, settings: Settings, faults: Faults, chat: ChatCompletions, closing: asyncio.Event) -> None:
        self._settings = settings
        self._faults = faults
        self._chat = chat
        self._closing = closing
        self._dialect = DIALECTS["tgi"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path == "/info":
            await respond_json(send, 200, self._info())
            return
        try:
            body = _parse(await read_body(receive, MAX_REQUEST))
            if path == "/tokenize":
                await respond_json(send, 200, _tokenized(_inputs(body)))
                return
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
            parameters = body.get("parameters") or {}
            completion = self._chat.complete(
                {
                    "messages": [{"role": "user", "content": _inputs(body)}],
                    "max_tokens": parameters.get("max_new_tokens") or MAX_TOTAL_TOKENS,
                },
                fault,
            )
            if completion.prompt_tokens > MAX_INPUT_TOKENS:
                raise SandboxError(
                    f"`inputs` must have less than {MAX_INPUT_TOKENS} tokens. Given: {completion.prompt_tokens}",
                    status=422,
                )
        except SandboxError as error:
            await refuse(send, self._dialect, error)
            return
        async with self._chat.usage.call(read=completion.prompt_tokens, written=len(completion.tokens)):
            await self._answer(send, path, body, completion, fault)

    async def _answer(
        self, send: Send, path: str, body: dict[str, Any], completion: Completion, fault: Fault | None
    ) -> None:
        parameters = body.get("parameters") or {}
        if path == "/generate_stream" or (path == "/" and body.get("stream") is True):
            await self._stream(send, completion, is_failing=fault is not None and fault.mode == "stream_error")
            return
        answer: dict[str, Any] = {"generated_text": "".join(completion.tokens)}
        if parameters.get("details") is True:
            answer["details"] = _details(completion) | {
                "prefill": [],
                "tokens": [_token(token, completion) for token in completion.tokens],
            }
        await wait(self._chat.duration(len(completion.tokens)), self._closing)
        await respond_json(send, 200, [answer] if path == "/" else answer)

    async def _stream(self, send: Send, completion: Completion, *, is_failing: bool) -> None:
        await wait(self._chat.duration(1), self._closing)
        await send(start(b"text/event-stream; charset=utf-8"))
        tokens = completion.tokens
        for index, token in enumerate(tokens, start=1):
            event: dict[str, Any] = {
                "index": index,
                "token": _token(token, completion),
                "generated_text": None,
                "details": None,
            }
            if index == len(tokens):
                event["generated_text"] = "".join(tokens)
                event["details"] = _details(completion) | {"input_length": completion.prompt_tokens}
            if is_failing and index == len(tokens) // 2 + 1:
                event = {"error": "Request failed during generation", "error_type": "generation"}
            more = index < len(tokens) and "error" not in event
            await send({"type": "http.response.body", "body": b"data:" + to_json(event) + b"\n\n", "more_body": more})
            if not more:
                return
            await wait(1 / self._settings.model_tokens_per_second, self._closing)

    def _info(self) -> dict[str, Any]:
        return {
            "model_id": self._settings.model_name,
            "model_sha": None,
            "model_pipeline_tag": "text-generation",
            "max_concurrent_requests": 128,
            "max_best_of": 2,
            "max_stop_sequences": 4,
            "max_input_tokens": MAX_INPUT_TOKENS,
            "max_total_tokens": MAX_TOTAL_TOKENS,
            "validation_workers": 2,
            "max_client_batch_size": 4,
            "router": "text-generation-router",
            "version": "3.3.7",
            "sha": None,
            "docker_label": None,
        }


def _details(completion: Completion) -> dict[str, Any]:
    finish = "length" if completion.finish_reason == "length" else "eos_token"
    return {"finish_reason": finish, "generated_tokens": len(completion.tokens), "seed": None}


def _token(text: str, completion: Completion) -> dict[str, Any]:
    identifier = _SPECIALS + zlib.crc32(text.encode()) % 200_000
    return {"id": identifier, "text": text, "logprob": completion.log_probability, "special": False}


def _tokenized(text: str) -> list[dict[str, Any]]:
    found, place = [], 0
    for token in tokens_of(text):
        found.append(
            {
                "id": _SPECIALS + zlib.crc32(token.encode()) % 200_000,
                "text": token,
                "start": place,
                "stop": place + len(token),
            }
        )
        place += len(token)
    return found


def _inputs(body: dict[str, Any]) -> str:
    inputs = body.get("inputs")
    if not isinstance(inputs, str) or not inputs:
        raise SandboxError("`inputs` must be a text that is not empty", status=422)
    return inputs


def _parse(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise SandboxError("Failed to parse the request body as JSON", status=422) from None
    if not isinstance(body, dict):
        raise SandboxError("The request body must be an object", status=422)
    return body
