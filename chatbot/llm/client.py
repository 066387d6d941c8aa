"""A model server behind `/v1/chat/completions`: TGI, vLLM, SGLang or llama.cpp, through huggingface_hub's client.

The reply is streamed, so that a server that says nothing is noticed long before the whole time is over.
"""

import math
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import httpx2
from django.conf import settings
from huggingface_hub import ChatCompletionInputStreamOptions, InferenceClient, errors
from huggingface_hub.errors import HfHubHTTPError, TextGenerationError

from chatbot.conf import (
    MODEL_CONNECT_SECONDS,
    MODEL_FIRST_TOKEN_SECONDS,
    MODEL_ROOM_FACTOR,
    MODEL_TOTAL_SECONDS,
)
from chatbot.llm.deadlines import Deadline, deadline
from chatbot.llm.errors import ModelError, ModelRefused, ModelUnavailable, NoAnswer, OtherModel, PromptRefused
from chatbot.llm.event_stream import events
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
#: After its last event a stream gets so long to end, so that its connection can serve the next call.
_END_SECONDS = 0.5
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

    def _client(self) -> "_Open":
        """For one call: cheap, as all share one pool of connections, and closing it ends a reply that was given up."""
        longest = max(self._limits.first_token, self._limits.idle)
        return _Open(
            base_url=self._url,
            api_key=self._signer.token() if self._signer else self._token,
            # `deadline` can end only what has a connection, and that is known with the first byte.
            timeout=httpx2.Timeout(longest, connect=self._limits.connect, read=self._limits.first_token),
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
        spent = time.perf_counter() - started
        with deadline(total_seconds=self._limits.total, spent=spent) as until, self._client() as client:
            try:
                written = self._written(client, messages, sampling, until, listener)
            except Exception as error:
                if until.expired:
                    raise ModelUnavailable(f"the model server was given up: {until.expired}") from error
                raise
        return self._reply(written, started)

    def _written(
        self,
        client: "_Open",
        messages: Sequence[ChatMessage],
        sampling: Sampling,
        until: Deadline,
        listener: Listener | None,
    ) -> "_Written":
        # The request is sent, and its status looked at, before this returns; the stream itself we read by hand.
        client.chat_completion(
            [{"role": message.role, "content": message.content} for message in messages],
            model=self.name,
            stream=True,
            stream_options=ChatCompletionInputStreamOptions(include_usage=True),
            temperature=sampling.temperature,
            # Some servers refuse 1.0, which means nothing.
            top_p=sampling.top_p if sampling.top_p < 1.0 else None,
            max_tokens=sampling.maximum_tokens,
            logprobs=True if settings.MODEL_TOKEN_PROBABILITIES else None,
            extra_body={"reasoning_effort": sampling.reasoning_effort, "include_reasoning": False},
        )
        response = client.response()
        until.attach(response.extensions["network_stream"].get_extra_info("socket"))
        # From here on the two limits of `until` count, and a read may last as long as the longer one.
        response.request.extensions["timeout"]["read"] = max(self._limits.first_token, self._limits.idle)
        until.allow(self._limits.first_token, f"no word came for {self._limits.first_token:g} s")
        written = _Written(model=self.name)
        pieces = written.pieces
        is_plain = self._speaks_plainly
        try:
            for event in events(response.iter_bytes()):
                if event is None:
                    continue
                if until.expired and not written.is_done:
                    break
                if isinstance(event, str):
                    # What is left is the end of the body; once it is read the connection serves the next call.
                    written.is_done = True
                    until.allow(_END_SECONDS, "")
                    continue
                if event.get("error") is not None or event.get("object") == "error":
                    raise ModelUnavailable("the model server reported an error inside its answer")
                piece = written.take(event)
                is_plain = is_plain or written.reasons_apart
                if piece:
                    if len(pieces) == 1:
                        written.first_token = time.perf_counter()
                        until.spoke()
                    until.allow(self._limits.idle, f"it fell silent for {self._limits.idle:g} s")
                    if listener is not None and is_plain:
                        listener(lambda: visible("".join(pieces)))
        except httpx2.TransportError:
            if not written.is_done:
                raise
        if until.expired and not written.is_done:
            raise ModelUnavailable(f"the model server was given up: {until.expired}")
        if not written.is_done and not written.finish_reason:
            raise ModelUnavailable("the model server's answer ended in the middle")
        return written

    def _reply(self, written: "_Written", started: float) -> ModelReply:
        if self._is_name_strict and written.model != self.name:
            raise OtherModel(f"the model server answers in the name of {written.model[:100]!r}, not of {self.name!r}")
        whole = "".join(written.pieces)
        text = visible(whole)
        self._speaks_plainly = text == whole.strip()
        if not text:
            kind = _RoomUsedUp if written.finish_reason == "length" else NoAnswer
            raise kind(f"no text in the model's reply ({written.finish_reason or 'unfinished'})")
        return ModelReply(
            text=text,
            model=written.model,
            finish_reason=written.finish_reason,
            prompt_tokens=_count(written.usage.get("prompt_tokens")),
            completion_tokens=_count(written.usage.get("completion_tokens")),
            first_token_milliseconds=(written.first_token - started) * 1000,
            milliseconds=(time.perf_counter() - started) * 1000,
            asked_for=self.name,
            token_probability=written.token_probability(),
        )


class _Kept(ExitStack):
    """Remembers what was entered last."""

    entered: Any = None

    def enter_context(self, cm: AbstractContextManager[Any]) -> Any:
        self.entered = super().enter_context(cm)
        return self.entered


class _Open(InferenceClient):
    """huggingface_hub's client for one call, whose response can be read by hand."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.exit_stack = self._kept = _Kept()

    def response(self) -> httpx2.Response:
        response: httpx2.Response = self._kept.entered
        return response


@dataclass(slots=True, kw_only=True)
class _Written:
    """What has come of a reply until now."""

    model: str
    pieces: list[str] = field(default_factory=list)
    finish_reason: str = ""
    usage: Mapping[str, Any] = field(default_factory=dict)
    first_token: float = 0.0
    reasons_apart: bool = False  #: hidden reasoning came in a field of its own
    is_done: bool = False
    log_probabilities: list[float] = field(default_factory=list)  #: of visible tokens, where the server gives them

    def take(self, event: Mapping[str, Any]) -> str:
        """The visible piece of one event, "" where there is none."""
        self.model = str(event.get("model") or self.model)
        self.usage = event.get("usage") or self.usage
        found = ""
        for choice in event.get("choices") or ():
            self.finish_reason = choice.get("finish_reason") or self.finish_reason
            delta = choice.get("delta") or {}
            piece = delta.get("content")
            if piece:
                self.pieces.append(piece)
                found += piece
                self.log_probabilities += _log_probabilities(choice.get("logprobs"))
            elif delta.get("reasoning") or delta.get("reasoning_content"):
                self.reasons_apart = True
        return found

    def token_probability(self) -> float | None:
        known = self.log_probabilities
        return math.exp(min(0.0, math.fsum(known) / len(known))) if known else None


def _log_probabilities(given: object) -> list[float]:
    """Those of one event; a server's nonsense counts as none, since an answer must not be lost over it."""
    tokens = given.get("content") if isinstance(given, Mapping) else None
    if not isinstance(tokens, list):
        return []
    found = [token.get("logprob") for token in tokens if isinstance(token, Mapping)]
    return [float(one) for one in found if isinstance(one, int | float) and math.isfinite(one)]


def _count(value: object) -> int | None:
    return value if isinstance(value, int) else None


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
