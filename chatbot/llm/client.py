"""A model server behind `/v1/chat/completions`: TGI, vLLM, SGLang or llama.cpp, through huggingface_hub's client.

The reply is streamed, so that a server that says nothing is noticed long before the whole time is over.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import httpx2
from huggingface_hub import ChatCompletionInputStreamOptions, InferenceClient, errors
from huggingface_hub.errors import HfHubHTTPError, TextGenerationError

from chatbot.conf import (
    MODEL_CONNECT_SECONDS,
    MODEL_FIRST_TOKEN_SECONDS,
    MODEL_ROOM_FACTOR,
    MODEL_TOTAL_SECONDS,
)
from chatbot.llm.errors import ModelError, ModelRefused, ModelUnavailable, NoAnswer, OtherModel, PromptRefused
from chatbot.llm.model import ChatMessage, Listener, ModelReply, Sampling
from chatbot.llm.reasoning import visible
from chatbot.llm.signed_tokens import Signing, TokenSigner, signer_for

#: An unset token makes huggingface_hub send the machine's own; servers without a key accept any word.
_NO_TOKEN = "none"  # noqa: S105  # no secret
#: huggingface_hub's errors have no common base; a new one must not slip through.
_UNANSWERED: tuple[type[Exception], ...] = (
    httpx2.HTTPError,
    httpx2.StreamError,
    httpx2.CookieConflict,
    OSError,
    *(kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)),
)
_UNAVAILABLE = frozenset({408, 409, 424, 425, 429})
#: What a server says of a request that it cannot take: too long, or no template for it.
_PROMPT_REFUSED = frozenset({400, 413, 422})


class _RoomUsedUp(NoAnswer):
    """The token cap came before the first visible word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds that one call may take, all its parts together in `total`."""

    connect: float = MODEL_CONNECT_SECONDS
    first_token: float = MODEL_FIRST_TOKEN_SECONDS
    idle: float = MODEL_FIRST_TOKEN_SECONDS  #: between two pieces
    total: float = MODEL_TOTAL_SECONDS


class HubModel:
    """One server. Thread-safe. With a `signer`, each call carries a token of its own, and `token` does not count."""

    def __init__(
        self,
        *,
        url: str,
        name: str,
        token: str = "",
        signer: TokenSigner | None = None,
        limits: Limits | None = None,
        is_name_strict: bool = False,
    ) -> None:
        self.name = name
        self._url = url.rstrip("/")
        self._token = token or _NO_TOKEN
        self._signer = signer
        self._speaks_plainly = False  #: its last reply held no remains of hidden reasoning
        self._limits = limits or Limits()
        self._is_name_strict = is_name_strict  #: a server that answers in another model's name is refused

    def _client(self) -> InferenceClient:
        """For one call: cheap, as all share one pool of connections, and closing it ends a reply that was given up."""
        return InferenceClient(
            base_url=self._url,
            api_key=self._signer.token() if self._signer else self._token,
            timeout=httpx2.Timeout(self._limits.first_token, connect=self._limits.connect),  # type: ignore[arg-type]  # handed to httpx2, which takes both
        )

    def reply(
        self, messages: Sequence[ChatMessage], sampling: Sampling, listener: Listener | None = None
    ) -> ModelReply:
        """The model's answer, streamed. Raises `ModelError`.

        Where the cap ended in hidden reasoning, the call is repeated once: low effort, more room, the same time limit.
        The listener hears only of a server that keeps its reasoning apart: in this reply, or by its last one. Another
        may be thinking aloud, which shows only at the end.
        """
        started = time.perf_counter()
        try:
            try:
                return self._streamed(messages, sampling, started, listener)
            except _RoomUsedUp:
                room = sampling.maximum_tokens * MODEL_ROOM_FACTOR
                roomier = replace(sampling, reasoning_effort="low", maximum_tokens=room)
                return self._streamed(messages, roomier, started, listener)
        except ModelError:
            raise
        except HfHubHTTPError as error:
            raise _by_status(error.response.status_code) from error
        except TextGenerationError as error:
            raise ModelUnavailable(f"the model server failed: {type(error).__name__}") from error
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            raise ModelRefused("the model server's address cannot be used; check MODEL_URL") from error
        except _UNANSWERED as error:
            raise ModelUnavailable(f"no answer from the model server: {type(error).__name__}") from error
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise ModelUnavailable(f"the model server's answer cannot be read: {type(error).__name__}") from error

    def _streamed(
        self, messages: Sequence[ChatMessage], sampling: Sampling, started: float, listener: Listener | None
    ) -> ModelReply:
        pieces: list[str] = []
        is_plain = self._speaks_plainly
        first_token, finish_reason, model, usage = 0.0, "", self.name, None
        with self._client() as client:
            chunks: Iterator[Any] = iter(
                client.chat_completion(
                    [{"role": message.role, "content": message.content} for message in messages],
                    model=self.name,
                    stream=True,
                    stream_options=ChatCompletionInputStreamOptions(include_usage=True),
                    temperature=sampling.temperature,
                    # Some servers refuse 1.0, which means nothing.
                    top_p=sampling.top_p if sampling.top_p < 1.0 else None,
                    max_tokens=sampling.maximum_tokens,
                    extra_body={"reasoning_effort": sampling.reasoning_effort, "include_reasoning": False},
                )
            )
            for chunk in chunks:
                if time.perf_counter() - started > self._limits.total:
                    raise ModelUnavailable(f"the model server took more than {self._limits.total:.0f} s")
                model = getattr(chunk, "model", None) or model
                usage = getattr(chunk, "usage", None) or usage
                for choice in chunk.choices or []:
                    finish_reason = choice.finish_reason or finish_reason
                    piece = choice.delta.content
                    if not piece:
                        is_plain = is_plain or _reasons_apart(choice.delta)
                        continue
                    first_token = first_token or time.perf_counter()
                    pieces.append(piece)
                    if listener is not None and is_plain:
                        listener(lambda: visible("".join(pieces)))
        if self._is_name_strict and model != self.name:
            raise OtherModel(f"the model server answers in the name of {str(model)[:100]!r}, not of {self.name!r}")
        whole = "".join(pieces)
        text = visible(whole)
        self._speaks_plainly = text == whole.strip()
        if not text:
            kind = _RoomUsedUp if finish_reason == "length" else NoAnswer
            raise kind(f"no text in the model's reply ({finish_reason or 'unfinished'})")
        return ModelReply(
            text=text,
            model=str(model),
            finish_reason=finish_reason,
            prompt_tokens=getattr(usage, "prompt_tokens", None),
            completion_tokens=getattr(usage, "completion_tokens", None),
            first_token_milliseconds=(first_token - started) * 1000,
            milliseconds=(time.perf_counter() - started) * 1000,
            asked_for=self.name,
        )


def _reasons_apart(delta: Any) -> bool:
    return bool(getattr(delta, "reasoning", None) or getattr(delta, "reasoning_content", None))


def _by_status(status: int) -> ModelError:
    if status in _UNAVAILABLE or status >= 500:
        return ModelUnavailable(f"the model server answered {status}")
    if status in _PROMPT_REFUSED:
        return PromptRefused(f"the model server answered {status} to the request; see its log")
    return ModelRefused(f"the model server answered {status}; check MODEL_URL, MODEL_NAME and MODEL_TOKEN")


@lru_cache(maxsize=64)
def model_at(
    *,
    url: str,
    name: str,
    token: str,
    signing: Signing | None = None,
    limits: Limits | None = None,
    is_name_strict: bool = False,
) -> HubModel:
    """This process' client of one server."""
    signer = signer_for(signing) if signing else None
    return HubModel(url=url, name=name, token=token, signer=signer, limits=limits, is_name_strict=is_name_strict)
