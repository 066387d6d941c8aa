"""How satisfied a customer is, as a language model reads the conversation: what it is told, and what it may say."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from chatbot.conf import MODEL_ROOM_FACTOR
from chatbot.llm.model import ChatMessage, Sampling
from chatbot.prompts.fitting import MESSAGE_TOKENS, PromptTooLong, fitted, tokens_in
from chatbot.prompts.templates import PromptText, rendered
from chatbot.rules.delimiting import neutral
from sessions_app.context import ContextMessage
from sessions_app.models import Author

#: Characters of one message that are read, and messages of one conversation, the newest.
CHARACTERS: Final = 1_000
MESSAGES: Final = 40
REASON_CHARACTERS: Final = 300
#: Hidden reasoning included.
SAMPLING: Final = Sampling(temperature=0.0, maximum_tokens=600)
WORST, BEST = 1, 5

_FENCED: Final = re.compile(r"\A```(?:json)?\s*\n(.*)\n```\Z", re.DOTALL)
_BLANKS: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


class NotAReading(ValueError):
    """The model said something else than it was asked for; the message says what is wrong, without its words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    rating: int  #: WORST..BEST
    reason: str  #: the model's own words, one line, at most REASON_CHARACTERS; masked as the model saw it


def told(said: Sequence[ContextMessage], prompt: PromptText, *, mask: Callable[[str], str]) -> list[ChatMessage]:
    """Instructions, then the conversation as data, the oldest messages left out where it is too long.

    Raises `PromptTooLong`.
    """
    lines = [_line(row, mask) for row in said if row.text.strip()][-MESSAGES:]
    fit = fitted(
        fixed=tokens_in(prompt.instructions) + tokens_in(prompt.message) + 2 * MESSAGE_TOKENS,
        examples=[],
        messages=[tokens_in(line) + 1 for line in lines],
        passages=[],
        passage_tokens=tokens_in,
        room=settings.MODEL_CONTEXT_TOKENS - SAMPLING.maximum_tokens * MODEL_ROOM_FACTOR,
    )
    kept = lines[len(lines) - fit.messages :]
    if not kept:
        raise PromptTooLong
    conversation = "\n".join(["<conversation>", *kept, "</conversation>"])
    return [
        ChatMessage(role="system", content=prompt.instructions),
        ChatMessage(role="user", content=rendered(prompt.message, {"conversation": conversation}).strip()),
    ]


def reading_of(text: str) -> Reading:
    """What the model said: one JSON object with a rating and a reason, and nothing else. Raises `NotAReading`."""
    bare = text.strip()
    fenced = _FENCED.match(bare)
    try:
        said = json.loads(fenced[1] if fenced else bare)
    except (ValueError, RecursionError):
        raise NotAReading("no JSON object") from None
    if not isinstance(said, dict) or set(said) != {"rating", "reason"}:
        raise NotAReading("not an object of rating and reason alone")
    rating, reason = said["rating"], said["reason"]
    if type(rating) is not int or not WORST <= rating <= BEST:
        raise NotAReading(f"rating is no whole number from {WORST} to {BEST}")
    if not isinstance(reason, str) or not (plain := _BLANKS.sub(" ", reason).strip()):
        raise NotAReading("reason is no text")
    return Reading(rating=rating, reason=plain.encode("utf-8", "replace").decode()[:REASON_CHARACTERS])


def _line(row: ContextMessage, mask: Callable[[str], str]) -> str:
    speaker = "customer" if row.author == Author.CUSTOMER else "support"
    return f"<{speaker}>{neutral(mask(row.text)[:CHARACTERS])}</{speaker}>"
