"""What TGI, vLLM, SGLang and llama.cpp do differently behind the same `/v1/chat/completions`.

TGI's shapes are checked against its published description; those of the others follow their public documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

#: TGI's word for the cause of an error, by status.
_TGI_TYPES: Final = {
    422: "validation",
    424: "generation",
    429: "overloaded",
    500: "incomplete_generation",
    503: "healthcheck",
}
_OPENAI_TYPES: Final = {400: "BadRequestError", 401: "AuthenticationError", 404: "NotFoundError", 429: "RateLimitError"}
_LLAMACPP_TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    404: "not_found_error",
    503: "unavailable_error",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    name: str
    reasoning_field: str  #: of a delta or a message that holds hidden reasoning; "": it has no such field
    has_id: bool = True  #: TGI leaves the id empty
    fingerprint: str = ""
    always_speaks: bool = False  #: each delta has role and content, even where there is nothing to say
    keeps_alive: bool = False  #: sends comments while nothing is ready

    def error(self, status: int, message: str, *, field: str | None = None) -> dict[str, Any] | None:
        """The body that goes with a status; None for an empty one."""
        match self.name:
            case "tgi":
                if status == 401:
                    return None
                return {"error": message, "error_type": _TGI_TYPES.get(status, "validation")}
            case "sglang":
                kind = _OPENAI_TYPES.get(status, "InternalServerError")
                return {"object": "error", "message": message, "type": kind, "param": field, "code": status}
            case "llamacpp":
                kind = _LLAMACPP_TYPES.get(status, "server_error")
                return {"error": {"code": status, "message": message, "type": kind}}
        kind = _OPENAI_TYPES.get(status, "InternalServerError")
        return {"error": {"message": message, "type": kind, "param": field, "code": status}}

    def error_in_stream(self, message: str) -> dict[str, Any]:
        """The status is 200 already then. TGI says 422, whatever the cause."""
        if self.name == "tgi":
            return {"error": {"message": message, "http_status_code": 422}}
        return self.error(500, message) or {}

    def head(self, *, identifier: str, created: int, model: str, kind: str) -> dict[str, Any]:
        """What every answer and every piece of one begins with."""
        head: dict[str, Any] = {
            "id": identifier if self.has_id else "",
            "object": kind,
            "created": created,
            "model": model,
        }
        return head | ({"system_fingerprint": self.fingerprint} if self.fingerprint else {})

    def delta(self, delta: Mapping[str, Any]) -> dict[str, Any]:
        return {"role": "assistant", "content": "", **delta} if self.always_speaks else dict(delta)

    def thought(self, text: str) -> dict[str, Any]:
        """Hidden reasoning, where the dialect keeps it apart."""
        return {self.reasoning_field: text} if self.reasoning_field else {}


DIALECTS: Final = {
    dialect.name: dialect
    for dialect in (
        Dialect(name="vllm", reasoning_field="reasoning"),
        Dialect(name="sglang", reasoning_field="reasoning_content"),
        Dialect(name="llamacpp", reasoning_field="reasoning_content", fingerprint="b6000-sandbox"),
        Dialect(
            name="tgi",
            reasoning_field="",
            has_id=False,
            fingerprint="3.3.7-sandbox",
            always_speaks=True,
            keeps_alive=True,
        ),
    )
}
