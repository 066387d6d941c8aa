"""The stand-in asked to judge a conversation: a rating from 1 to 5 with a reason, from what the customer says."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from sandbox.model.quoting import terms

MAX_PROMPT = 200_000  #: characters that are looked at

_CONVERSATION = re.compile(r"<conversation>(.*)</conversation>", re.IGNORECASE | re.DOTALL)
_SAID = re.compile(r"<(customer|support)>(.*?)</\1>", re.IGNORECASE | re.DOTALL)
_THANKS = re.compile(
    r"\b(?:thanks|thank you|thx|cheers|perfect|great|awesome|that (?:helped|worked))\b"
    r"|谢谢|多谢|感谢|太好了|解决了|明白了",
    re.IGNORECASE,
)
_ANGER = re.compile(
    r"\b(?:ridiculous|useless|unacceptable|terrible|awful|worst|fed up|furious|waste of time)\b"
    r"|\balready (?:told|said|asked)\b"
    r"|[!！]{3}|垃圾|太差|气死|骗子|受够|没用|答非所问|浪费时间",
    re.IGNORECASE,
)
_UNSOLVED = re.compile(
    r"\b(?:still (?:not|no|waiting|does ?n.t)|does ?n.t (?:work|help)|no answer|anybody there)\b"
    r"|还是不|还没|没解决|有人吗",
    re.IGNORECASE,
)
#: Shared content words, of the shorter message, from which a question was asked again.
_AGAIN = 0.7


def judged(messages: Sequence[Any]) -> str | None:
    """The reading as JSON; None where the last message holds no conversation to judge."""
    last = messages[-1] if messages else {}
    content = last.get("content") if isinstance(last, dict) else None
    found = _CONVERSATION.search(content[-MAX_PROMPT:]) if isinstance(content, str) else None
    if found is None:
        return None
    said = [(speaker.lower(), text) for speaker, text in _SAID.findall(found[1])]
    rating, reason = _rated(said)
    return json.dumps({"rating": rating, "reason": reason}, ensure_ascii=False)


def _rated(said: Sequence[tuple[str, str]]) -> tuple[int, str]:
    customer = [text for speaker, text in said if speaker == "customer"]
    if not customer:
        return 3, "The customer says nothing."
    angry, again = any(map(_ANGER.search, customer)), _asked_again(customer)
    if _THANKS.search(customer[-1]) and not _UNSOLVED.search(customer[-1]):
        return (3, "Was angry on the way and says thanks at the end.") if angry else (5, "Says thanks at the end.")
    if angry:
        return 1, "Shows anger and no thanks."
    if again or _UNSOLVED.search(customer[-1]):
        return 2, "Asked again, or says that it is not solved."
    if said[-1][0] == "support":
        return 4, "Was answered and did not come back."
    return 2, "The last words, of the customer, had no answer."


def _asked_again(customer: Sequence[str]) -> bool:
    words = [each for text in customer if len(each := terms(text)) >= 2]
    return any(
        len(one & other) >= _AGAIN * min(len(one), len(other))
        for place, one in enumerate(words)
        for other in words[place + 1 :]
    )
