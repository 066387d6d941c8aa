"""`/embed`, `/rerank` and `/info`, shaped like a small text-embeddings-inference server.

Its vectors count words and their beginnings at hashed places, so texts that share words are near each other: enough to
drive every path, and no meaning. The ranking is the share of the question's words that a text holds.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
import zlib
from typing import Any, Final

from starlette.types import Receive, Scope, Send

from sandbox.errors import SandboxError
from sandbox.faults import Faults
from sandbox.http import cut, hang, read_body, respond, respond_json, to_json, wait

MODEL_NAME: Final = "sandbox/hashed-words"
DIMENSIONS: Final = 256
MAX_CLIENT_BATCH: Final = 32  #: texts of one call, as such servers have it by default
MAX_REQUEST: Final = 2 * 1024 * 1024  #: bytes
STEM_CHARACTERS: Final = 5

_WORD: Final = re.compile(r"[^\W_]+")


class Validation(SandboxError):
    status = 413
    code = "Validation"


class Unprocessable(SandboxError):
    status = 422
    code = "Tokenizer"


class Embeddings:
    """One class for the three addresses: they share faults and the shape of errors."""

    def __init__(self, *, faults: Faults, closing: asyncio.Event, model_name: str = MODEL_NAME) -> None:
        self._faults = faults
        self._closing = closing
        self._model_name = model_name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await read_body(receive, MAX_REQUEST) if scope["method"] == "POST" else b""
            fault = self._faults.strike("embeddings", scope["path"])
            if fault is not None:
                await wait(fault.delay, self._closing)
                if fault.status is not None:
                    raise SandboxError("A fault set in the sandbox", code="Backend", status=fault.status)
                if fault.mode == "hang":
                    await hang(receive, self._closing)
                    return
                if fault.mode == "close":
                    await cut(scope, receive)
                    return
                if fault.mode == "nonsense":
                    await respond(send, 200, b'[{"index": 0}, [0.5]]')
                    return
                if fault.mode == "drip":
                    await self._drip(scope, receive, send)
                    return
            answer = self._answer(scope["path"], body)
        except SandboxError as error:
            await respond_json(send, error.status, {"error": error.message, "error_type": error.code})
            return
        await respond(send, 200, to_json(answer))

    def _answer(self, path: str, body: bytes) -> Any:
        if path == "/info":
            return {
                "model_id": self._model_name,
                "model_sha": None,
                "model_dtype": "float32",
                "model_type": {"embedding": {"pooling": "mean"}},
                "max_concurrent_requests": 512,
                "max_input_length": 512,
                "max_batch_tokens": 16_384,
                "max_client_batch_size": MAX_CLIENT_BATCH,
                "auto_truncate": False,
                "tokenization_workers": 1,
                "version": "sandbox",
            }
        wanted = _parse(body)
        if path == "/rerank":
            query, texts = wanted.get("query"), wanted.get("texts")
            if not isinstance(query, str):
                raise Unprocessable("query: must be a text")
            asked = set(_stems(query))
            scores = [len(asked & set(_stems(text))) / max(1, len(asked)) for text in _texts("texts", texts)]
            ranked = sorted(range(len(scores)), key=lambda index: (-scores[index], index))
            return [{"index": index, "score": round(scores[index], 6)} for index in ranked]
        inputs = wanted.get("inputs")
        return [hashed_vector(text) for text in _texts("inputs", [inputs] if isinstance(inputs, str) else inputs)]

    async def _drip(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A byte now and then, for ever: each arrives in time, the answer never does."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        while not self._closing.is_set():
            await send({"type": "http.response.body", "body": b" ", "more_body": True})
            await wait(0.02, self._closing)
        await cut(scope, receive)


def hashed_vector(text: str) -> list[float]:
    """DIMENSIONS numbers of length 1."""
    counts = [0.0] * DIMENSIONS
    for stem in _stems(text) or ["\0"]:
        code = zlib.crc32(stem.encode("utf-8", "replace"))
        counts[code % DIMENSIONS] += 1.0 if code & 0x10000 else -1.0
    length = math.sqrt(sum(value * value for value in counts)) or 1.0
    return [round(value / length, 7) for value in counts] if any(counts) else [1.0] + [0.0] * (DIMENSIONS - 1)


def _stems(text: str) -> list[str]:
    return [word[:STEM_CHARACTERS] for word in _WORD.findall(text.casefold())]


def _texts(field: str, value: Any) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(text, str) for text in value):
        raise Unprocessable(f"{field}: must be a text or a list of texts that is not empty")
    if len(value) > MAX_CLIENT_BATCH:
        raise Validation(f"batch size {len(value)} > maximum allowed batch size {MAX_CLIENT_BATCH}")
    return value


def _parse(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise Unprocessable("The body is not valid JSON") from None
    if not isinstance(body, dict):
        raise Unprocessable("The body must be a JSON object")
    return body
