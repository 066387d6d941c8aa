"""One answer of the stand-in, before it is put into a dialect's shape."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from sandbox.model.dialects import Dialect
from sandbox.model.misbehaving import THOUGHT


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


def whole(completion: Completion, dialect: Dialect) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": "".join(completion.tokens)}
    if dialect.name == "vllm":
        message["tool_calls"] = []
    if completion.content_is_null:
        message |= {"content": None, **dialect.thought(THOUGHT)}
    whole = dialect.head(
        identifier=completion.id, created=completion.created, model=completion.model, kind="chat.completion"
    )
    whole["choices"] = [
        {
            "index": 0,
            "message": message,
            "logprobs": completion.logprobs(completion.tokens),
            "finish_reason": completion.finish_reason,
        }
    ]
    return whole | {"usage": completion.usage()}
