"""What any language model must do for us."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from chatbot.llm.errors import Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How freely the model may speak, and for how long."""

    temperature: float
    maximum_tokens: int  #: hidden reasoning included
    reasoning_effort: Literal["low", "medium", "high"] = "low"
    top_p: float = 1.0  #: under 1, improbable words are never chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReply:
    """What came back, already without hidden reasoning."""

    text: str
    model: str  #: as the server names itself
    finish_reason: str
    prompt_tokens: int | None
    completion_tokens: int | None
    first_token_milliseconds: float
    milliseconds: float
    asked_for: str = ""  #: the model's name that we sent
    pool: str = ""  #: name of the pool that answered; "" where there are none
    is_degraded: bool = False  #: the pool had many errors, so it was asked for less
    asked: tuple[Asked, ...] = ()  #: the pools that were tried, the one that answered last
    token_probability: float | None = None  #: geometric mean over the visible tokens, 0..1; None where not given


#: Told while a reply is being written, as often as pieces come. Calling its argument gives the visible text until now;
#: text that does not continue what was given before was begun anew. Must be quick, and raises nothing.
Listener = Callable[[Callable[[], str]], None]


class TextModel(Protocol):
    """Raises `ModelError` and nothing else. A model that does not stream tells its listener nothing."""

    name: str

    def reply(
        self, messages: Sequence[ChatMessage], sampling: Sampling, listener: Listener | None = None
    ) -> ModelReply: ...


def is_degraded(model: TextModel) -> bool:
    """Whether the server that would answer now has many errors, so that it should get a shorter prompt."""
    return bool(getattr(model, "is_degraded", False))
